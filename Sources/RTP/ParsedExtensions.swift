// What one packet's header extensions say, read in one pass: RFC 8285 section 4.

package import Wire

/// The level a publisher measured for one audio packet, RFC 6464.
package struct AudioLevel: Hashable, Sendable {
  /// Whether the encoder believes this is speech.
  package var isVoice: Bool
  /// Decibels below full scale, 0 (loudest)...127 (silence).
  package var level: UInt8
  package init(isVoice: Bool, level: UInt8) {
    self.isVoice = isVoice
    self.level = level
  }
}

/// When a frame was captured, by the capturer's clock (abs-capture-time).
package struct AbsCaptureTime: Hashable, Sendable {
  package var time: NTPTime
  /// Q32.32 seconds from the sender's clock to the capturer's; nil in the short form.
  package var clockOffset: Int64?
  package init(time: NTPTime, clockOffset: Int64? = nil) {
    self.time = time
    self.clockOffset = clockOffset
  }
}

/// The header extensions of one packet. Ranges are byte offsets from the packet's start; nil is absent.
package struct ParsedExtensions: Hashable, Sendable {
  package var mid: Range<Int>?
  package var rid: Range<Int>?
  package var repairedRID: Range<Int>?
  package var audioLevel: AudioLevel?
  /// Seconds modulo 64 in 6.18 fixed point, 24 bits.
  package var absSendTime: UInt32?
  package var transportSequence: UInt16?
  package var absCaptureTime: AbsCaptureTime?
  /// Minimum and maximum delay, 12 bits each, in units of 10 ms.
  package var playoutDelay: UInt32?
  /// Carried through unread.
  package var dependencyDescriptor: Range<Int>?

  /// The extensionProfile of the one-byte form, RFC 8285 section 4.2.
  package static let oneByteProfile: UInt16 = 0xBEDE
  /// The extensionProfile of the two-byte form without its low four "appbits", section 4.3.
  package static let twoByteProfile: UInt16 = 0x1000

  /// Nothing present.
  package init() {}

  /// Reads the extensions of `packet` that `map` has ids for.
  ///
  /// A malformed element, or an unknown form, ends the reading; what came before it stays. An element
  /// of the wrong length for its kind is passed over. Never refuses the packet.
  package init(
    parsing packet: borrowing Span<UInt8>, header: RTPHeader, map: ExtensionMap
  ) {
    if header.extensionBlock.isEmpty { return }
    var elements = HeaderExtensionElements(
      profile: header.extensionProfile, block: header.extensionBlock)
    while let element = elements.next(in: packet) {
      guard let kind = map.kind(of: element.id) else { continue }
      try? read(kind, element.value, packet)
    }
  }

  private mutating func read(
    _ kind: HeaderExtension, _ value: Range<Int>, _ packet: borrowing Span<UInt8>
  ) throws(WireError) {
    let start = value.lowerBound
    let length = value.count
    switch kind {
    case .mid: if length > 0 { mid = value }
    case .rid: if length > 0 { rid = value }
    case .repairedRID: if length > 0 { repairedRID = value }
    case .audioLevel:
      guard length >= 1 else { return }
      let byte = try packet.u8(at: start)
      audioLevel = AudioLevel(isVoice: byte & 0x80 != 0, level: byte & 0x7F)
    case .absSendTime: if length == 3 { absSendTime = try packet.u24(at: start) }
    case .transportSequence: if length >= 2 { transportSequence = try packet.u16(at: start) }
    case .absCaptureTime:
      guard length == 8 || length == 16 else { return }
      let offset = length == 16 ? try Int64(bitPattern: packet.u64(at: start + 8)) : nil
      absCaptureTime = try AbsCaptureTime(
        time: NTPTime(rawValue: packet.u64(at: start)), clockOffset: offset)
    case .playoutDelay: if length == 3 { playoutDelay = try packet.u24(at: start) }
    case .dependencyDescriptor: if length > 0 { dependencyDescriptor = value }
    }
  }
}
