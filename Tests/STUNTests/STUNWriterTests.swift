// Writing STUN: what we write we read back, signed and fingerprinted.

import Crypto
import Testing
import Wire

@testable import STUN

@Suite("Writing STUN messages")
struct STUNWriterTests {
  let id = STUNTransactionID(high: 0x0102_0304, low: 0x0506_0708_090A_0B0C)
  let password = Array("0123456789abcdefghijkl".utf8)

  @Test("a check carries user name, priority, role and nomination", arguments: [true, false])
  func request(useCandidate: Bool) throws {
    var buffer = WireBuffer(capacity: STUNWriter.messageBytesMax)
    for username in ["a:b", "ab:c", "abc:d", "abcd:e", String(repeating: "x", count: 513)] {
      let request = STUNWriter.BindingRequest(
        transactionID: id, priority: 77, role: .controlling(.max), useCandidate: useCandidate)
      try STUNWriter.write(
        request, username: Array(username.utf8).span, key: key(password), into: &buffer)
      let bytes = buffer.array
      let message = try parse(bytes)
      #expect(message.messageClass == .request)
      #expect(message.transactionID == id)
      #expect(message.username.map { Array(bytes[$0]) } == Array(username.utf8))
      #expect(message.priority == 77)
      #expect(message.roleClaim == .controlling(.max))
      #expect(message.useCandidate == useCandidate)
      #expect(message.fingerprint == .valid)
      #expect(verifies(message, password, bytes))
    }
  }

  @Test(
    "a success response maps IPv4 and IPv6 addresses",
    arguments: ["1.2.3.4:5", "[2001:db8::1]:65535"])
  func success(text: String) throws {
    let address = try #require(SocketAddress(text))
    var buffer = WireBuffer(capacity: STUNWriter.messageBytesMax)
    try STUNWriter.writeSuccess(to: id, mapped: address, key: key(password), into: &buffer)
    let message = try parse(buffer.array)
    #expect(message.messageClass == .successResponse)
    #expect(message.mappedAddress == address)
    #expect(message.fingerprint == .valid)
    #expect(verifies(message, password, buffer.array))
  }

  @Test("our IPv4 response differs from RFC 5769's only by SOFTWARE")
  func vector() throws {
    let vector = try parse(RFC5769.responseIPv4)
    let mapped = try #require(vector.mappedAddress)
    var buffer = WireBuffer(capacity: STUNWriter.messageBytesMax)
    try STUNWriter.writeSuccess(
      to: vector.transactionID, mapped: mapped, key: key(RFC5769.password), into: &buffer)
    #expect(Array(buffer.array[20..<32]) == Array(RFC5769.responseIPv4[36..<48]))
  }

  @Test(
    "an error response carries its code, signed only with a key", arguments: STUNErrorCode.allCases)
  func error(code: STUNErrorCode) throws {
    var buffer = WireBuffer(capacity: STUNWriter.messageBytesMax)
    try STUNWriter.writeError(code, to: id, key: key(password), into: &buffer)
    var message = try parse(buffer.array)
    #expect(message.messageClass == .errorResponse)
    #expect(message.errorCode == code.rawValue)
    #expect(verifies(message, password, buffer.array))
    try STUNWriter.writeError(code, to: id, key: nil, into: &buffer)
    message = try parse(buffer.array)
    #expect(message.integrityOffset == nil)
    #expect(message.fingerprint == .valid)
  }

  @Test("a 420 names the unknown attributes")
  func unknown() throws {
    var unknown = STUNUnknownAttributes()
    for type in [0x7001, 0x7002, 0x7003] as [UInt16] { unknown.append(type) }
    var buffer = WireBuffer(capacity: STUNWriter.messageBytesMax)
    try STUNWriter.writeError(
      .unknownAttribute, to: id, unknown: unknown, key: key(password), into: &buffer)
    let bytes = buffer.array
    #expect(try parse(bytes).errorCode == 420)
    let listed: [UInt8] = [0, 0x0A, 0, 6, 0x70, 1, 0x70, 2, 0x70, 3, 0, 0]
    #expect((0...(bytes.count - 12)).contains { Array(bytes[$0..<($0 + 12)]) == listed })
  }

  @Test("a buffer too small is left empty, whatever its size")
  func noSpace() {
    for capacity in 0..<64 {
      var buffer = WireBuffer(capacity: capacity)
      #expect(throws: WireError.noSpace) {
        try STUNWriter.writeSuccess(
          to: id, mapped: SocketAddress(ip: IPAddress(ipv4: 1), port: 1), key: key(password),
          into: &buffer)
      }
      #expect(buffer.count == 0)
    }
  }
}
