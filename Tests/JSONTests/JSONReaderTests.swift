import Testing

@testable import JSON

@Suite("Reading JSON, RFC 8259")
struct JSONReaderTests {
  private func parse(_ text: String) throws(JSONError) -> JSONValue {
    try JSONValue.parse(Array(text.utf8))
  }

  private func fault(_ text: String) -> JSONError? { fault(Array(text.utf8)) }

  private func fault(_ bytes: [UInt8], limits: JSONLimits = .standard) -> JSONError? {
    do throws(JSONError) {
      _ = try JSONValue.parse(bytes, limits: limits)
      return nil
    } catch {
      return error
    }
  }

  @Test("every kind of value is read, with white space around every token")
  func values() throws {
    let text =
      " { \"a\" : [ 1 , -2.5 , true , false , null , \"x\" ] ,\r\n\t\"b\" : { } , \"c\":[]} "
    let expected: JSONValue = ["a": [1, -2.5, true, false, nil, "x"], "b": [:], "c": []]
    #expect(try parse(text) == expected)
  }

  @Test("members keep their order")
  func order() throws {
    guard case .object(let object) = try parse(#"{"z":1,"a":2,"m":3}"#) else {
      Issue.record("not an object")
      return
    }
    #expect(object.members.map(\.key) == ["z", "a", "m"])
  }

  @Test("integers are exact to both ends of 64 bits and refused beyond")
  func integers() throws {
    #expect(try parse("9223372036854775807") == .integer(.max))
    #expect(try parse("-9223372036854775808") == .integer(.min))
    #expect(fault("9223372036854775808") == JSONError(.integerOutOfRange, at: 0))
    #expect(fault("[-9223372036854775809]") == JSONError(.integerOutOfRange, at: 1))
  }

  @Test("a number with a fraction or an exponent is a double, and must be finite")
  func doubles() throws {
    #expect(try parse("1e2") == .double(100))
    #expect(try parse("-0.5E-1") == .double(-0.05))
    #expect(try parse("1e-400") == .double(0))
    #expect(fault("1e400") == JSONError(.numberOutOfRange, at: 0))
    #expect(fault("[0,-1e400]") == JSONError(.numberOutOfRange, at: 3))
    #expect(fault(String(repeating: "1", count: 129))?.fault == .numberTooLong)
  }

  @Test(
    "what other readers take for numbers is refused",
    arguments: ["01", "-01", "1.", ".5", "+1", "NaN", "Infinity", "-Infinity", "0x1", "1e", "--1"])
  func badNumbers(_ text: String) { #expect(fault(text) != nil) }

  @Test("escapes are decoded, surrogate pairs joined")
  func escapes() throws {
    #expect(try parse(#""\"\\\/\b\f\n\r\t\u00e9\u20AC\ud83d\ude00""#) == "\"\\/\u{8}\u{C}\n\r\té€😀")
    #expect(fault(#""\x""#) == JSONError(.badEscape, at: 1))
    #expect(fault(#""\u12g4""#) == JSONError(.badEscape, at: 1))
  }

  @Test(
    "a lone surrogate is refused",
    arguments: [#""\ud83d""#, #""\ud83dx""#, #""\ude00""#, #""\ud83d\ud83d""#, #""\ud83d\n""#])
  func loneSurrogates(_ text: String) {
    #expect(fault(text) == JSONError(.loneSurrogate, at: 1))
  }

  @Test(
    "bytes that are not UTF-8 are refused",
    arguments: [
      [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82],
    ])
  func invalidUTF8(_ bytes: [UInt8]) {
    #expect(fault([0x22] + bytes + [0x22]) == JSONError(.invalidUTF8, at: 0))
  }

  @Test("unescaped control characters are refused in strings")
  func controls() {
    for byte in UInt8(0)..<0x20 {
      #expect(fault([0x22, byte, 0x22]) == JSONError(.controlCharacter, at: 1))
    }
  }

  @Test("a key may appear once, also when it is escaped or normalised differently")
  func duplicateKeys() {
    #expect(fault(#"{"a":1,"b":2,"a":3}"#) == JSONError(.duplicateKey, at: 13))
    #expect(fault(#"{"a":1,"\u0061":3}"#)?.fault == .duplicateKey)
    #expect(fault(#"{"\u00e9":1,"e\u0301":3}"#)?.fault == .duplicateKey)
    #expect(fault(#"{"a":{"a":1},"b":{"a":1}}"#) == nil)
  }

  @Test("nothing may follow the document, and a byte order mark may not precede it")
  func surroundings() {
    #expect(fault("{} x") == JSONError(.trailingBytes, at: 3))
    #expect(fault("1 2") == JSONError(.trailingBytes, at: 2))
    #expect(fault("\u{FEFF}{}") == JSONError(.unexpectedByte, at: 0))
    #expect(fault("") == JSONError(.unexpectedEnd, at: 0))
    #expect(fault("[1,]") == JSONError(.unexpectedByte, at: 3))
    #expect(fault(#"{"a":1,}"#) == JSONError(.unexpectedByte, at: 7))
  }

  @Test("nesting stops at the limit, also a hundred thousand deep")
  func depth() {
    let ok = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
    #expect(fault(ok) == nil)
    #expect(fault("[" + ok + "]") == JSONError(.tooDeep, at: 64))
    #expect(fault(String(repeating: "[", count: 100_000))?.fault == .tooDeep)
    #expect(fault(String(repeating: #"{"a":"#, count: 30_000))?.fault == .tooDeep)
  }

  @Test("size, values and members are bounded")
  func limits() {
    let tight = JSONLimits(bytesMax: 20, depthMax: 4, elementsMax: 5, membersMax: 2)
    #expect(fault(Array("[1,2,3,4]".utf8), limits: tight) == nil)
    #expect(fault(Array("[1,2,3,4,5]".utf8), limits: tight)?.fault == .tooManyElements)
    #expect(fault(Array(#"{"a":1,"b":2}"#.utf8), limits: tight)?.fault == nil)
    #expect(fault(Array(#"{"a":1,"b":2,"c":3}"#.utf8), limits: tight)?.fault == .tooManyMembers)
    #expect(fault(Array(repeating: 0x20, count: 21), limits: tight)?.fault == .tooLarge)
  }

  static let document =
    #"{"kind":"offer","n":[-12,3.5e2,true,null],"s":"\u00e9\ud83d\ude00é","o":{"x":{}}}"#

  @Test("every prefix of a document is refused as ending too early")
  func prefixes() throws {
    let whole = Array(Self.document.utf8)
    #expect(fault(whole) == nil)
    for length in 0..<whole.count {
      #expect(fault(Array(whole[..<length]))?.fault == .unexpectedEnd, "length \(length)")
    }
  }

  @Test("short inputs of every byte and seeded mutations never trap")
  func sweep() {
    for length in 0...64 {
      for byte in UInt8(0)...255 {
        JSONFuzzBody.run([UInt8](repeating: byte, count: length).span)
      }
    }
    var source = SeededBytes(seed: 1)
    let alphabet = Array("{}[]\",:\\u0d89e-.tfn".utf8)
    for _ in 0..<5_000 {
      JSONFuzzBody.run(source.mutate(Array(Self.document.utf8), alphabet: alphabet).span)
    }
  }
}
