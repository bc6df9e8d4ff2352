// Transport-wide congestion control feedback: draft-holmer-rmcat-transport-wide-cc-extensions-01
// section 3.1, reading.

package import Wire

/// Which packets of a transport arrived, and when, read one packet at a time.
///
///     |                 SSRC of packet sender                         |   0
///     |                 SSRC of media source                          |   4
///     |      base sequence number     |      packet status count      |   8
///     |            reference time (24 bits)           | fb pkt count  |  12
///     |          packet chunks, 2 bytes each, then receive deltas     |  16
package struct TransportFeedback: Hashable, Sendable {
  /// What the message says of one packet.
  package struct Status: Hashable, Sendable {
    /// The packet's transport-wide sequence number.
    package var sequenceNumber: SerialNumber16
    /// When it arrived, in ticks since the receiver's own epoch; nil when it did not.
    package var arrivalTicks: Int64?
  }

  package let sender: SSRC
  package let media: SSRC
  /// The first packet reported on.
  package let baseSequence: SerialNumber16
  /// Packets reported on, 1...`statusesMax`.
  package let statusCount: Int
  /// Multiples of 64 ms since the receiver's epoch; signed 24 bits, wrapping.
  package let referenceTime: Int32
  /// Moves by one, wrapping, with each message.
  package let feedbackCount: UInt8

  private var chunkOffset: Int
  private var deltaOffset: Int
  private var statusesRead = 0
  private var chunk = StatusChunk()
  private var ticks: Int64

  static let format: UInt8 = 15
  /// Ticks per second: receive deltas count in 250 µs.
  package static let ticksPerSecond: Int64 = 4000
  /// Ticks in one unit of the reference time: 64 ms.
  package static let ticksPerReference: Int64 = 256
  /// The most packets one message may report on. A few run-length chunks could claim 65,535 at a cost
  /// far above their 40 bytes; 8192 is over two seconds of the busiest transport we serve.
  package static let statusesMax = 8192

  /// Reads an item of kind `.transportFeedback` and checks all of it; then `next` gives the statuses.
  ///
  /// - Throws: `.truncated` when chunks or deltas go past the end, `.badValue` for no packets or the
  ///   reserved status symbol, `.tooMany` beyond `statusesMax`.
  package init(
    parsing item: RTCPItem, in datagram: borrowing Span<UInt8>
  ) throws(WireError) {
    let body = item.body.lowerBound
    guard item.body.count >= 16 else { throw .truncated }
    sender = try datagram.u32(at: body)
    media = try datagram.u32(at: body + 4)
    baseSequence = try SerialNumber16(datagram.u16(at: body + 8))
    statusCount = try Int(datagram.u16(at: body + 10))
    referenceTime = try Int32(bitPattern: datagram.u24(at: body + 12) << 8) >> 8
    feedbackCount = try datagram.u8(at: body + 15)
    guard statusCount > 0 else { throw .badValue }
    guard statusCount <= TransportFeedback.statusesMax else { throw .tooMany }
    ticks = Int64(referenceTime) * TransportFeedback.ticksPerReference
    chunkOffset = body + 16

    var offset = chunkOffset
    var left = statusCount
    var deltaBytes = 0
    while left > 0 {
      guard offset <= item.body.upperBound - 2 else { throw .truncated }
      var chunk = try StatusChunk(rawValue: datagram.u16(at: offset))
      offset += 2
      while left > 0, let symbol = chunk.next() {
        guard symbol != .reserved else { throw .badValue }
        deltaBytes += symbol.deltaLength
        left -= 1
      }
    }
    guard deltaBytes <= item.body.upperBound - offset else { throw .truncated }
    deltaOffset = offset
  }

  /// The next packet's status, in ascending order; nil after the last.
  package mutating func next(in datagram: borrowing Span<UInt8>) -> Status? {
    guard statusesRead < statusCount, let symbol = nextSymbol(in: datagram) else { return nil }
    let number = baseSequence.advanced(by: statusesRead)
    statusesRead += 1
    switch symbol {
    case .smallDelta: ticks += Int64((try? datagram.u8(at: deltaOffset)) ?? 0)
    case .largeDelta:
      ticks += Int64(Int16(bitPattern: (try? datagram.u16(at: deltaOffset)) ?? 0))
    case .notReceived, .reserved: return Status(sequenceNumber: number, arrivalTicks: nil)
    }
    deltaOffset += symbol.deltaLength
    return Status(sequenceNumber: number, arrivalTicks: ticks)
  }

  private mutating func nextSymbol(in datagram: borrowing Span<UInt8>) -> StatusSymbol? {
    if let symbol = chunk.next() { return symbol }
    guard let raw = try? datagram.u16(at: chunkOffset) else { return nil }
    chunkOffset += 2
    chunk = StatusChunk(rawValue: raw)
    return chunk.next()
  }
}

/// The status of one packet, as its two bits say.
enum StatusSymbol: UInt8 {
  case notReceived = 0
  case smallDelta = 1
  case largeDelta = 2
  case reserved = 3

  /// Bytes of receive delta.
  var deltaLength: Int {
    switch self {
    case .notReceived, .reserved: 0
    case .smallDelta: 1
    case .largeDelta: 2
    }
  }
}

/// One packet chunk, sections 3.1.3 and 3.1.4, stepped through symbol by symbol.
struct StatusChunk: Hashable {
  private enum Form: Hashable { case runLength, oneBit, twoBits }
  private var form = Form.runLength
  private var left = 0
  private var bits: UInt16 = 0

  /// The most symbols one run-length chunk holds: 13 bits.
  static let runLengthMax = 8191
  /// Symbols in a status vector of one bit each.
  static let oneBitCount = 14
  /// Symbols in a status vector of two bits each.
  static let twoBitCount = 7

  /// A chunk without symbols.
  init() {}

  init(rawValue: UInt16) {
    if rawValue & 0x8000 == 0 {
      form = .runLength
      left = Int(rawValue & 0x1FFF)
      bits = (rawValue >> 13) & 0x03
    } else if rawValue & 0x4000 == 0 {
      form = .oneBit
      left = StatusChunk.oneBitCount
      bits = rawValue << 2
    } else {
      form = .twoBits
      left = StatusChunk.twoBitCount
      bits = rawValue << 2
    }
  }

  /// The next symbol; nil after the last.
  mutating func next() -> StatusSymbol? {
    guard left > 0 else { return nil }
    left -= 1
    switch form {
    case .runLength: return StatusSymbol(rawValue: UInt8(bits))
    case .oneBit:
      defer { bits <<= 1 }
      return bits & 0x8000 != 0 ? .smallDelta : .notReceived
    case .twoBits:
      defer { bits <<= 2 }
      return StatusSymbol(rawValue: UInt8(bits >> 14))
    }
  }
}
