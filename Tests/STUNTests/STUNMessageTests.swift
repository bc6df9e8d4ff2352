// Reading STUN: the vectors of RFC 5769 and everything that must be refused.

import Crypto
import Testing
import Wire

@testable import STUN

/// Spans cannot be arguments inside `#expect`: these take arrays.
func parse(_ bytes: [UInt8]) throws(WireError) -> STUNMessage { try STUNMessage(bytes.span) }

func key(_ bytes: [UInt8]) -> HMACSHA1 { HMACSHA1(key: bytes.span) }

func verifies(_ message: STUNMessage, _ password: [UInt8], _ bytes: [UInt8]) -> Bool {
  message.verifyIntegrity(key: key(password), in: bytes.span)
}

/// A copy of `message` with the length field and the attributes replaced.
func message(_ header: [UInt8], _ attributes: [[UInt8]]) -> [UInt8] {
  let body = attributes.flatMap { $0 }
  var result = Array(header.prefix(20)) + body
  result[2] = UInt8(truncatingIfNeeded: body.count >> 8)
  result[3] = UInt8(truncatingIfNeeded: body.count)
  return result
}

func attribute(_ type: UInt16, _ value: [UInt8]) -> [UInt8] {
  [UInt8(type >> 8), UInt8(type & 0xFF), UInt8(value.count >> 8), UInt8(value.count & 0xFF)] + value
    + [UInt8](repeating: 0, count: (4 - value.count % 4) % 4)
}

@Suite("STUN messages, RFC 8489 and RFC 5769")
struct STUNMessageTests {
  @Test("the request of RFC 5769 section 2.1 is read in full and verifies")
  func request() throws {
    let bytes = RFC5769.request
    let message = try parse(bytes)
    #expect(message.messageClass == .request)
    #expect(message.method == STUNMessage.bindingMethod)
    #expect(
      message.transactionID == STUNTransactionID(high: 0xB7E7_A701, low: 0xBC34_D686_FA87_DFAE))
    #expect(message.username.map { Array(bytes[$0]) } == Array("evtj:h6vY".utf8))
    #expect(message.priority == 0x6E00_01FF)
    #expect(message.roleClaim == .controlled(0x932F_F9B1_5126_3B36))
    #expect(!message.useCandidate)
    #expect(message.fingerprint == .valid)
    #expect(message.unknownAttributes.isEmpty)
    #expect(verifies(message, RFC5769.password, bytes))
    #expect(!verifies(message, Array("VOkJxbRl1RmTxUk/WvJxBu".utf8), bytes))
  }

  @Test("the responses of RFC 5769 sections 2.2 and 2.3 give their mapped addresses")
  func responses() throws {
    let four = try parse(RFC5769.responseIPv4)
    #expect(four.messageClass == .successResponse)
    #expect(four.mappedAddress == SocketAddress("192.0.2.1:32853"))
    #expect(four.fingerprint == .valid)
    #expect(verifies(four, RFC5769.password, RFC5769.responseIPv4))
    let six = try parse(RFC5769.responseIPv6)
    #expect(six.mappedAddress == SocketAddress("[2001:db8:1234:5678:11:2233:4455:6677]:32853"))
    #expect(six.fingerprint == .valid)
    #expect(verifies(six, RFC5769.password, RFC5769.responseIPv6))
  }

  @Test("the long-term request of RFC 5769 section 2.4 verifies without FINGERPRINT")
  func longTerm() throws {
    let message = try parse(RFC5769.longTerm)
    #expect(message.fingerprint == .absent)
    #expect(message.username?.count == 18)
    #expect(verifies(message, RFC5769.longTermKey, RFC5769.longTerm))
  }

  @Test("every truncation and every lengthening of a valid message is refused")
  func lengths() {
    for whole in [RFC5769.request, RFC5769.responseIPv4, RFC5769.responseIPv6, RFC5769.longTerm] {
      for count in 0..<whole.count {
        #expect(throws: WireError.self) { try parse(Array(whole.prefix(count))) }
      }
      for extra in 1...8 {
        #expect(throws: WireError.self) {
          try parse(whole + [UInt8](repeating: 0, count: extra))
        }
      }
    }
  }

  @Test("every length from 0 to 64 of hostile bytes is refused or read, never trapped on")
  func smallLengths() {
    for count in 0...64 {
      for fill in [UInt8](0...255) {
        var bytes = [UInt8](repeating: fill, count: count)
        STUNFuzzBody.run(bytes.span)
        // The same with a correct header, so that the attributes are reached.
        if count >= 20 {
          bytes.replaceSubrange(0..<20, with: RFC5769.request.prefix(20))
          bytes[2] = 0
          bytes[3] = UInt8(count - 20)
          STUNFuzzBody.run(bytes.span)
        }
      }
    }
  }

  @Test(
    "random mutations of the vectors never trap, and never verify unless nothing covered changed")
  func mutations() {
    var random = RandomSource.seeded(5769)
    for _ in 0..<20_000 {
      var bytes = [RFC5769.request, RFC5769.responseIPv4, RFC5769.responseIPv6][
        Int(random.next() % 3)]
      let original = bytes
      for _ in 0...(random.next() % 4) {
        bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
      }
      STUNFuzzBody.run(bytes.span)
      guard bytes != original, let message = try? parse(bytes) else { continue }
      if verifies(message, RFC5769.password, bytes) {
        // MESSAGE-INTEGRITY does not cover what follows it, nor the length field itself.
        let end = original.count - 8
        #expect(bytes[4..<end] == original[4..<end])
        #expect(message.fingerprint != .valid)
      }
    }
  }

  @Test("one wrong bit anywhere makes FINGERPRINT wrong or the message unreadable")
  func fingerprint() {
    for bit in 0..<(RFC5769.request.count * 8) {
      var bytes = RFC5769.request
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      let fingerprint = (try? parse(bytes))?.fingerprint
      #expect(fingerprint != .valid, "bit \(bit)")
    }
  }

  @Test("anything after FINGERPRINT is refused, MESSAGE-INTEGRITY above all")
  func afterFingerprint() {
    let header = RFC5769.request
    let fingerprint = attribute(0x8028, [1, 2, 3, 4])
    let integrity = attribute(0x0008, [UInt8](repeating: 0, count: 20))
    #expect(throws: WireError.badValue) { try parse(message(header, [fingerprint, integrity])) }
    #expect(throws: WireError.badValue) {
      try parse(message(header, [fingerprint, attribute(0x0006, [65])]))
    }
    #expect(throws: WireError.badValue) { try parse(message(header, [fingerprint, fingerprint])) }
  }

  @Test(
    "what follows MESSAGE-INTEGRITY is ignored: USE-CANDIDATE cannot be added to a signed check")
  func afterIntegrity() throws {
    let attributes = Array(RFC5769.request[20..<(RFC5769.request.count - 8)])
    let forged = message(
      RFC5769.request,
      [attributes, attribute(0x0025, []), attribute(0x0024, [0, 0, 0, 1]), attribute(0x7777, [])])
    let result = try parse(forged)
    #expect(!result.useCandidate)
    #expect(result.priority == 0x6E00_01FF)
    #expect(result.unknownAttributes.isEmpty)
    #expect(verifies(result, RFC5769.password, forged))
  }

  @Test("of an attribute that comes twice the first counts")
  func duplicates() throws {
    let bytes = message(
      RFC5769.request,
      [
        attribute(0x0006, Array("a:b".utf8)), attribute(0x0006, Array("c:d".utf8)),
        attribute(0x0024, [0, 0, 0, 1]), attribute(0x0024, [0, 0, 0, 2]),
        attribute(0x802A, [0, 0, 0, 0, 0, 0, 0, 9]), attribute(0x8029, [0, 0, 0, 0, 0, 0, 0, 8]),
      ])
    let result = try parse(bytes)
    #expect(result.username.map { Array(bytes[$0]) } == Array("a:b".utf8))
    #expect(result.priority == 1)
    #expect(result.roleClaim == .controlling(9))
  }

  @Test(
    "attributes of a wrong size are refused",
    arguments: [
      (UInt16(0x0006), 514), (0x0008, 19), (0x0008, 21), (0x0024, 3), (0x0024, 5), (0x0025, 1),
      (0x8029, 7), (0x802A, 9), (0x0020, 0), (0x0009, 3), (0x8028, 0), (0x8028, 8),
    ])
  func sizes(type: UInt16, count: Int) {
    let bytes = message(
      RFC5769.request, [attribute(type, [UInt8](repeating: 1, count: count))])
    #expect(throws: WireError.self) { try parse(bytes) }
  }

  @Test("an attribute that announces more than the message holds is refused")
  func oversizedAttribute() {
    var bytes = message(RFC5769.request, [attribute(0x8022, [1, 2, 3, 4])])
    for announced in [5, 8, 255, 65_535] {
      bytes[22] = UInt8(announced >> 8)
      bytes[23] = UInt8(announced & 0xFF)
      #expect(throws: WireError.truncated) { try parse(bytes) }
    }
  }

  @Test("wrong first bits, a wrong cookie and an odd length are refused")
  func header() {
    for (index, value) in [(0, UInt8(0x40)), (0, 0x80), (4, 0x20), (7, 0x43), (3, 0x57)] {
      var bytes = RFC5769.request
      bytes[index] = value
      #expect(throws: WireError.self) { try parse(bytes) }
    }
  }

  @Test("mapped addresses and error codes that cannot be are refused")
  func values() {
    let header = RFC5769.responseIPv4
    for value in [
      [0, 3, 0, 0, 1, 2, 3, 4], [0, 1, 0, 0] + [UInt8](repeating: 0, count: 16),
      [0, 2, 0, 0, 1, 2, 3, 4],
    ] as [[UInt8]] {
      #expect(throws: WireError.self) { try parse(message(header, [attribute(0x0020, value)])) }
    }
    for value in [[0, 0, 2, 0], [0, 0, 7, 0], [0, 0, 4, 100]] as [[UInt8]] {
      #expect(throws: WireError.badValue) {
        try parse(message(header, [attribute(0x0009, value)]))
      }
    }
  }

  @Test("unknown attributes that must be understood are listed up to the limit, others ignored")
  func unknownAttributes() throws {
    let bytes = message(
      RFC5769.request,
      (0..<20).map { attribute(0x7000 + $0, []) } + [attribute(0xC057, [0, 0, 0, 1])])
    let unknown = try parse(bytes).unknownAttributes
    #expect(unknown.count == STUNUnknownAttributes.countMax)
    #expect(unknown[0] == 0x7000)
    #expect(unknown[7] == 0x7007)
  }
}
