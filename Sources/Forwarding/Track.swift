// One media source on one worker: its encodings and who watches it here.

package import MediaControl
import RTP
package import Wire

/// A viewer's stream that a track feeds: which peer of the worker, which of its streams.
package struct Subscriber: Hashable, Sendable {
  package var peer: PeerID
  package var stream: Int
  package init(peer: PeerID, stream: Int) {
    self.peer = peer
    self.stream = stream
  }
}

/// A track as one worker holds it. The owner fills it from the publisher, others from the owner.
package struct Track: Sendable {
  /// A packet that came in this turn and has not been forwarded yet.
  package struct Pending: Sendable {
    package var encoding: UInt8
    package var sequence: Int64
  }

  package let description: TrackDescription
  package private(set) var encodings: [TrackEncoding]
  /// The encodings, smallest first.
  package private(set) var order: [UInt8]
  package private(set) var pending: [Pending] = []
  package private(set) var subscribers: [Subscriber] = []
  /// The relation between ticks and media time; nil before the first packet.
  package var anchor: TrackClock.Anchor?
  private var wasActive = false

  /// A silence of this long, while another layer comes, means the publisher has stopped a layer.
  static let layerSilence = TimeSpan.milliseconds(300)
  /// A silence of this long means an encoding has stopped, whatever the others do.
  static let encodingSilence = TimeSpan.seconds(2)
  /// Packets of one turn; the batch of one read is 64 and a ring's turn is bounded likewise.
  static let pendingMax = 256

  /// A track nothing has come of.
  package init(_ description: TrackDescription) {
    self.description = description
    let rids = description.rids.isEmpty ? [nil] : description.rids
    encodings = rids.prefix(ForwardingLimits.encodingsMax).map {
      TrackEncoding(rid: $0, kind: description.kind)
    }
    order = Track.initialOrder(encodings)
    pending.reserveCapacity(Track.pendingMax)
  }

  /// Before sizes are known: q, h, f where the RIDs are called that, else as announced.
  private static func initialOrder(_ encodings: [TrackEncoding]) -> [UInt8] {
    let announced = encodings.indices.map { UInt8($0) }
    let ranks = encodings.map { $0.rid.flatMap(LayerRank.init(name:)) }
    guard !ranks.contains(nil) else { return announced }
    return announced.sorted { (ranks[Int($0)] ?? .q) < (ranks[Int($1)] ?? .q) }
  }

  // MARK: Packets

  /// Takes a packet in; false when it was seen before, is too old or beyond the announced encodings.
  package mutating func insert(
    _ info: PacketInfo, descriptor: borrowing Span<UInt8>, payload: borrowing Span<UInt8>
  ) -> Bool {
    let index = Int(info.encoding)
    guard index < encodings.count, pending.count < Track.pendingMax else { return false }
    let oldWidth = encodings[index].width
    guard encodings[index].insert(info, descriptor: descriptor, payload: payload) else {
      return false
    }
    if encodings[index].width != oldWidth { sortBySize() }
    pending.append(Pending(encoding: info.encoding, sequence: info.sequence))
    return true
  }

  /// The facts of a packet, nil when it is not (or no longer) here.
  package func info(encoding: UInt8, sequence: Int64) -> PacketInfo? {
    let index = Int(encoding)
    return index < encodings.count ? encodings[index].cache.info(sequence) : nil
  }

  /// Lends a packet, if it is here: its facts and its bytes (descriptor, then payload).
  package func withPacket(
    encoding: UInt8, sequence: Int64, _ body: (PacketInfo, borrowing Span<UInt8>) -> Void
  ) {
    let index = Int(encoding)
    if index < encodings.count { encodings[index].cache.withPacket(sequence, body) }
  }

  /// Whether the turn's packets must be forwarded before more are taken in.
  package var isFull: Bool { pending.count >= Track.pendingMax }

  /// The ticks of this very moment on the track clock, for a sender report; nil before the publisher's
  /// own first one: a guess from arrival would stay in the viewer's fit for many reports.
  package func ticks(at wall: WallTime) -> Int64? {
    guard let anchor, let reportTime = anchor.reportTime else { return nil }
    let elapsed = (wall - reportTime).seconds
    guard abs(elapsed) < 1e6 else { return nil }
    return anchor.ticks + Int64(elapsed * (description.kind == .video ? 90_000 : 48_000))
  }

  /// Everything pending has been forwarded.
  package mutating func finishTurn() { pending.removeAll(keepingCapacity: true) }

  private mutating func sortBySize() {
    guard encodings.allSatisfy({ $0.width > 0 || $0.lastArrival == nil }) else { return }
    let pixels = encodings.map { $0.width * $0.height }
    let known = order.filter { pixels[Int($0)] > 0 }.sorted { pixels[Int($0)] < pixels[Int($1)] }
    // Encodings that have not spoken keep their announced places.
    var next = known.makeIterator()
    order = order.map { pixels[Int($0)] > 0 ? next.next() ?? $0 : $0 }
  }

  // MARK: Layers

  /// Whether packets of `encoding` come: not when it is silent while another layer speaks.
  package func isActive(_ encoding: UInt8, at now: Instant) -> Bool {
    guard Int(encoding) < encodings.count, let last = encodings[Int(encoding)].lastArrival,
      now - last < Track.encodingSilence
    else { return false }
    guard now - last >= Track.layerSilence else { return true }
    return !encodings.contains { other in
      other.lastArrival.map { $0 - last >= Track.layerSilence } ?? false
    }
  }

  /// The layer a viewer should have now.
  package func choose(_ selection: LayerSelection, cap: LayerRank, at now: Instant) -> UInt8? {
    LayerSelector.choose(selection, order: order, isActive: { isActive($0, at: now) }, cap: cap)
  }

  /// The rank of an encoding among the track's.
  package func rank(of encoding: UInt8) -> LayerRank { LayerSelector.rank(of: encoding, in: order) }

  /// Ends measuring windows that are due; whether any was.
  package mutating func measure(at now: Instant) -> Bool {
    var isMeasured = false
    for index in encodings.indices where encodings[index].measure(at: now) { isMeasured = true }
    return isMeasured
  }

  /// What an encoding sends; nil while it has sent nothing.
  package func status(of encoding: UInt8, at now: Instant) -> EncodingStatus? {
    let state = encodings[Int(encoding)]
    guard let codec = state.codec else { return nil }
    return EncodingStatus(
      rid: state.rid, rank: rank(of: encoding), codec: codec, bitrate: state.bitrate,
      framesPerSecond: state.framesPerSecond, width: state.width, height: state.height,
      isActive: isActive(encoding, at: now), fractionLost: 0)
  }

  /// Whether the track has begun or stopped to send since the last call; nil when neither.
  package mutating func activityChange(at now: Instant) -> Bool? {
    let active = order.contains { isActive($0, at: now) }
    guard active != wasActive else { return nil }
    wasActive = active
    return active
  }

  // MARK: Subscribers

  /// Adds a viewer's stream; it is fed from the next packet on, as its own state allows.
  package mutating func subscribe(_ subscriber: Subscriber) {
    if !subscribers.contains(subscriber) { subscribers.append(subscriber) }
  }

  /// Removes a viewer's stream.
  package mutating func unsubscribe(_ subscriber: Subscriber) {
    if let index = subscribers.firstIndex(of: subscriber) { subscribers.swapRemove(at: index) }
  }
}

extension Array {
  /// Removes one element by putting the last in its place: the order of viewers means nothing.
  fileprivate mutating func swapRemove(at index: Int) {
    swapAt(index, count - 1)
    removeLast()
  }
}
