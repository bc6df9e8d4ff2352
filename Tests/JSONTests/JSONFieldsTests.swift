import Testing

@testable import JSON

@Suite("Reading members by type")
struct JSONFieldsTests {
  private let fields = JSONFields([
    "kind": "offer", "n": 7, "x": 1.5, "flag": true, "nothing": nil, "list": ["a", "b"],
    "inner": ["items": [["mid": "0"], ["mid": 1]]],
  ])

  private func mismatch<T>(_ body: () throws(JSONMismatch) -> T) -> String? {
    do throws(JSONMismatch) {
      _ = try body()
      return nil
    } catch {
      return error.text
    }
  }

  @Test("members of the expected type are returned")
  func present() throws {
    #expect(try fields.string("kind") == "offer")
    #expect(try fields.int("n") == 7)
    #expect(try fields.double("x") == 1.5)
    #expect(try fields.double("n") == 7)
    #expect(try fields.bool("flag"))
    #expect(try fields.strings("list") == ["a", "b"])
    #expect(try fields.fields("inner").fieldsArray("items")[0].string("mid") == "0")
  }

  @Test("absent and null members are nil where they are optional")
  func absent() throws {
    #expect(try fields.optionalString("nothing") == nil)
    #expect(try fields.optionalInt("absent") == nil)
    #expect(try fields.optionalFields("absent") == nil)
  }

  @Test("errors name the whole path, what was expected and what was found")
  func errors() {
    #expect(
      mismatch { () throws(JSONMismatch) in try fields.string("absent") }
        == "absent: expected a string, found nothing")
    #expect(
      mismatch { () throws(JSONMismatch) in try fields.int("x") }
        == "x: expected an integer, found a number")
    #expect(
      mismatch { () throws(JSONMismatch) in try fields.optionalBool("kind") }
        == "kind: expected a boolean, found a string")
    #expect(
      mismatch { () throws(JSONMismatch) in
        try fields.fields("inner").fieldsArray("items")[1].string("mid")
      }
        == "inner.items[1].mid: expected a string, found an integer")
    #expect(
      mismatch { () throws(JSONMismatch) in try fields.int("n", in: 0...5) }
        == "n: expected an integer from 0 to 5, found 7")
  }

  @Test("a document that is not an object is refused")
  func notAnObject() {
    #expect(
      mismatch { () throws(JSONMismatch) in try JSONFields(document: [1]) }
        == "document: expected an object, found an array")
  }
}
