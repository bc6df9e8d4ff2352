// Writes a viewer's copy of a packet: fresh header, own extensions, patched VP8 descriptor.

package import RTP
package import Wire

/// What a section's packets say in header extensions, besides what the packet itself carries.
package struct StreamExtensions: Sendable {
  package var ids: ExtensionMap
  /// The section's MID, 1...16 bytes.
  package var mid: [UInt8]
  package init(ids: ExtensionMap, mid: [UInt8]) {
    self.ids = ids
    self.mid = mid
  }
}

/// Builds outgoing RTP packets in place. No state, no allocation.
package enum PacketWriter {
  /// Writes one packet at the start of `packet`.
  ///
  /// - Parameters:
  ///   - stored: the cached bytes: dependency descriptor, then payload, as `info` says.
  /// - Returns: the lengths of the header and of the whole packet.
  /// - Throws: `.noSpace` when it does not fit.
  package static func write(
    _ patch: HeaderPatch, _ info: PacketInfo, stored: borrowing Span<UInt8>,
    extensions: StreamExtensions, to packet: inout MutableSpan<UInt8>
  ) throws(WireError) -> (headerLength: Int, length: Int) {
    var block = HeaderExtensionWriter(at: RTPHeader.fixedLength)
    try append(patch, info, stored, extensions, &block, &packet)
    let hasExtension = !block.isEmpty
    let headerLength = try block.finish(&packet)
    let fields = RTPHeader.Fields(
      marker: patch.marker, payloadType: patch.payloadType,
      sequenceNumber: SerialNumber16(UInt16(truncatingIfNeeded: patch.sequence)),
      timestamp: RTPTimestamp(patch.timestamp), ssrc: patch.ssrc)
    try fields.write(hasExtension: hasExtension, to: &packet)
    if patch.isEmpty { return try (headerLength, writePadding(&packet, at: headerLength)) }
    let end = try writePayload(patch, info, stored, to: &packet, at: headerLength)
    return (headerLength, end)
  }

  @_lifetime(packet: copy packet)
  private static func append(
    _ patch: HeaderPatch, _ info: PacketInfo, _ stored: borrowing Span<UInt8>,
    _ extensions: StreamExtensions, _ block: inout HeaderExtensionWriter,
    _ packet: inout MutableSpan<UInt8>
  ) throws(WireError) {
    let ids = extensions.ids
    try block.append(
      id: ids[.transportSequence], UInt64(patch.transportSequence), length: 2, to: &packet)
    try block.append(id: ids[.absSendTime], UInt64(patch.sendTime), length: 3, to: &packet)
    if patch.includesMID {
      try block.append(id: ids[.mid], extensions.mid.span, to: &packet)
    }
    if info.audioLevel >= 0 {
      try block.append(id: ids[.audioLevel], UInt64(info.audioLevel), length: 1, to: &packet)
    }
    if info.playoutDelay >= 0 {
      try block.append(id: ids[.playoutDelay], UInt64(info.playoutDelay), length: 3, to: &packet)
    }
    if info.absCaptureTime != 0 {
      try block.append(id: ids[.absCaptureTime], info.absCaptureTime, length: 8, to: &packet)
    }
    if info.descriptorLength > 0, let descriptor = stored.slice(0..<Int(info.descriptorLength)) {
      try block.append(id: ids[.dependencyDescriptor], descriptor, to: &packet)
    }
  }

  /// One byte of padding and no payload: receivers count it and decode nothing (RFC 3550 section 5.1).
  @_lifetime(packet: copy packet)
  private static func writePadding(_ packet: inout MutableSpan<UInt8>, at offset: Int)
    throws(WireError) -> Int
  {
    guard offset < packet.count else { throw .noSpace }
    packet[0] |= 0x20
    packet[offset] = 1
    return offset + 1
  }

  @_lifetime(packet: copy packet)
  private static func writePayload(
    _ patch: HeaderPatch, _ info: PacketInfo, _ stored: borrowing Span<UInt8>,
    to packet: inout MutableSpan<UInt8>, at start: Int
  ) throws(WireError) -> Int {
    var offset = start
    if let original = patch.originalSequence {
      guard offset + 2 <= packet.count else { throw .noSpace }
      packet.store(u16: original, at: offset)
      offset += 2
    }
    let first = Int(info.descriptorLength)
    guard let payload = stored.slice(first..<(first + Int(info.payloadLength))),
      packet.copy(payload, at: offset)
    else { throw .noSpace }
    patchVP8(patch, info, &packet, at: offset)
    return offset + payload.count
  }

  /// Puts the viewer's picture id and TL0PICIDX in place; the field widths stay (RFC 7741 section 4.2).
  ///
  /// Byte 0 has the X bit, byte 1 the I and L bits, the picture id follows at byte 2. Ingress has
  /// parsed the descriptor, so the fields are inside the payload.
  @_lifetime(packet: copy packet)
  private static func patchVP8(
    _ patch: HeaderPatch, _ info: PacketInfo, _ packet: inout MutableSpan<UInt8>, at payload: Int
  ) {
    guard info.codec == .vp8 else { return }
    let width = Int(info.pictureIDBytes)
    guard payload + 2 + width < packet.count else { return }
    if width == 1 { packet[payload + 2] = UInt8(patch.pictureID & 0x7F) }
    if width == 2 { packet.store(u16: patch.pictureID & 0x7FFF | 0x8000, at: payload + 2) }
    if info.tl0PicIdx >= 0 { packet[payload + 2 + width] = patch.tl0PicIdx }
  }
}
