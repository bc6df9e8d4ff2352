// Events inside the media: `emsg` version 1 (ISO/IEC 23009-1 section 5.10.3.3).

package import Wire

/// Something that happens at an instant of the track's timeline.
package struct EventMessage: Hashable, Sendable {
  /// Who defines `value` and `message`.
  package var scheme: String
  package var value: String
  /// Ticks of the track.
  package var time: UInt64
  /// Ticks; 0xFFFFFFFF when it is not known.
  package var duration: UInt32
  /// Repeated messages have the same.
  package var id: UInt32
  package var message: [UInt8]

  package init(
    scheme: String, value: String, time: UInt64, duration: UInt32 = .max, id: UInt32,
    message: [UInt8]
  ) {
    self.scheme = scheme
    self.value = value
    self.time = time
    self.duration = duration
    self.id = id
    self.message = message
  }

  /// Writes the box.
  package func write(timescale: Int64, to writer: inout BoxWriter) {
    writer.fullBox("emsg", version: 1) {
      $0.append(u32: UInt32(truncatingIfNeeded: timescale))
      $0.append(u64: time)
      $0.append(u32: duration)
      $0.append(u32: id)
      $0.append(terminated: scheme)
      $0.append(terminated: value)
      $0.append(message)
    }
  }

  /// Reads the content of an `emsg` box.
  ///
  /// - Throws: `.badVersion` for version 0, `.truncated`.
  package init(parsing content: borrowing Span<UInt8>) throws(WireError) {
    var reader = ByteReader(content.extracting(0..<content.count))
    guard try reader.u32() >> 24 == 1 else { throw .badVersion }
    try reader.skip(4)
    time = try reader.u64()
    duration = try reader.u32()
    id = try reader.u32()
    scheme = try EventMessage.text(&reader)
    value = try EventMessage.text(&reader)
    message = reader.rest().toArray()
  }

  private static func text(_ reader: inout ByteReader) throws(WireError) -> String {
    var bytes: [UInt8] = []
    while true {
      let byte = try reader.u8()
      if byte == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(byte)
    }
  }
}
