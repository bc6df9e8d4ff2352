// Which layer of a room that can't be repackaged is decoded, and what is on its way to the encoders.

import Transcoding
import Wire

/// The source of a transcoded room: one layer at a time, the best that comes.
struct TranscodeDesk {
  /// The layer that is decoded.
  private(set) var source: Int?
  /// Orders nobody has taken.
  private(set) var orders: [TranscodeOrder] = []
  /// Frames discarded because the encoders are behind.
  private(set) var discardedCount: UInt64 = 0
  /// Since when, and until when, each layer has been heard.
  private var heard: [Int: (since: Instant, until: Instant)] = [:]
  /// Nobody needs pictures: layers are heard, and nothing is decoded.
  private(set) var isResting = false
  private var firstHeardAt: Instant?
  /// Frames of each other layer since the last one of the source.
  private var overtaking: [Int: Int] = [:]
  private var needsKeyframe = true
  /// Frames and their bytes that were ordered and are not done.
  private var ahead = (count: 0, bytes: 0)
  private var orderedCount = 0
  private var doneCount = 0
  /// The place among the orders of the last keyframe: what fails before it does not matter.
  private var keyframeOrder = 0
  private var markedCut: TimeSpan?

  /// Frames on their way: two seconds, then only a keyframe helps.
  static let aheadMax = 60
  /// Their bytes: several keyframes of the largest kind.
  static let aheadBytesMax = 8 << 20
  /// How long a better layer is waited for at the beginning.
  static let settling = TimeSpan.seconds(1)
  /// Without a frame for so long a layer has stopped.
  static let silenceMax = TimeSpan.milliseconds(700)
  /// The source has stopped sooner where another layer goes on: after so long, and so many of its frames.
  /// Layers are sent together, and a part is 320 ms.
  static let overtaken = (silence: TimeSpan.milliseconds(250), frames: 4)
  /// A better layer must have come for so long before it is worth a keyframe.
  static let steadiness = TimeSpan.seconds(1)

  /// Another session: layers are heard anew; what is on its way still comes back.
  mutating func beginSession() {
    source = nil
    heard = [:]
    overtaking = [:]
    firstHeardAt = nil
    needsKeyframe = true
  }

  /// Lets nothing be decoded, or goes on with the next keyframe.
  mutating func rest(_ rests: Bool) {
    guard rests != isResting else { return }
    isResting = rests
    needsKeyframe = true
  }

  /// Whether nothing is on its way to the encoders.
  var isIdle: Bool { ahead.count == 0 }

  /// Another show: cuts are planned anew.
  mutating func beginShow() { markedCut = nil }

  /// Takes a frame of a layer that arrived at `now`.
  ///
  /// - Parameters:
  ///   - time: since the epoch; nil without a show.
  ///   - cut: the next planned cut.
  ///   - isTop: no layer is better than this one.
  ///   - afterSlate: players see the slate, and need a keyframe to see anything else.
  mutating func take(
    _ frame: SourceFrame, isDecodable: Bool, layer: Int, isTop: Bool, time: TimeSpan?,
    cut: TimeSpan?, segment: TimeSpan, afterSlate: Bool, at now: Instant
  ) {
    note(layer, at: now)
    guard !isResting else { return }
    if layer != source {
      guard frame.isKeyframe, isWanted(layer, isTop: isTop, at: now) else { return }
      // It must be steady again before it is worth a keyframe.
      if let left = source, left > layer { heard[left] = nil }
      source = layer
      overtaking = [:]
      needsKeyframe = true
    }
    guard isDecodable, frame.isKeyframe || !needsKeyframe else {
      needsKeyframe = true
      return
    }
    guard ahead.count < TranscodeDesk.aheadMax,
      ahead.bytes + frame.bytes.count <= TranscodeDesk.aheadBytesMax
    else {
      discardedCount += 1
      needsKeyframe = true
      return
    }
    var frame = frame
    frame.beginsSegment = marks(time, cut, segment) || afterSlate
    order(frame)
  }

  private mutating func order(_ frame: SourceFrame) {
    if frame.isKeyframe {
      needsKeyframe = false
      keyframeOrder = orderedCount
    }
    orderedCount += 1
    ahead.count += 1
    ahead.bytes += frame.bytes.count
    orders.append(.frame(frame))
  }

  /// Whether the frame at `time` is the first from a planned cut on. Cuts move on only when samples come
  /// back, so that one which is marked counts as taken.
  private mutating func marks(_ time: TimeSpan?, _ cut: TimeSpan?, _ segment: TimeSpan) -> Bool {
    guard let time, let cut else { return false }
    let due = markedCut.map { cut > $0 ? cut : $0 + segment } ?? cut
    guard time >= due else { return false }
    markedCut = due
    return true
  }

  private mutating func note(_ layer: Int, at now: Instant) {
    firstHeardAt = firstHeardAt ?? now
    if layer == source { overtaking = [:] } else { overtaking[layer, default: 0] += 1 }
    if let known = heard[layer], now - known.until <= TranscodeDesk.silenceMax {
      heard[layer] = (known.since, now)
    } else {
      heard[layer] = (now, now)
    }
  }

  /// Whether to go over to a layer with a keyframe of it.
  private func isWanted(_ layer: Int, isTop: Bool, at now: Instant) -> Bool {
    guard let source else {
      // The best at once; another when the best has not come.
      let isSettled = firstHeardAt.map { now - $0 >= TranscodeDesk.settling } ?? false
      return isTop || (isSettled && layer == best(at: now))
    }
    return layer > source || (isSilent(source, at: now) && layer == best(at: now))
  }

  private func isSilent(_ layer: Int, at now: Instant) -> Bool {
    guard let until = heard[layer]?.until else { return true }
    let isOvertaken =
      layer == source && overtaking.values.contains { $0 >= TranscodeDesk.overtaken.frames }
    return now - until
      > (isOvertaken ? TranscodeDesk.overtaken.silence : TranscodeDesk.silenceMax)
  }

  private func best(at now: Instant) -> Int? {
    heard.keys.filter { !isSilent($0, at: now) }.max()
  }

  /// Whether a layer that is transcoded needs a keyframe.
  func wantsKeyframe(_ layer: Int, at now: Instant) -> Bool {
    guard !isResting else { return false }
    if layer == source { return needsKeyframe }
    guard layer == best(at: now), let since = heard[layer]?.since else { return false }
    guard source != nil else {
      return firstHeardAt.map { now - $0 >= TranscodeDesk.settling } ?? false
    }
    return now - since >= TranscodeDesk.steadiness
  }

  /// Notes that a frame is used up.
  mutating func finish(bytes: Int, isBroken: Bool) {
    if isBroken, doneCount >= keyframeOrder { needsKeyframe = true }
    doneCount += 1
    ahead = (max(0, ahead.count - 1), max(0, ahead.bytes - bytes))
  }

  /// Adds an order that is no frame.
  mutating func order(_ order: TranscodeOrder) { orders.append(order) }

  /// What is to be done, in order.
  mutating func takeOrders() -> [TranscodeOrder] {
    defer { orders.removeAll(keepingCapacity: true) }
    return orders
  }
}
