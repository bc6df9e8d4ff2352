// Transport-wide congestion control feedback, writing.

package import Wire

extension TransportFeedback {
  /// Stands for a packet that did not arrive in the arrivals given to `write`.
  package static let notReceived = Int64.min

  /// Who reports on whom, in which message.
  package struct Origin: Hashable, Sendable {
    package var sender: SSRC
    package var media: SSRC
    package var feedbackCount: UInt8
    package init(sender: SSRC, media: SSRC, feedbackCount: UInt8) {
      self.sender = sender
      self.media = media
      self.feedbackCount = feedbackCount
    }
  }

  private static let fixedLength = 16

  /// Appends one message on the packets from `base` on.
  ///
  /// - Parameter arrivals: for each packet in a row its arrival in ticks (of 250 µs, any origin not
  ///   below 0), or `notReceived`. At least one must have arrived.
  /// - Returns: how many of `arrivals` the message covers, at least 1: fewer than all when the buffer
  ///   is full, a delta exceeds 16 bits (8.19 s), or `statusesMax` is reached. The caller goes on with
  ///   the rest in the next message.
  /// - Throws: `.missing` when nothing arrived, `.noSpace` when not even the first arrival fits; then
  ///   nothing was written.
  package static func write(
    _ origin: Origin, base: SerialNumber16, arrivals: borrowing Span<Int64>,
    to buffer: inout WireBuffer
  ) throws(WireError) -> Int {
    guard let first = firstArrival(arrivals) else { throw .missing }
    // Floored, so that the first delta is never negative.
    let reference = first >> 8
    let start = reference * ticksPerReference
    let room = buffer.capacity - buffer.count - RTCPCompound.headerLength - fixedLength
    let plan = ChunkPlan(arrivals, start: start, bytesMax: room)
    guard plan.covered > 0 else { throw .noSpace }

    let length = plan.chunkBytes + plan.deltaBytes
    let padding = (4 - length % 4) % 4
    try buffer.appendRTCPHeader(
      packetType: RTCPKind.PacketType.transportLayerFeedback, count: format,
      bodyLength: fixedLength + length + padding)
    try buffer.append(u32: origin.sender)
    try buffer.append(u32: origin.media)
    try buffer.append(u16: base.rawValue)
    try buffer.append(u16: UInt16(plan.covered))
    try buffer.append(u24: UInt32(truncatingIfNeeded: reference))
    try buffer.append(u8: origin.feedbackCount)
    try plan.writeChunks(arrivals, to: &buffer)
    try plan.writeDeltas(arrivals, to: &buffer)
    // Plain zeros rather than RTCP padding: readers stop after the last delta.
    try buffer.append(zeros: padding)
    return plan.covered
  }

  private static func firstArrival(_ arrivals: borrowing Span<Int64>) -> Int64? {
    for index in 0..<arrivals.count where arrivals[index] != notReceived {
      return arrivals[index] >= 0 ? arrivals[index] : nil
    }
    return nil
  }
}

/// Which chunks a message will have: found in a first pass, so that the deltas behind them can be
/// written without knowing their place beforehand.
private struct ChunkPlan {
  let start: Int64
  /// Statuses in the message.
  let covered: Int
  private(set) var chunkBytes = 0
  private(set) var deltaBytes = 0

  init(_ arrivals: borrowing Span<Int64>, start: Int64, bytesMax: Int) {
    self.start = start
    covered = ChunkPlan.fitting(arrivals, start: start, bytesMax: bytesMax)
    var cursor = SymbolCursor(ticks: start)
    while cursor.index < covered {
      let (_, symbols) = ChunkPlan.chunk(arrivals, at: cursor, count: covered)
      for _ in 0..<symbols { deltaBytes += cursor.next(arrivals).deltaLength }
      chunkBytes += 2
    }
  }

  func writeChunks(
    _ arrivals: borrowing Span<Int64>, to buffer: inout WireBuffer
  ) throws(WireError) {
    var cursor = SymbolCursor(ticks: start)
    while cursor.index < covered {
      let (raw, symbols) = ChunkPlan.chunk(arrivals, at: cursor, count: covered)
      try buffer.append(u16: raw)
      for _ in 0..<symbols { _ = cursor.next(arrivals) }
    }
  }

  func writeDeltas(
    _ arrivals: borrowing Span<Int64>, to buffer: inout WireBuffer
  ) throws(WireError) {
    var cursor = SymbolCursor(ticks: start)
    while cursor.index < covered {
      let before = cursor.ticks
      switch cursor.next(arrivals) {
      case .smallDelta: try buffer.append(u8: UInt8(truncatingIfNeeded: cursor.ticks - before))
      case .largeDelta: try buffer.append(u16: UInt16(truncatingIfNeeded: cursor.ticks - before))
      case .notReceived, .reserved: break
      }
    }
  }

  /// How many statuses from the first on have deltas of 16 bits or less and surely fit `bytesMax`.
  ///
  /// A chunk covers at least seven statuses, or all that are left: that bounds the chunks' bytes.
  private static func fitting(
    _ arrivals: borrowing Span<Int64>, start: Int64, bytesMax: Int
  ) -> Int {
    let count = min(arrivals.count, TransportFeedback.statusesMax)
    var cursor = SymbolCursor(ticks: start)
    var deltaBytes = 0
    for index in 0..<count {
      let before = cursor.ticks
      deltaBytes += cursor.next(arrivals).deltaLength
      guard Int16(exactly: cursor.ticks &- before) != nil else { return index }
      // 3: the zeros that may follow.
      let chunkBytes = 2 * (index / StatusChunk.twoBitCount + 1)
      guard chunkBytes + deltaBytes + 3 <= bytesMax else { return index }
    }
    return count
  }

  /// The chunk for the statuses at `cursor`, and how many it takes.
  private static func chunk(
    _ arrivals: borrowing Span<Int64>, at cursor: SymbolCursor, count: Int
  ) -> (raw: UInt16, symbols: Int) {
    let left = count - cursor.index
    var probe = cursor
    let first = probe.next(arrivals)
    let most = min(left, StatusChunk.runLengthMax)
    var run = 1
    while run < most, probe.next(arrivals) == first { run += 1 }
    // A run pays off as soon as it covers what a vector would.
    let vectorCount = first == .largeDelta ? StatusChunk.twoBitCount : StatusChunk.oneBitCount
    if run == left || run >= vectorCount {
      return (UInt16(first.rawValue) << 13 | UInt16(run), run)
    }
    return vector(arrivals, at: cursor, left: left)
  }

  private static func vector(
    _ arrivals: borrowing Span<Int64>, at cursor: SymbolCursor, left: Int
  ) -> (raw: UInt16, symbols: Int) {
    var probe = cursor
    var oneBit: UInt16 = 0x8000
    var twoBits: UInt16 = 0xC000
    var hasLarge = false
    for index in 0..<min(left, StatusChunk.oneBitCount) {
      let symbol = probe.next(arrivals)
      if symbol == .largeDelta { hasLarge = true }
      if symbol == .smallDelta { oneBit |= 1 << UInt16(13 - index) }
      if index < StatusChunk.twoBitCount {
        twoBits |= UInt16(symbol.rawValue) << UInt16(12 - 2 * index)
      }
    }
    return hasLarge
      ? (twoBits, min(left, StatusChunk.twoBitCount)) : (oneBit, min(left, StatusChunk.oneBitCount))
  }
}

/// Walks the arrivals and gives each one's symbol, which depends on the arrival before it.
private struct SymbolCursor {
  private(set) var index = 0
  private(set) var ticks: Int64

  init(ticks: Int64) { self.ticks = ticks }

  mutating func next(_ arrivals: borrowing Span<Int64>) -> StatusSymbol {
    guard index < arrivals.count else { return .notReceived }
    let arrival = arrivals[index]
    index += 1
    if arrival == TransportFeedback.notReceived { return .notReceived }
    let delta = arrival &- ticks
    ticks = arrival
    return (0...255).contains(delta) ? .smallDelta : .largeDelta
  }
}
