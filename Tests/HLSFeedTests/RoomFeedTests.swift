// Packets and sender reports → a room: in virtual time, with made-up pictures and real sound.

import HLS
import Media
import RTP
import Testing
import Wire

@testable import HLSFeed

/// An SPS of 640x360, baseline, and one of 320x180.
private let sizes: [[UInt8]] = [
  [0x67, 0x42, 0xC0, 0x1F, 0xDA, 0x02, 0x80, 0xBF, 0xE5, 0x40],
  [0x67, 0x42, 0xC0, 0x1F, 0xDA, 0x05, 0x06, 0x7E, 0x74],
]
private let pps: [UInt8] = [0x68, 0xCE, 0x3C, 0x80]

/// A room in virtual time; the server's clock is ours plus a constant.
private struct Bench {
  var feed = RoomFeed(layers: ["low", "high"], timing: HLSTiming(), run: "t")
  private var numbers: [UInt16] = [0, 100]
  private static let wall = WallTime(nanoseconds: 1_780_000_000_000_000_000)

  /// A report of a layer, as of `at` (seconds).
  mutating func report(_ layer: Int, at: Double) {
    feed.receive(Bench.report(rate: 90_000, at: at), arrival: Bench.instant(at), layer: layer)
  }

  static func report(rate: Double, at: Double) -> SenderReport {
    SenderReport(
      ssrc: SSRC(1), time: NTPTime(wall + TimeSpan(fractionalSeconds: at)),
      timestamp: RTPTimestamp(UInt32(at * rate)), packetCount: 0, octetCount: 0)
  }

  static func instant(_ at: Double) -> Instant { .zero + TimeSpan(fractionalSeconds: at) }

  /// A frame captured at `time` that arrives at `arrival`.
  mutating func frame(_ layer: Int, at time: Double, key: Bool, size: Int = 0, arrival: Double) {
    let units = key ? [sizes[size], pps, [0x65, 0x88, 1]] : [[0x41, 0x9A, 2]]
    for (index, unit) in units.enumerated() {
      numbers[layer] &+= 1
      feed.receive(
        SerialNumber16(numbers[layer]), timestamp: RTPTimestamp(UInt32((time * 90_000).rounded())),
        marker: index == units.count - 1, payload: unit.span, layer: layer,
        at: Bench.instant(arrival))
    }
  }

  /// Thirty frames a second, each `late` seconds on its way, a keyframe every two seconds.
  mutating func run(from: Int, to end: Int, late: Double = 0.05, layers: [Int] = [0]) {
    for number in (from * 30)..<(end * 30) {
      let time = Double(number) / 30
      for layer in layers {
        if number % 30 == 0 { report(layer, at: time + late) }
        frame(layer, at: time, key: number % 60 == 1, size: layer, arrival: time + late)
      }
      feed.advance(at: Bench.instant(time + late))
    }
  }
}

@Suite("From packets to a room")
struct RoomFeedTests {
  @Test("each layer is a rendition from its first keyframe on, without gaps")
  func layers() throws {
    var bench = Bench()
    bench.run(from: 0, to: 12, layers: [0, 1])
    let room = try #require(bench.feed.presentation)
    #expect(room.renditions.map(\.name) == ["low", "high"])
    for rendition in room.renditions {
      let parts = rendition.segments.flatMap(\.parts)
      #expect(parts.count > 30)
      #expect(parts.allSatisfy { !$0.isGap })
    }
  }

  @Test("one encoding that comes in two sections is one rendition")
  func single() throws {
    var bench = Bench()
    for number in 0..<60 {
      let time = Double(number) / 30
      for layer in 0...1 {
        if number == 0 { bench.report(layer, at: 0) }
        bench.frame(layer, at: time, key: number == 0, arrival: time)
      }
    }
    #expect(bench.feed.presentation?.renditions.map(\.name) == ["low"])
  }

  @Test(
    "one encoding that comes in two sections stays one rendition when its size changes",
    arguments: [[0, 1], [1, 0]])
  func turned(order: [Int]) throws {
    var bench = Bench()
    for number in 0..<120 {
      let time = Double(number) / 30
      let isTurned = number >= 75
      // The section that is no rendition has the other size first, or last.
      for layer in isTurned ? order : [0, 1] {
        if number == 0 { bench.report(layer, at: 0) }
        bench.frame(
          layer, at: time, key: number == 0 || number == 75, size: isTurned ? 1 : 0, arrival: time)
      }
    }
    let room = try #require(bench.feed.presentation)
    #expect(room.renditions.count == 1)
    #expect(room.renditions.first?.formats.count == 2)
    #expect(room.renditions.first?.segments.count { $0.isDiscontinuity } == 1)
  }

  @Test("layers that take the place of one encoding are renditions of their own")
  func parted() throws {
    var bench = Bench()
    for number in 0..<60 {
      let time = Double(number) / 30
      for layer in 0...1 {
        if number == 0 { bench.report(layer, at: 0) }
        bench.frame(layer, at: time, key: number == 0, arrival: time)
      }
    }
    var asked = false
    for number in 60..<180 {
      let time = Double(number) / 30
      for layer in [1, 0] {
        bench.frame(layer, at: time, key: number == 60 || asked, size: layer, arrival: time)
      }
      asked = bench.feed.takeKeyframeWishes(at: Bench.instant(time)).contains(1)
    }
    #expect(bench.feed.presentation?.renditions.map(\.name) == ["low", "high"])
  }

  @Test("media that is always two seconds late makes gaps only until that is known")
  func late() throws {
    var bench = Bench()
    bench.run(from: 0, to: 4)
    bench.run(from: 4, to: 20, late: 2)
    let rendition = try #require(bench.feed.presentation?.renditions.first)
    let parts = rendition.segments.flatMap(\.parts)
    #expect(parts.suffix(40).allSatisfy { !$0.isGap })
  }

  @Test("a show without media for a minute ends, and the next keyframe begins another")
  func end() throws {
    var bench = Bench()
    bench.run(from: 0, to: 4)
    let first = try #require(bench.feed.presentation)
    bench.feed.advance(at: Bench.instant(70))
    #expect(bench.feed.presentation?.isEnded == true)
    bench.run(from: 80, to: 84)
    let second = try #require(bench.feed.presentation)
    #expect(!second.isEnded && second.names != first.names)
  }

  @Test("where the room says when it is over, a host who was away for minutes finds the same show")
  func away() throws {
    var bench = Bench()
    bench.feed = RoomFeed(
      layers: ["low", "high"], timing: HLSTiming(), run: "t", silenceMax: .seconds(300))
    bench.run(from: 0, to: 4)
    let names = try #require(bench.feed.presentation?.names)
    for second in 5..<180 { bench.feed.advance(at: Bench.instant(Double(second))) }
    #expect(bench.feed.presentation?.isEnded == false)
    bench.run(from: 180, to: 184)
    let parts = bench.feed.presentation?.renditions.first?.segments.flatMap(\.parts)
    #expect(bench.feed.presentation?.names == names && parts?.last?.isGap == false)
    bench.feed.advance(at: Bench.instant(490))
    #expect(bench.feed.presentation?.isEnded == true)
  }

  @Test("a picture from before the show's first frame is none of it")
  func early() throws {
    var bench = Bench()
    let encoder = try OpusEncoder(channelCount: 2)
    var packet: [UInt8] = []
    try encoder.encode([Int16](repeating: 0, count: 1920).span, into: &packet)
    bench.feed.receiveSound(Bench.report(rate: 48_000, at: 1), arrival: Bench.instant(1))
    var number = 0
    // The show begins with its sound, before there is a rendition.
    while bench.feed.presentation == nil, number < 200 {
      let at = 1 + Double(number) * 0.02
      bench.feed.receiveSound(
        Int64(number), timestamp: RTPTimestamp(UInt32(at * 48_000)), payload: packet.span,
        at: Bench.instant(at))
      number += 1
    }
    #expect(bench.feed.presentation?.renditions.isEmpty == true)
    bench.report(0, at: 4)
    for frame in 0..<120 {
      let time = 2.5 + Double(frame) / 30
      bench.frame(0, at: time, key: frame % 30 == 0, arrival: 4.1 + Double(frame) / 30)
    }
    let rendition = try #require(bench.feed.presentation?.renditions.first)
    #expect(rendition.segments.allSatisfy { $0.start >= 0 })
    #expect(rendition.segments.flatMap(\.parts).contains { !$0.isGap })
  }

  @Test("another session goes on in the same renditions, after a discontinuity")
  func session() throws {
    var bench = Bench()
    bench.run(from: 0, to: 6)
    bench.feed.beginSession()
    bench.run(from: 6, to: 12)
    let rendition = try #require(bench.feed.presentation?.renditions.first)
    #expect(rendition.segments.filter(\.isDiscontinuity).count == 1)
    #expect(bench.feed.presentation?.renditions.count == 1)
  }

  @Test(
    "another host's first keyframe is a discontinuity of every rendition, whatever its parameter sets"
  )
  func host() throws {
    var bench = Bench()
    bench.run(from: 0, to: 5, layers: [0, 1])
    bench.feed.expectPicture()
    // No keyframe for a while: what comes until then is not the other host's.
    for number in 150..<171 {
      let time = Double(number) / 30
      for layer in [0, 1] { bench.frame(layer, at: time, key: false, size: layer, arrival: time) }
    }
    for number in 171..<360 {
      let time = Double(number) / 30
      for layer in [0, 1] {
        if number % 30 == 0 { bench.report(layer, at: time) }
        bench.frame(layer, at: time, key: number % 60 == 51, size: layer, arrival: time)
      }
      bench.feed.advance(at: Bench.instant(time))
    }
    let renditions = try #require(bench.feed.presentation?.renditions)
    #expect(renditions.count == 2)
    for rendition in renditions {
      let changes = rendition.segments.filter(\.isDiscontinuity)
      #expect(changes.count == 1 && changes.first?.initialization == 0)
      let start = try #require(changes.first).start
      #expect(abs(rendition.span(start).seconds - Double(171 - 1) / 30) < 0.05)
      #expect(rendition.segments.flatMap(\.parts).allSatisfy { !$0.isGap })
    }
    #expect(
      renditions[0].segments.first(where: \.isDiscontinuity)?.sequence
        == renditions[1].segments.first(where: \.isDiscontinuity)?.sequence)
    // The host who begins a show changes nothing in it.
    var fresh = Bench()
    fresh.feed.expectPicture()
    fresh.run(from: 0, to: 5)
    #expect(
      fresh.feed.presentation?.renditions.first?.segments.contains(where: \.isDiscontinuity)
        == false)
  }

  @Test("a cut that is due asks every layer for a keyframe, once")
  func keyframes() {
    var bench = Bench()
    bench.run(from: 0, to: 1, layers: [0, 1])
    #expect(bench.feed.takeKeyframeWishes(at: Bench.instant(1.5)).isEmpty)
    #expect(bench.feed.takeKeyframeWishes(at: Bench.instant(2.2)) == [0, 1])
    #expect(bench.feed.takeKeyframeWishes(at: Bench.instant(2.3)).isEmpty)
  }

  @Test(
    "another size or rotation of the picture is a discontinuity with a new initialization section")
  func resize() throws {
    var bench = Bench()
    bench.run(from: 0, to: 5)
    for number in 150..<300 {
      let time = Double(number) / 30
      if number % 30 == 0 { bench.report(0, at: time) }
      // In the middle of a segment.
      bench.frame(0, at: time, key: number == 160 || number % 60 == 1, size: 1, arrival: time)
      bench.feed.advance(at: Bench.instant(time))
    }
    let rendition = try #require(bench.feed.presentation?.renditions.first)
    let changes = rendition.segments.filter(\.isDiscontinuity)
    #expect(changes.count == 1 && changes.first?.initialization == 1)
    let start = try #require(changes.first).start
    #expect(abs(rendition.span(start).seconds - (Double(160 - 1) / 30)) < 0.05)
    #expect(rendition.segments.flatMap(\.parts).allSatisfy { !$0.isGap })
  }

  @Test("an event before the show, and one after its end, is none of it")
  func events() throws {
    func pin(_ number: Int) -> RoomEvent? {
      var listener = RoomListener(room: "demo")
      let text =
        #"{"type":"listingPinned","cursor":\#(number),"atMs":1780000001000,"slot":1,"pin":null}"#
      guard case .event(let event)? = listener.receive(Array(text.utf8), at: nil).first else {
        return nil
      }
      return event
    }
    func listed(_ feed: RoomFeed) -> String {
      guard let room = feed.presentation,
        case .content(let content) = room.answer(
          .playlist(rendition: 0, DeliveryDirectives()))
      else { return "" }
      return String(decoding: content.bytes, as: UTF8.self)
    }
    var bench = Bench()
    bench.feed.take(try #require(pin(1)))
    bench.run(from: 0, to: 4)
    bench.feed.take(try #require(pin(2)))
    bench.feed.end()
    bench.feed.take(try #require(pin(3)))
    let text = listed(bench.feed)
    #expect(text.contains("ID=\"2\",CLASS=\"hawker.pin\"") && text.contains("#EXT-X-ENDLIST"))
    #expect(!text.contains("ID=\"1\"") && !text.contains("ID=\"3\""))
  }

  @Test("nobody is asked for a keyframe while nobody watches, but for the show's first")
  func unwatched() {
    var bench = Bench()
    let first = bench.feed.takeKeyframeWishes(at: .zero, isWatched: false)
    #expect(first == [0, 1])
    bench.run(from: 0, to: 1)
    // A cut is due, and the second layer has never sent.
    let unwatched = bench.feed.takeKeyframeWishes(at: Bench.instant(2.2), isWatched: false)
    #expect(unwatched.isEmpty)
    let watched = bench.feed.takeKeyframeWishes(at: Bench.instant(2.3), isWatched: true)
    #expect(watched == [0, 1])
  }

  @Test("sound with lost packets and a drifting clock has no hole")
  func sound() throws {
    var bench = Bench()
    bench.run(from: 0, to: 1)
    var generator = SystemRandomNumberGenerator()
    let encoder = try OpusEncoder(channelCount: 2)
    var packet: [UInt8] = []
    for number in 0..<600 {
      let arrival = 1 + Double(number) * 0.02
      if number % 50 == 0 {
        // Half a thousandth fast.
        bench.feed.receiveSound(
          Bench.report(rate: 48_024, at: arrival), arrival: Bench.instant(arrival))
      }
      let samples = (0..<1920).map { _ in Int16.random(in: -500...500, using: &generator) }
      try encoder.encode(samples.span, into: &packet)
      guard number % 17 != 5 else { continue }
      bench.feed.receiveSound(
        Int64(number), timestamp: RTPTimestamp(UInt32(arrival * 48_024)), payload: packet.span,
        at: Bench.instant(arrival))
    }
    let rendition = try #require(
      bench.feed.presentation?.renditions.first { $0.name == "sound" })
    // The picture began a second earlier.
    let parts = rendition.segments.flatMap(\.parts).drop { $0.isGap }
    #expect(parts.count > 30)
    #expect(parts.allSatisfy { !$0.isGap && $0.duration % 1024 == 0 })
  }

  @Test("a clock follows small corrections a millisecond a frame, and jumps for large ones")
  func clock() throws {
    var clock = MediaClock(clockRate: 90_000)
    let unknown = clock.advance(to: RTPTimestamp(0))
    #expect(unknown == nil)
    let first = Bench.report(rate: 90_000, at: 1)
    var jumped = clock.receive(first, arrival: .zero)
    #expect(!jumped)
    let told = clock.advance(to: first.timestamp)
    let start = try #require(told)
    #expect(abs((start - first.time.wallTime).nanoseconds) < 10)
    var late = first
    late.time = NTPTime(start + .milliseconds(40))
    jumped = clock.receive(late, arrival: .zero)
    #expect(!jumped)
    let after = clock.advance(to: first.timestamp)
    let next = try #require(after)
    #expect(abs((next - start - .milliseconds(1)).nanoseconds) < 10)
    late.time = NTPTime(start + .seconds(3))
    jumped = clock.receive(late, arrival: .zero)
    #expect(jumped)
  }
}
