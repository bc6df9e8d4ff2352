import Testing

@testable import JSON

@Suite("Writing JSON")
struct JSONWriterTests {
  @Test("values are written compactly, in order")
  func compact() {
    let value: JSONValue = ["z": [1, -2.5, true, nil], "a": ["k": "v"], "e": [:], "f": []]
    #expect(value.text == #"{"z":[1,-2.5,true,null],"a":{"k":"v"},"e":{},"f":[]}"#)
  }

  @Test("strings are escaped where JSON or JavaScript needs it")
  func escapes() {
    let text = "\"\\/\u{8}\t\n\u{C}\r\u{0}\u{1F}\u{7F}é\u{2028}\u{2029}😀<"
    #expect(
      JSONValue.string(text).text
        == #""\"\\/\b\t\n\f\r\u0000\u001f"# + "\u{7F}é" + #"\u2028\u2029"# + "😀<\"")
    #expect(
      JSONValue.string("</script>").write(escapingHTML: true) == Array(#""\u003c/script>""#.utf8))
  }

  @Test("numbers survive writing and reading exactly")
  func numbers() throws {
    let doubles = [
      0.1, 1e20, 1e-7, Double.leastNonzeroMagnitude, 1.7976931348623157e308, 100, 123456789.125,
    ]
    for number in doubles {
      #expect(try JSONValue.parse(JSONValue.double(number).write()) == .double(number))
    }
    #expect(try JSONValue.parse(JSONValue.integer(.min).write()) == .integer(.min))
    #expect(JSONValue.double(.nan).text == "null")
    #expect(JSONValue.double(.infinity).text == "null")
  }

  @Test("setting a member replaces it in place, nil removes it")
  func members() {
    var object: JSONObject = ["a": 1, "b": 2]
    object["a"] = 3
    object["c"] = 4
    object["b"] = nil
    #expect(JSONValue.object(object).text == #"{"a":3,"c":4}"#)
  }
}
