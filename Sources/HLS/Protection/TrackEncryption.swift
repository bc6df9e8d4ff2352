// How a track's samples are encrypted, as its sample entry says it: ISO/IEC 23001-7 sections 8.2 and 10.4 (`cbcs`).

package import Wire

/// `sinf`: the scheme `cbcs`, with one key and one constant vector for the whole track.
package struct TrackEncryption: Hashable, Sendable {
  /// KID: 16 bytes.
  package let keyID: [UInt8]
  /// Every chain of blocks begins with it: 16 bytes.
  package let vector: [UInt8]
  /// Of the protected bytes of a picture one block in ten is encrypted; of sound, every whole block.
  package let hasPattern: Bool

  /// - Throws: `.badLength` for an identifier or vector that has not 16 bytes.
  package init(keyID: [UInt8], vector: [UInt8], hasPattern: Bool) throws(WireError) {
    guard keyID.count == TrackEncryption.byteCount, vector.count == TrackEncryption.byteCount else {
      throw .badLength
    }
    self.keyID = keyID
    self.vector = vector
    self.hasPattern = hasPattern
  }

  /// The bytes of a key, its identifier, a vector and a block.
  package static let byteCount = 16
  /// Blocks that are encrypted, and blocks that are not, in turn: what CMAF demands of pictures (23000-19
  /// section 8.2.3.1), and hardware decoders expect.
  package static let pattern = (encrypted: 1, clear: 9)

  private static let scheme: BoxType = "cbcs"
  private static let patternByte = UInt8(pattern.encrypted << 4 | pattern.clear)

  /// Writes the `sinf` box of an entry that was `original` before.
  func write(original: BoxType, to writer: inout BoxWriter) {
    writer.box("sinf") {
      $0.box("frma") { $0.append(original) }
      $0.fullBox("schm") {
        $0.append(TrackEncryption.scheme)
        $0.append(u32: 0x0001_0000)
      }
      $0.box("schi") {
        // Only version 1 has a pattern.
        $0.fullBox("tenc", version: hasPattern ? 1 : 0) {
          $0.append(u8: 0)
          $0.append(u8: hasPattern ? TrackEncryption.patternByte : 0)
          // Protected; no vector of its own for any sample.
          $0.append(u8: 1)
          $0.append(u8: 0)
          $0.append(keyID)
          $0.append(u8: UInt8(TrackEncryption.byteCount))
          $0.append(vector)
        }
      }
    }
  }

  /// Reads a `sinf` box of an entry that was `original` before.
  ///
  /// - Throws: `.badValue` for another scheme, another original or fields that are not ours, `.missing`.
  init(
    parsing sinf: Box, original: BoxType, in bytes: borrowing Span<UInt8>
  ) throws(WireError) {
    var inner = BoxReader(sinf.content)
    let frma = try inner.first("frma", in: bytes)
    var format = ByteReader(bytes.extracting(frma.content))
    guard try format.u32() == original.rawValue else { throw .badValue }
    let schm = try inner.first("schm", in: bytes)
    var scheme = ByteReader(bytes.extracting(schm.content))
    try scheme.skip(4)
    guard try scheme.u32() == TrackEncryption.scheme.rawValue else { throw .badValue }
    let schi = try inner.first("schi", in: bytes)
    var information = BoxReader(schi.content)
    let tenc = try information.first("tenc", in: bytes)
    var reader = ByteReader(bytes.extracting(tenc.content))
    let version = try reader.u32() >> 24
    try reader.skip(1)
    let pattern = try reader.u8()
    guard version == 1 ? pattern == TrackEncryption.patternByte : version == 0 && pattern == 0
    else { throw .badValue }
    guard try reader.u16() == 0x0100 else { throw .badValue }
    let keyID = try reader.take(TrackEncryption.byteCount).toArray()
    guard try reader.u8() == UInt8(TrackEncryption.byteCount) else { throw .badValue }
    let vector = try reader.take(TrackEncryption.byteCount).toArray()
    try self.init(keyID: keyID, vector: vector, hasPattern: version == 1)
  }
}
