// Telling protocols apart, and finding the owner of a check.

import Testing
import Wire

@testable import STUN

private func kind(_ bytes: [UInt8]) -> DatagramKind { DatagramKind(bytes.span) }

private func ufrag(_ bytes: [UInt8]) -> String? {
  STUNRouting.localUfrag(in: bytes.span).map { String(decoding: bytes[$0], as: UTF8.self) }
}

@Suite("Demultiplexing, RFC 7983, and routing by ufrag")
struct RoutingTests {
  @Test("every first byte has exactly the protocol RFC 7983 gives it")
  func firstByte() {
    for byte in [UInt8](0...255) {
      let expected: DatagramKind =
        switch byte {
        case 0...3: .stun
        case 16...19: .zrtp
        case 20...63: .dtls
        case 64...79: .turnChannel
        case 128...191: .rtp
        default: .unknown
        }
      #expect(kind([byte, 0]) == expected)
      #expect(kind([byte]) == .unknown)
    }
    #expect(kind([]) == .unknown)
  }

  @Test("RTCP is told from RTP by the payload type, marker or not")
  func rtcp() {
    for byte in [UInt8](0...255) {
      let isRTCP = (64...95).contains(byte & 0x7F)
      #expect(kind([0x80, byte]) == (isRTCP ? .rtcp : .rtp))
    }
    for packetType in [UInt8](200...207) { #expect(kind([0x81, packetType]) == .rtcp) }
  }

  @Test("our ufrag is what comes before the first colon of a request's USERNAME")
  func localUfrag() {
    #expect(ufrag(RFC5769.request) == "evtj")
    let header = RFC5769.request
    #expect(ufrag(message(header, [attribute(0x0006, Array("a:b:c".utf8))])) == "a")
    #expect(ufrag(message(header, [attribute(0x0006, Array(":b".utf8))])) == "")
    #expect(ufrag(message(header, [attribute(0x0006, Array("none".utf8))])) == nil)
    #expect(ufrag(message(header, [attribute(0x8022, [1, 2, 3])])) == nil)
  }

  @Test("responses, indications and truncated requests route nowhere")
  func nowhere() {
    #expect(ufrag(RFC5769.responseIPv4) == nil)
    var indication = RFC5769.request
    indication[1] = 0x11
    #expect(ufrag(indication) == nil)
    let usernameEnd = 20 + 20 + 8 + 12 + 4 + 9
    for count in 0..<usernameEnd { #expect(ufrag(Array(RFC5769.request.prefix(count))) == nil) }
  }
}
