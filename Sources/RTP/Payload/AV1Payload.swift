// The AV1 aggregation header and the size in a sequence header: AV1 RTP specification section 4.4.

package import Wire

/// What one AV1 packet's aggregation header says.
///
///     |Z|Y| W |N|-|-|-|
package struct AV1Payload: Hashable, Sendable {
  /// Z: the first OBU element continues one of the packet before.
  package var continuesElement: Bool
  /// Y: the last OBU element goes on in the next packet.
  package var endsInsideElement: Bool
  /// W: OBU elements in the packet, 1...3; 0 when each has its length in front.
  package var elementCount: UInt8
  /// N: the first packet of a coded video sequence, hence of a keyframe.
  package var startsSequence: Bool
  /// Pixels, from the sequence header; 0 without one or when it is beyond reading.
  package var width = 0
  /// Pixels, from the sequence header; 0 without one or when it is beyond reading.
  package var height = 0

  /// Reads one packet's payload.
  ///
  /// - Throws: `.truncated` when nothing follows the aggregation header, `.badValue` when N and Z are
  ///   both set.
  package init(parsing payload: borrowing Span<UInt8>) throws(WireError) {
    let first = try payload.u8(at: 0)
    continuesElement = first & 0x80 != 0
    endsInsideElement = first & 0x40 != 0
    elementCount = (first >> 4) & 0x03
    startsSequence = first & 0x08 != 0
    guard payload.count > 1 else { throw .truncated }
    guard !(startsSequence && continuesElement) else { throw .badValue }
    if startsSequence, let size = try? AV1SequenceHeader(firstElementOf: payload, self) {
      width = size.width
      height = size.height
    }
  }

  /// The payload as every codec's forwarding sees it. `startsFrame` only says that an OBU begins
  /// here; the RTP timestamp, or the dependency descriptor, says which one is a frame's first.
  package var marks: FrameMarks {
    var marks = FrameMarks()
    marks.startsFrame = !continuesElement
    marks.isKeyframe = startsSequence
    marks.isSwitchingPoint = startsSequence
    marks.width = width
    marks.height = height
    return marks
  }
}
