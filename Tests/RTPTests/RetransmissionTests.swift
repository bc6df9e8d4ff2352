// RTX: what is wrapped is found and unwrapped.

import Testing
import Wire

@testable import RTP

@Suite("RTX payload format, RFC 4588")
struct RetransmissionTests {
  @Test("unwrapping gives the original packet, extensions kept, padding gone")
  func unwrap() throws {
    var packet = hex("B0 E1 0007 00000009 0000BBBB BEDE0001 10310000 1234 AABBCC 00000003")
    let header = try RTPHeader(parsing: packet.span)
    let retransmission = try Retransmission(parsing: packet.span, header: header)
    #expect(retransmission.originalSequenceNumber == SerialNumber16(0x1234))
    #expect(Array(packet[retransmission.originalPayload]) == hex("AABBCC00"))
    var span = packet.mutableSpan
    let range = try retransmission.unwrap(&span, header: header, payloadType: 96, ssrc: 0xAAAA)
    #expect(
      Array(packet[range]) == hex("90 E0 1234 00000009 0000AAAA BEDE0001 10310000 AABBCC00"))
    let original = try RTPHeader(parsing: Array(packet[range]).span)
    #expect(original.marker && original.payloadType == 96)
  }

  @Test("probes of padding only are missing a packet; less than one payload byte is refused")
  func refusals() throws {
    for (text, error) in [
      ("A0 61 0001 00000002 00000003 000003", WireError.missing),
      ("80 61 0001 00000002 00000003 12", .truncated),
      ("80 61 0001 00000002 00000003 1234", .truncated),
    ] {
      let packet = hex(text)
      let header = try RTPHeader(parsing: packet.span)
      #expect(throws: error) { try Retransmission(parsing: packet.span, header: header) }
    }
  }

  @Test("unwrapping with another packet's header is refused")
  func wrongHeader() throws {
    var packet = hex("80 61 0001 00000002 00000003 1234 AA")
    let header = try RTPHeader(parsing: packet.span)
    let retransmission = try Retransmission(parsing: packet.span, header: header)
    var other = header
    other.headerLength = 16
    var span = packet.mutableSpan
    var refused = false
    do throws(WireError) {
      _ = try retransmission.unwrap(&span, header: other, payloadType: 96, ssrc: 1)
    } catch { refused = error == .noSpace }
    #expect(refused)
  }
}
