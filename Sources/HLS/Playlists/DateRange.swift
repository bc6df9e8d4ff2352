// Events on the timeline: EXT-X-DATERANGE (RFC 8216bis section 4.4.5.1).

package import Wire

/// An event of the room that a player shows on the frame where it happened.
package struct DateRange: Hashable, Sendable {
  /// Unique in the room.
  package let id: String
  /// What kind of event: a reverse-DNS name.
  package let className: String
  package let start: WallTime
  /// nil when it has no length, or no known one.
  package let duration: TimeSpan?
  /// Names from `X-` on, and texts; sorted by name.
  package let attributes: [(name: String, text: String)]
  /// The tag: written once, it stands in every playlist.
  package let line: String

  /// - Parameter attributes: names of `A-Z`, `0-9` and `-` that begin with `X-`.
  /// - Throws: `.badValue` for a name or a text that can't be written, `.badLength` for a text longer
  ///   than `HLSLimits.attributeBytesMax` or an empty id.
  package init(
    id: String, className: String, start: WallTime, duration: TimeSpan? = nil,
    attributes: [String: String] = [:]
  ) throws(WireError) {
    guard !id.isEmpty, id.utf8.count <= HLSLimits.attributeBytesMax else { throw .badLength }
    guard AttributeText.quoted(id) != nil, AttributeText.quoted(className) != nil else {
      throw .badValue
    }
    for (name, text) in attributes {
      guard DateRange.isName(name), AttributeText.quoted(text) != nil else { throw .badValue }
      guard text.utf8.count <= HLSLimits.attributeBytesMax else { throw .badLength }
    }
    self.id = id
    self.className = className
    self.start = start
    self.duration = duration
    self.attributes = attributes.sorted { $0.key < $1.key }.map { (name: $0.key, text: $0.value) }
    var parts = ["ID=\"\(id)\"", "CLASS=\"\(className)\""]
    parts.append("START-DATE=\"\(CalendarDate(start).rfc3339)\"")
    if let duration { parts.append("DURATION=\(AttributeText.seconds(duration))") }
    parts += self.attributes.map { "\($0.name)=\"\($0.text)\"" }
    line = "#EXT-X-DATERANGE:" + parts.joined(separator: ",")
  }

  private static func isName(_ name: String) -> Bool {
    name.hasPrefix("X-") && name.utf8.count > 2
      && name.utf8.allSatisfy {
        (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D
      }
  }

  /// A number that is the same for the same id, for `emsg` (FNV-1a).
  var number: UInt32 {
    id.utf8.reduce(0x811C_9DC5) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
  }

  package static func == (a: DateRange, b: DateRange) -> Bool { a.line == b.line }
  package func hash(into hasher: inout Hasher) { hasher.combine(line) }
}
