// Packets in any order to whole frames in order: what every depacketizer has in common.
import Wire

/// What became of a received packet.
package enum PacketReception: Hashable, Sendable {
  case stored
  /// It was here already.
  case duplicate
  /// Its frame was delivered or given up before.
  case late
}

/// A bounded window of packets, waiting to become frames in order.
///
/// Frames are delivered in order of sequence numbers. A hole is waited for until `waitPackets`
/// newer packets have come; then everything up to the next start of a frame is given up.
struct FrameAssembler: Sendable {
  struct Slot: Sendable {
    /// The extended sequence number; -1 in an empty slot.
    var sequence: Int64 = -1
    var timestamp = RTPTimestamp(0)
    var marker = false
    /// The payload begins a frame.
    var startsFrame = false
    /// The payload shows that its frame is a keyframe.
    var isKeyframe = false
    /// How the frame depends on others, as far as VP8's descriptor says.
    var reference = VP8Reference()
    /// Bytes of the payload.
    var length = 0
    /// Padding only: fills its place in the order and belongs to no frame.
    var isFiller: Bool { length == 0 }
  }

  /// What comes next in order.
  enum Step: Hashable {
    /// A whole frame: the sequence numbers from its first packet to its last.
    case frame(ClosedRange<Int64>)
    /// Given up: this many packets were never received.
    case gap(missing: Int)
    case nothing
  }

  /// Packets in the window: two seconds at 2.5 Mbit/s. A power of two.
  static let packetsMax = 512
  /// The longest payload kept: one Ethernet payload.
  static let payloadBytesMax = DatagramBatch.datagramBytesMax

  private var slots = [Slot](repeating: Slot(), count: packetsMax)
  private var bodies: [UInt8]
  private var extender = SerialNumberExtender()
  private let waitPackets: Int64
  /// The oldest packet not yet delivered or given up; nil before the first packet.
  private var next: Int64?
  private var highest: Int64 = 0
  /// Packets never received of those passed over when one came from far ahead; nil when none were
  /// passed over. The next `advance` reports them.
  private var passedOver: Int?
  /// Packets received of frames whose start was not.
  private(set) var orphanCount = 0
  /// Frames in a row without a marker at their end.
  private var unmarkedCount = 0
  /// After so many the sender sets none: a new timestamp ends a frame.
  static let unmarkedMax = 8

  /// - Parameter waitPackets: 0..<`packetsMax`; newer packets to see before a hole is given up.
  init(waitPackets: Int) {
    self.waitPackets = Int64(min(max(waitPackets, 0), FrameAssembler.packetsMax - 1))
    let size = FrameAssembler.packetsMax * FrameAssembler.payloadBytesMax
    bodies = [UInt8](repeating: 0, count: size)
  }

  /// Takes one packet; `body` is its payload. The packet's `sequence` and `length` are set here.
  ///
  /// - Throws: `.badLength` for a body longer than `payloadBytesMax`.
  mutating func insert(
    _ number: SerialNumber16, _ packet: Slot, body: borrowing Span<UInt8>
  ) throws(WireError) -> PacketReception {
    guard body.count <= FrameAssembler.payloadBytesMax else { throw .badLength }
    let sequence = extender.extend(number)
    if next == nil {
      next = sequence
      highest = sequence
    }
    let oldest = next ?? sequence
    guard sequence >= oldest else { return .late }
    if sequence - oldest >= Int64(FrameAssembler.packetsMax) { makeRoom(for: sequence) }
    let index = FrameAssembler.index(sequence)
    guard slots[index].sequence != sequence else { return .duplicate }
    slots[index] = packet
    slots[index].sequence = sequence
    slots[index].length = body.count
    let start = index * FrameAssembler.payloadBytesMax
    for offset in 0..<body.count { bodies[start + offset] = body[offset] }
    highest = max(highest, sequence)
    return .stored
  }

  /// The next frame or gap. The packets of a frame stay readable until the next `insert`.
  mutating func advance() -> Step {
    if let missing = passedOver {
      passedOver = nil
      return .gap(missing: missing)
    }
    skipFillers()
    guard let first = next, first <= highest else { return .nothing }
    switch frame(from: first) {
    case .complete(let last):
      next = last + 1
      unmarkedCount = 0
      return .frame(first...last)
    case .unmarked(let last):
      next = last + 1
      unmarkedCount = min(unmarkedCount + 1, FrameAssembler.unmarkedMax + 1)
      return unmarkedCount > FrameAssembler.unmarkedMax ? .frame(first...last) : .gap(missing: 1)
    case .missing(let hole): return highest - hole >= waitPackets ? giveUp() : .nothing
    }
  }

  /// Gives up the frame that is being waited for.
  private mutating func giveUp() -> Step {
    guard let first = next, first <= highest else { return .nothing }
    var sequence = first
    var missing = 0
    repeat {
      if !isPresent(sequence) { missing += 1 }
      sequence += 1
    } while sequence <= highest && !(isPresent(sequence) && slot(sequence).startsFrame)
    next = sequence
    return .gap(missing: missing)
  }

  /// The packet with this extended sequence number, which must be in the window.
  func slot(_ sequence: Int64) -> Slot { slots[FrameAssembler.index(sequence)] }

  /// That packet's payload.
  @_lifetime(borrow self)
  func body(_ sequence: Int64) -> Span<UInt8> {
    let index = FrameAssembler.index(sequence)
    let start = index * FrameAssembler.payloadBytesMax
    return bodies.span.extracting(start..<(start + slots[index].length))
  }

  // MARK: Within the window

  private static func index(_ sequence: Int64) -> Int {
    Int(truncatingIfNeeded: sequence) & (packetsMax - 1)
  }

  private func isPresent(_ sequence: Int64) -> Bool { slot(sequence).sequence == sequence }

  /// A packet far ahead: the sender jumped or the network was gone; what was waited for is lost.
  private mutating func makeRoom(for sequence: Int64) {
    guard let oldest = next else { return }
    let newOldest = sequence - waitPackets
    var missing = Int(newOldest - oldest)
    // What was received is within the window; beyond it nothing was.
    for passed in oldest..<min(newOldest, oldest + Int64(FrameAssembler.packetsMax))
    where isPresent(passed) {
      missing -= 1
    }
    passedOver = (passedOver ?? 0) + missing
    next = newOldest
  }

  /// Passes over padding at the head, and over the rest of frames whose start was given up.
  private mutating func skipFillers() {
    while let first = next, first <= highest, isPresent(first) {
      let slot = slot(first)
      guard slot.isFiller || !slot.startsFrame else { return }
      if !slot.isFiller { orphanCount += 1 }
      next = first + 1
    }
  }

  private enum Progress {
    case complete(last: Int64)
    /// A new timestamp follows though no marker came: its end was lost where numbers were made anew (a
    /// switch in an SFU), unless the sender sets no markers.
    case unmarked(last: Int64)
    /// The first packet that is not there; past `highest` when the frame is just not over.
    case missing(Int64)
  }

  /// How far the frame that begins at `first` has come.
  private func frame(from first: Int64) -> Progress {
    guard isPresent(first) else { return .missing(first) }
    let timestamp = slot(first).timestamp
    var sequence = first
    while sequence <= highest, isPresent(sequence) {
      let slot = slot(sequence)
      if !slot.isFiller, slot.timestamp != timestamp { return .unmarked(last: sequence - 1) }
      if slot.marker, !slot.isFiller { return .complete(last: sequence) }
      sequence += 1
    }
    return .missing(sequence)
  }
}
