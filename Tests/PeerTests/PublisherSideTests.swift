// Which stream a packet belongs to, and what becomes of it.

import Forwarding
import MediaControl
import RTP
import Testing
import Wire

@testable import Peer

private let vp8Format = PayloadFormat(payloadType: 96, codec: .vp8, rtxPayloadType: 97)
private let h264Format = PayloadFormat(payloadType: 102, codec: .h264)

private func section(
  _ index: Int, formats: [PayloadFormat] = [vp8Format],
  encodings: [AnnouncedEncoding] = [AnnouncedEncoding()]
) -> ReceiveSection {
  ReceiveSection(
    index: index, mid: "m\(index)", kind: .video, track: TrackID(UInt32(index)), formats: formats,
    encodings: encodings, feedback: [.nack, .pli])
}

private let simulcast = ["q", "h", "f"].map { AnnouncedEncoding(rid: $0) }

private func media(_ sections: [ReceiveSection]) -> MediaParameters {
  var ids = ExtensionMap()
  ids[.mid] = 1
  ids[.rid] = 2
  ids[.repairedRID] = 3
  ids[.absCaptureTime] = 4
  return MediaParameters(
    receives: sections, sends: [], extensions: ids, reducedSizeRTCP: true, cname: "us")
}

/// A publisher's side and the packets that come to it.
private struct Side {
  var side = PublisherSide()
  var now = Instant.zero + .seconds(1)

  init(_ sections: [ReceiveSection]) { side.update(media(sections)) }

  static let frame: [UInt8] = [0x90, 0x80, 0x80, 0x01, 0x01, 0, 0, 5, 5, 5]

  mutating func receive(
    _ sequence: UInt16, ssrc: SSRC, type: UInt8 = 96, mid: String? = nil, rid: String? = nil,
    repairedRID: String? = nil, payload: [UInt8] = Side.frame, timestamp: UInt32 = 0,
    capturedAt: NTPTime? = nil
  ) -> PublisherSide.OnPacket {
    var elements: [UInt8] = []
    if let capturedAt {
      elements.append(0x47)
      for shift in stride(from: 56, through: 0, by: -8) {
        elements.append(UInt8(truncatingIfNeeded: capturedAt.rawValue >> UInt64(shift)))
      }
    }
    for (id, text) in [(UInt8(1), mid), (2, rid), (3, repairedRID)] {
      guard let text else { continue }
      elements += [id << 4 | UInt8(text.utf8.count - 1)] + Array(text.utf8)
    }
    while elements.count % 4 != 0 { elements.append(0) }
    var packet: [UInt8] = [elements.isEmpty ? 0x80 : 0x90, type]
    packet += [UInt8(sequence >> 8), UInt8(sequence & 0xFF)]
    for word in [timestamp, ssrc] {
      for shift in stride(from: 24, through: 0, by: -8) {
        packet.append(UInt8(word >> shift & 0xFF))
      }
    }
    if !elements.isEmpty { packet += [0xBE, 0xDE, 0, UInt8(elements.count / 4)] + elements }
    packet += payload
    now = now + .milliseconds(1)
    return side.receive(packet.span, at: now, wall: WallTime(nanoseconds: now.nanoseconds))
  }
}

extension PublisherSide.OnPacket {
  fileprivate var place: [Int]? {
    if case .media(let track, let info, _, _) = self { [track, Int(info.encoding)] } else { nil }
  }
  fileprivate var info: PacketInfo? {
    if case .media(_, let info, _, _) = self { info } else { nil }
  }
  fileprivate var refusal: DiscardReason? {
    if case .discarded(let reason) = self { reason } else { nil }
  }
}

@Suite("A publisher's streams are told apart")
struct PublisherSideTests {
  @Test("an SSRC is learnt by RID, and known without it from then on")
  func byRID() {
    var side = Side([section(0, encodings: simulcast)])
    for (index, rid) in ["q", "h", "f"].enumerated() {
      #expect(side.receive(1, ssrc: SSRC(10 + index), rid: rid).place == [0, index])
      #expect(side.receive(2, ssrc: SSRC(10 + index)).place == [0, index])
    }
    #expect(side.receive(1, ssrc: 99, rid: "x").refusal == .unknownStream)
    #expect(side.receive(1, ssrc: 99).refusal == .unknownStream)
  }

  @Test("of sections with the same payload types the MID decides, also together with a RID")
  func byMID() {
    var side = Side([section(0), section(1, encodings: simulcast)])
    #expect(side.receive(1, ssrc: 5).refusal == .unknownStream)
    #expect(side.receive(1, ssrc: 5, mid: "m0").place == [0, 0])
    #expect(side.receive(1, ssrc: 6, mid: "m1", rid: "f").place == [1, 2])
    #expect(side.receive(1, ssrc: 7, mid: "m1").refusal == .unknownStream)
    #expect(side.receive(1, ssrc: 8, mid: "m9").refusal == .unknownStream)
  }

  @Test("a payload type that only one section has is enough")
  func byPayloadType() {
    var side = Side([section(0), section(1, formats: [h264Format])])
    #expect(side.receive(1, ssrc: 5, payload: Side.frame).place == [0, 0])
    #expect(side.receive(1, ssrc: 6, type: 102, payload: [0x41, 1, 2]).place == [1, 0])
    #expect(side.receive(1, ssrc: 7, type: 111).refusal == .unknownStream)
  }

  @Test("numbers that begin anew far below go on above the old ones after three in a row")
  func restart() {
    var side = Side([section(0)])
    var highest: Int64 = 0
    for number in UInt16(30_000)..<30_020 {
      highest = side.receive(number, ssrc: 5).info?.sequence ?? 0
    }
    // Two alone are late or repeated, whatever they are.
    for number in UInt16(100)..<102 {
      #expect(side.receive(number, ssrc: 5).info?.isLate == true)
    }
    #expect(side.receive(30_020, ssrc: 5).info?.sequence == highest + 1)
    var restarted: [PacketInfo] = []
    for number in UInt16(200)..<206 {
      if let info = side.receive(number, ssrc: 5).info { restarted.append(info) }
    }
    #expect(restarted.map(\.isLate) == [true, true, false, false, false, false])
    let first = restarted[2].sequence
    #expect(first > highest + 1)
    #expect(restarted.dropFirst(2).map(\.sequence) == Array(first..<(first + 4)))
    // The new numbers are the measure now: an old one is none of them.
    #expect(side.receive(206, ssrc: 5).info?.sequence == first + 4)
  }

  @Test("late packets within what we ask for are no restart")
  func lateIsNoRestart() {
    var side = Side([section(0)])
    for number in UInt16(1000)..<1400 { _ = side.receive(number, ssrc: 5) }
    for number in UInt16(1000)..<1010 {
      #expect(side.receive(number, ssrc: 5).info?.isLate == true)
    }
  }

  @Test("an absolute capture time is told on our clock, and not before that is known")
  func captureTime() {
    var side = Side([section(0)])
    let theirs = WallTime(nanoseconds: 1_700_000_000_000_000_000)
    let early = side.receive(1, ssrc: 5, capturedAt: NTPTime(theirs))
    #expect(early.info.map { $0.absCaptureTime } == 0)
    let ours = WallTime(nanoseconds: 1_800_000_000_000_000_000)
    let report = SenderReport(
      ssrc: 5, time: NTPTime(theirs), timestamp: RTPTimestamp(0), packetCount: 1, octetCount: 1)
    _ = side.side.receive(report, at: side.now, wall: ours)
    let later = side.receive(2, ssrc: 5, capturedAt: NTPTime(theirs + .milliseconds(40)))
    let told = NTPTime(rawValue: later.info?.absCaptureTime ?? 0).wallTime
    // NTP times are rounded to a quarter of a nanosecond and back.
    #expect(abs((told - (ours + .milliseconds(40))).nanoseconds) <= 4)
    #expect(side.receive(3, ssrc: 5).info.map { $0.absCaptureTime } == 0)
  }

  @Test("announced SSRCs need nothing learnt")
  func announced() {
    var side = Side([section(0, encodings: [AnnouncedEncoding(ssrc: 42, rtxSSRC: 43)])])
    #expect(side.receive(1, ssrc: 42).place == [0, 0])
    #expect(
      side.receive(9, ssrc: 43, type: 97, payload: [0, 2] + Side.frame).info?.sequence == 65538)
  }

  @Test("RTX is unwrapped to the original stream, number and payload")
  func rtx() {
    var side = Side([section(0, encodings: simulcast)])
    let media = side.receive(1000, ssrc: 10, rid: "h").info
    let repaired = side.receive(
      7, ssrc: 20, type: 97, repairedRID: "h", payload: [0x03, 0xE6] + Side.frame)
    #expect(repaired.place == [0, 1])
    #expect(repaired.info?.sequence == media.map { $0.sequence - 2 })
    #expect(repaired.info?.isLate == true)
    #expect(repaired.info?.payloadLength == UInt16(Side.frame.count))
    #expect(side.side.tracks[0].encodings[1].repaired == 1)
  }

  @Test("RTX with nothing useful in it is refused by name, or consumed when it is a probe")
  func uselessRTX() {
    var side = Side([section(0)])
    #expect(
      side.receive(1, ssrc: 20, type: 97, payload: [0, 1] + Side.frame).refusal == .malformedRTX,
      "there is no stream it repairs yet")
    _ = side.receive(1, ssrc: 10)
    #expect(side.receive(2, ssrc: 20, type: 97, payload: [0]).refusal == .malformedRTX)
    #expect(side.receive(3, ssrc: 20, type: 97, payload: [0, 1]).refusal == .malformedRTX)
    let probe = side.receive(4, ssrc: 20, type: 97, payload: [])
    if case .consumed = probe {} else { Issue.record("a probe is consumed") }
    #expect(side.receive(5, ssrc: 10, type: 97).refusal == nil)
    #expect(side.receive(6, ssrc: 20, type: 96).refusal == .unknownPayloadType)
  }

  @Test("a re-created SSRC goes on with numbers above the old ones, and ticks where time has gone")
  func recreated() {
    var side = Side([section(0, encodings: simulcast)])
    var last: PacketInfo?
    for number in UInt16(65_000)..<65_500 {
      last = side.receive(number, ssrc: 10, rid: "q", timestamp: UInt32(number) * 90).info
    }
    let fresh = side.receive(3, ssrc: 11, rid: "q", timestamp: 4_000_000_000).info
    guard let last, let fresh else {
      Issue.record("both are media")
      return
    }
    #expect(fresh.sequence > last.sequence + 65_536)
    #expect(!fresh.isLate)
    #expect(abs(fresh.ticks - last.ticks) <= 180)
    #expect(side.side.tracks[0].encodings[0].ssrc == 11)
    #expect(side.side.tracks[0].encodings[0].statistics?.packetsReceived == 1)
    #expect(side.side.tracks[0].encodings[0].missing.isEmpty)
  }

  @Test("packets of padding only keep their place among the numbers")
  func paddingOnly() {
    var side = Side([section(0)])
    let first = side.receive(1, ssrc: 10).info
    let padding = side.receive(2, ssrc: 10, payload: []).info
    #expect(padding?.payloadLength == 0)
    #expect(padding?.sequence == first.map { $0.sequence + 1 })
    #expect(padding?.startsKeyframe == false)
  }

  @Test("a renegotiation that keeps a track keeps its numbers, clock and SSRCs")
  func renegotiation() {
    var side = Side([section(0, encodings: simulcast)])
    for number in [UInt16(65_535), 0, 1] { _ = side.receive(number, ssrc: 10, rid: "q") }
    let before = side.receive(2, ssrc: 10).info
    side.side.update(media([section(0, formats: [vp8Format, h264Format], encodings: simulcast)]))
    let after = side.receive(3, ssrc: 10).info
    #expect(after?.sequence == before.map { $0.sequence + 1 })
    #expect(side.side.tracks[0].payload(102) != nil)
  }

  @Test("one peer's SSRCs are bounded however many it makes up")
  func bounded() {
    var side = Side([section(0, encodings: simulcast)])
    for number in 0..<1000 {
      _ = side.receive(UInt16(number), ssrc: SSRC(100 + number), rid: "q")
      _ = side.receive(UInt16(number), ssrc: SSRC(5000 + number), rid: "nobody")
    }
    #expect(side.receive(1, ssrc: 1099).place == [0, 0])
    #expect(side.receive(1, ssrc: 100).refusal == .unknownStream, "the old one is forgotten")
  }

  @Test("a sender report of a stream nobody knows is passed over")
  func unknownReport() {
    var side = Side([section(0)])
    let report = SenderReport(
      ssrc: 77, time: NTPTime(rawValue: 1), timestamp: RTPTimestamp(0), packetCount: 0,
      octetCount: 0)
    let place = side.side.receive(report, at: side.now, wall: WallTime(nanoseconds: 0))
    #expect(place == nil)
  }
}
