// A store in memory that watches what is in it, and a show that is pushed to it in virtual time.

import Crypto
import Testing
import Wire

@testable import HLS

/// What is in a store, and what its playlists have named.
struct Bucket {
  private(set) var objects: [String: [UInt8]] = [:]
  private(set) var deleted: Set<String> = []
  /// Of each playlist that was replaced: when, and what it named.
  private var replaced: [(at: Instant, names: Set<String>)] = []
  private var newest: [String: Int] = [:]
  /// What each playlist names.
  private var named: [String: Set<String>] = [:]
  private let window: TimeSpan

  init(window: TimeSpan) { self.window = window }

  mutating func put(_ object: PushObject, at now: Instant) {
    let bytes = Array(object.chunks.joined())
    objects[object.key] = bytes
    guard !object.key.hasSuffix(".m4s"), !object.key.hasSuffix(".mp4") else { return }
    if let old = named[object.key] { replaced.append((now, old)) }
    replaced.removeAll { now - $0.at > window * 4 }
    let names = names(in: bytes, at: object.key)
    named[object.key] = names
    if object.key == "demo/index.m3u8" {
      #expect(text(object.key).contains("#EXT-X-STREAM-INF:"), "subtitles alone are no show")
    }
    for name in names { #expect(objects[name] != nil, "\(object.key) names \(name)") }
    goesForward(object.key)
  }

  mutating func delete(_ key: String, at now: Instant) {
    for old in replaced where old.names.contains(key) {
      #expect(now - old.at >= window * 2, "\(key) is deleted while players may ask for it")
    }
    objects[key] = nil
    named[key] = nil
    deleted.insert(key)
    for (playlist, names) in named where names.contains(key) {
      Issue.record("\(playlist) names \(key), which is deleted")
    }
  }

  func text(_ key: String) -> String {
    objects[key].map { String(decoding: $0, as: UTF8.self) } ?? "no \(key)"
  }

  /// A playlist never loses what it had at its end.
  private mutating func goesForward(_ key: String) {
    guard key.hasSuffix("index.m3u8") else { return }
    let text = text(key)
    guard let first = Self.number(text, "#EXT-X-MEDIA-SEQUENCE:") else { return }
    let last = first + text.split(separator: "\n").filter { $0.hasPrefix("#EXTINF") }.count
    // Another run counts anew.
    let run = text.firstRange(of: "MAP:URI=\"").map { text[$0.upperBound...].prefix { $0 != "-" } }
    let name = "\(key) \(run ?? "")"
    #expect(last >= newest[name] ?? 0, "\(key) goes back")
    newest[name] = last
  }

  static func number(_ text: String, _ tag: String) -> Int? {
    text.split(separator: "\n").first { $0.hasPrefix(tag) }.flatMap { Int($0.dropFirst(tag.count)) }
  }

  /// What a playlist, an MPD or a list of pictures names.
  private func names(in bytes: [UInt8], at key: String) -> Set<String> {
    let folder = String(key.prefix(through: key.lastIndex(of: "/") ?? key.startIndex))
    let text = String(decoding: bytes, as: UTF8.self)
    var names: Set<String> = []
    if key.hasSuffix(".m3u8") {
      var isGap = false
      for line in text.split(separator: "\n") {
        if line == "#EXT-X-GAP" { isGap = true }
        // Whom players ask for keys is named, too.
        if let found = line.firstRange(of: "URI=\""), !line.contains("-KEY:") {
          names.insert("\(folder)\(line[found.upperBound...].prefix { $0 != "\"" })")
        }
        guard !line.hasPrefix("#") else { continue }
        if !isGap { names.insert("\(folder)\(line)") }
        isGap = false
      }
    } else if key.hasSuffix(".mpd") {
      for piece in text.split(separator: "<SegmentTemplate ").dropFirst() {
        func value(_ name: String) -> String {
          guard let found = piece.firstRange(of: " \(name)=\"") else { return "" }
          return String(piece[found.upperBound...].prefix { $0 != "\"" })
        }
        names.insert(folder + value("initialization"))
        let first = Int(value("startNumber")) ?? 0
        let count = piece.split(separator: "<S ").count - 1
        let template = value("media").split(separator: "$Number$")
        for number in first..<first + count {
          names.insert("\(folder)\(template[0])\(number)\(template[1])")
        }
      }
    } else if key.hasSuffix(".vtt") {
      for line in text.split(separator: "\n") where line.contains("#xywh") {
        names.insert("\(folder)\(line.prefix { $0 != "#" })")
      }
    }
    return names
  }
}

/// A room with sound and a picture, pushed to a bucket.
struct PushedShow {
  var room: Presentation
  var desk: PushDesk
  var bucket: Bucket
  var now = Instant.zero
  var news: [OnPush] = []
  /// What the store does with the next order: how long it takes, and how it goes.
  var store: (inout PushedShow, PushOrder) -> (TimeSpan, StoreAnswer) = { _, _ in
    (.milliseconds(30), .done)
  }
  var random: RandomSource
  private(set) var served: [String: [UInt8]] = [:]
  private(set) var waitingMax = 0
  private var watch = PushWatch()
  private var inFlight: [(order: PushOrder, at: Instant, answer: StoreAnswer)] = []
  private var step = 0
  private let windowSeconds: Int64

  init(
    seed: UInt64 = 1, run: String = "r1", window: Int64 = 14, captions: [String] = [],
    protection: ContentProtection? = nil
  ) throws {
    windowSeconds = window
    room = try Self.room(run: run, window: window, captions: captions, protection: protection)
    bucket = Bucket(window: .seconds(window))
    random = .seeded(seed)
    desk = PushDesk(inFlightMax: 4, random: .seeded(seed))
  }

  private static func room(
    run: String, window: Int64, captions: [String] = [], protection: ContentProtection? = nil
  ) throws -> Presentation {
    var room = Presentation(
      timing: HLSTiming(window: .seconds(window)),
      epoch: WallTime(nanoseconds: 1_700_000_000_000_000_000), run: run,
      protection: protection, captions: captions.compactMap { LanguageTag($0) })
    _ = room.addRendition(
      "sound", .audio(name: "Sound", language: nil), format: .aac(try sound()), at: .zero)
    _ = room.addRendition(
      "low", .video, format: .avc(try configuration()), at: .zero)
    return room
  }

  /// The room's next show.
  mutating func beginAgain(run: String) throws {
    room = try Self.room(run: run, window: windowSeconds)
    step = 0
  }

  /// Plays for some seconds, at 25 frames a second with a keyframe each 2 s.
  mutating func play(seconds: Int, size: Int = 40) {
    for _ in 0..<seconds * 25 {
      for frame in (step * 1920 + 1023) / 1024..<((step + 1) * 1920 + 1023) / 1024 {
        let bytes = [UInt8](repeating: UInt8(frame & 255), count: 40)
        room.append(TimedSample(time: Int64(frame) * 1024, bytes: bytes, isSync: true), to: 0)
      }
      let picture = [0, 0, 0, 2, 0x65] + [UInt8](repeating: UInt8(step & 255), count: size)
      room.append(
        TimedSample(time: Int64(step) * 3600, bytes: picture, isSync: step % 50 == 0), to: 1)
      room.advance(to: .milliseconds(Int64(step) * 40))
      step += 1
      turn()
    }
  }

  /// Ends the room's show.
  mutating func end() {
    room.end(at: .milliseconds(Int64(step) * 40))
    turn()
  }

  /// Lets time pass without media.
  mutating func wait(seconds: Int) { for _ in 0..<seconds * 25 { turn() } }

  private mutating func turn() {
    now = now + .milliseconds(40)
    if let state = watch.take(room) {
      for rendition in room.renditions {
        for segment in rendition.segments.suffix(3) where segment.isComplete && !segment.isGap {
          served["demo/\(rendition.name)/\(room.names.segment(segment.sequence))"] =
            segment.parts.flatMap(\.bytes)
        }
      }
      news += desk.take(state, of: "demo", at: now)
    }
    news += desk.advance(to: now)
    for done in inFlight where done.at <= now {
      if done.answer == .done {
        switch done.order {
        case .put(let object): bucket.put(object, at: now)
        case .delete(let key): bucket.delete(key, at: now)
        }
      }
      news += desk.end(done.order, done.answer, at: now)
    }
    inFlight.removeAll { $0.at <= now }
    while let order = desk.next(at: now) {
      let (time, answer) = store(&self, order)
      #expect(!inFlight.contains { $0.order.key == order.key }, "\(order.key) twice at once")
      inFlight.append((order, now + time, answer))
    }
    waitingMax = max(waitingMax, desk.waitingBytes)
  }

  /// Whether all media in the bucket is what was served.
  func expectTrueMedia() {
    for (key, bytes) in bucket.objects where key.contains("-s") && key.hasSuffix(".m4s") {
      #expect(served[key] == bytes, "\(key)")
    }
  }
}
