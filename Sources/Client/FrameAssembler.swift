// Which VP8 frames of one received stream are whole and in order, as a decoder would get them (RFC 7741).

package import RTP
package import Wire

/// A frame whose packets have all come, after all frames it may depend on.
package struct CompletedFrame: Hashable, Sendable {
  package var timestamp: RTPTimestamp
  /// When it became whole and every frame before it had been given out.
  package var completedAt: Instant
  package var isKeyframe: Bool
  /// Pixels; 0 unless it is a keyframe.
  package var width: Int
  package var height: Int
  /// Packets it was made of.
  package var packetCount: Int
}

/// Puts packets into frames without keeping their bytes: a ring of what each descriptor says.
///
/// Frames come out in the order of sequence numbers. A gap is waited for; a complete keyframe behind it
/// ends the wait after `keyframeWait`, time itself after `gapWait`: then frames are broken until the
/// next keyframe.
package struct FrameAssembler: Sendable {
  /// What the assembler must know of one packet.
  package struct Packet: Sendable {
    /// Extended.
    package var sequence: Int64
    package var timestamp: RTPTimestamp
    package var marker: Bool
    /// nil for padding only: it belongs to no frame.
    package var descriptor: VP8PayloadDescriptor?
    package init(
      sequence: Int64, timestamp: RTPTimestamp, marker: Bool, descriptor: VP8PayloadDescriptor?
    ) {
      self.sequence = sequence
      self.timestamp = timestamp
      self.marker = marker
      self.descriptor = descriptor
    }
  }

  private struct Slot {
    var sequence = Int64.min
    var timestamp: UInt32 = 0
    var pictureID: Int32 = -1
    var width: UInt16 = 0
    var height: UInt16 = 0
    var tl0: Int16 = -1
    var temporalID: UInt8 = 0
    var isPadding = false
    var startsFrame = false
    var isKeyframe = false
    var isLongPictureID = false
    var marker = false
  }

  private var slots: [Slot]
  /// The first packet not given out; nil until a keyframe began.
  private var next: Int64?
  /// The next to look at: all from `next` up to here are there and of one frame.
  private var cursor: Int64 = 0
  private var newest = Int64.min
  private var newestKeyframe = Int64.min
  private var blockedSince: Instant?
  private var waitingSince: Instant?
  private var lastPicture: Int32 = -1
  private var lastTL0: Int16 = -1

  /// Frames given out and not taken yet, oldest first; beyond `completedMax` they are only counted.
  package private(set) var completed: [CompletedFrame] = []
  /// Whether completed frames are kept for `completed`; else they are only counted.
  package var keepsFrames = false
  package private(set) var framesComplete: UInt64 = 0
  package private(set) var keyframes: UInt64 = 0
  /// Frames given up because of a gap: by picture ids where there are any.
  package private(set) var framesBroken: UInt64 = 0
  /// Frames whose picture id or TL0PICIDX does not follow from the frame before: a sender's fault.
  package private(set) var discontinuities: UInt64 = 0
  /// The longest time between two completed frames.
  package private(set) var longestGap = TimeSpan.zero
  package private(set) var lastCompletedAt: Instant?
  /// Pixels of the last keyframe.
  package private(set) var width = 0
  package private(set) var height = 0

  /// Packets remembered: over three seconds of the largest layer.
  static let capacity = 1024
  /// Completed frames kept for a caller: over four seconds at 60 per second.
  static let completedMax = 256
  /// How long a complete keyframe waits for what is missing before it.
  static let keyframeWait = TimeSpan.milliseconds(100)
  /// After this a missing packet is not waited for any more: no viewer would.
  static let gapWait = TimeSpan.seconds(1)
  /// How long a stream may go without a keyframe at its beginning before one is asked for.
  static let firstKeyframeWait = TimeSpan.milliseconds(500)

  /// An assembler that waits for a keyframe.
  package init() { slots = [Slot](repeating: Slot(), count: FrameAssembler.capacity) }

  /// Forgets the completed frames.
  package mutating func removeCompleted() { completed.removeAll(keepingCapacity: true) }

  /// Whether frames can't be decoded until a keyframe comes; true from `firstKeyframeWait` on also at
  /// the beginning.
  package func needsKeyframe(at now: Instant) -> Bool {
    guard next == nil, let waitingSince else { return false }
    return framesComplete > 0 || now - waitingSince >= FrameAssembler.firstKeyframeWait
  }

  private func index(_ sequence: Int64) -> Int {
    Int(truncatingIfNeeded: sequence) & (FrameAssembler.capacity - 1)
  }

  // MARK: Packets

  /// Takes one packet, in any order.
  package mutating func receive(_ packet: Packet, at now: Instant) {
    if waitingSince == nil { waitingSince = now }
    if let next, packet.sequence < next { return }
    guard newest == .min || packet.sequence > newest - Int64(FrameAssembler.capacity) else {
      return
    }
    newest = max(newest, packet.sequence)
    if let next, newest - next >= Int64(FrameAssembler.capacity) { giveUp(at: now) }
    slots[index(packet.sequence)] = slot(packet)
    if let descriptor = packet.descriptor, descriptor.isKeyframe {
      newestKeyframe = max(newestKeyframe, packet.sequence)
      if next == nil { begin(at: packet.sequence) }
    }
    advance(at: now)
  }

  private func slot(_ packet: Packet) -> Slot {
    var slot = Slot()
    slot.sequence = packet.sequence
    slot.timestamp = packet.timestamp.rawValue
    slot.marker = packet.marker
    guard let descriptor = packet.descriptor else {
      slot.isPadding = true
      return slot
    }
    slot.startsFrame = descriptor.startsFrame
    slot.isKeyframe = descriptor.isKeyframe
    slot.width = UInt16(clamping: descriptor.width)
    slot.height = UInt16(clamping: descriptor.height)
    slot.temporalID = descriptor.temporalID ?? 0
    slot.isLongPictureID = descriptor.pictureID?.isLong ?? false
    slot.pictureID = descriptor.pictureID.map { Int32($0.value) } ?? -1
    slot.tl0 = descriptor.tl0PicIdx.map { Int16($0.value) } ?? -1
    return slot
  }

  private mutating func begin(at sequence: Int64) {
    next = sequence
    cursor = sequence
    blockedSince = nil
    waitingSince = nil
  }

  // MARK: Progress

  /// Gives out what is whole, and gives up what was waited for long enough.
  package mutating func advance(at now: Instant) {
    while let first = next {
      let slot = slots[index(cursor)]
      guard slot.sequence == cursor else {
        if cursor > newest {
          blockedSince = nil
          return
        }
        guard stopWaiting(at: now) else { return }
        continue
      }
      if slot.isPadding && cursor == first {
        next = first + 1
        cursor += 1
        blockedSince = nil
        continue
      }
      if cursor == first && !slot.startsFrame {
        // The frame before was without its marker, or the sender left out a beginning.
        discontinuities += 1
        giveUp(at: now)
        continue
      }
      cursor += 1
      if slot.marker { finishFrame(from: first, at: now) }
    }
  }

  /// Decides on a gap at the cursor; whether to look again.
  private mutating func stopWaiting(at now: Instant) -> Bool {
    guard let blockedSince else {
      self.blockedSince = now
      return false
    }
    let waited = now - blockedSince
    if waited >= FrameAssembler.gapWait {
      giveUp(at: now)
      return true
    }
    guard waited >= FrameAssembler.keyframeWait, let next, newestKeyframe > next,
      isWhole(from: newestKeyframe)
    else { return false }
    begin(at: newestKeyframe)
    return true
  }

  private func isWhole(from sequence: Int64) -> Bool {
    var position = sequence
    while position <= newest {
      let slot = slots[index(position)]
      guard slot.sequence == position else { return false }
      if slot.marker { return true }
      position += 1
    }
    return false
  }

  /// What was waited for will not come: on to the next keyframe, one that is there if any.
  private mutating func giveUp(at now: Instant) {
    guard let next else { return }
    blockedSince = nil
    if newestKeyframe > next, newest - newestKeyframe < Int64(FrameAssembler.capacity) {
      begin(at: newestKeyframe)
    } else {
      self.next = nil
      waitingSince = now
    }
  }

  private mutating func finishFrame(from first: Int64, at now: Instant) {
    let slot = slots[index(first)]
    note(slot)
    framesComplete += 1
    if slot.isKeyframe {
      keyframes += 1
      width = Int(slot.width)
      height = Int(slot.height)
    }
    if let lastCompletedAt { longestGap = max(longestGap, now - lastCompletedAt) }
    lastCompletedAt = now
    blockedSince = nil
    if keepsFrames, completed.count < FrameAssembler.completedMax {
      completed.append(
        CompletedFrame(
          timestamp: RTPTimestamp(slot.timestamp), completedAt: now, isKeyframe: slot.isKeyframe,
          width: Int(slot.width), height: Int(slot.height), packetCount: Int(cursor - first)))
    }
    next = cursor
  }

  /// Checks that the frame follows the last one: after a gap that was given up, ids tell how many
  /// frames are gone; otherwise they must go on by one.
  private mutating func note(_ slot: Slot) {
    defer {
      lastPicture = slot.pictureID
      lastTL0 = slot.tl0
    }
    guard framesComplete > 0, lastPicture >= 0, slot.pictureID >= 0 else { return }
    let modulus: Int32 = slot.isLongPictureID ? 0x8000 : 0x80
    let step = ((slot.pictureID - lastPicture) % modulus + modulus) % modulus
    if step != 1 {
      // Beyond half the range it goes backwards: not frames lost but numbers broken.
      if step == 0 || step > modulus / 2 || !slot.isKeyframe { discontinuities += 1 }
      if step > 1, step <= modulus / 2 { framesBroken += UInt64(step - 1) }
      return
    }
    guard lastTL0 >= 0, slot.tl0 >= 0 else { return }
    let expected = slot.temporalID == 0 ? (lastTL0 + 1) & 0xFF : lastTL0
    if slot.tl0 != expected { discontinuities += 1 }
  }
}
