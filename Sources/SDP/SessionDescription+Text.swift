// Text to session description and back, RFC 8866 section 9.

extension SessionDescription {
  /// Parses a whole description. LF and CRLF are taken.
  ///
  /// - Throws: the first fault and its line.
  package static func parse(
    _ bytes: borrowing Span<UInt8>
  ) throws(SDPError) -> SessionDescription {
    let lines = try SDPLine.split(bytes)
    let first = lines.firstIndex { $0.letter == "m" } ?? lines.count
    var session = try parseSession(lines[..<first], end: lines[..<first].last?.number ?? 1)
    for line in lines[first...] {
      do throws(SDPError.Fault) {
        if line.letter == "m" {
          try session.appendSection(line)
        } else {
          try session.media[session.media.count - 1].take(line)
        }
      } catch {
        throw SDPError(error, line: line.number)
      }
    }
    try session.checkMids(lines[first...])
    return session
  }

  /// Parses a whole description.
  package static func parse(_ bytes: [UInt8]) throws(SDPError) -> SessionDescription {
    try parse(bytes.span)
  }

  private static func parseSession(
    _ lines: ArraySlice<SDPLine>, end: Int
  ) throws(SDPError) -> SessionDescription {
    guard let version = lines.first else { throw SDPError(.missing("v="), line: 1) }
    guard version.letter == "v", version.value == "0" else {
      throw SDPError(
        version.letter == "v" ? .malformed("v=") : .missing("v="), line: version.number)
    }
    guard let second = lines.dropFirst().first, second.letter == "o" else {
      throw SDPError(.missing("o="), line: version.number + 1)
    }
    guard let origin = Origin(second.value) else {
      throw SDPError(.malformed("o="), line: second.number)
    }
    var session = SessionDescription(origin: origin)
    var seen: Set<Character> = []
    for line in lines.dropFirst(2) {
      do throws(SDPError.Fault) {
        try session.take(line, &seen)
      } catch {
        throw SDPError(error, line: line.number)
      }
    }
    for letter in ["s", "t"] as [Character] where !seen.contains(letter) {
      throw SDPError(.missing("\(letter)="), line: end)
    }
    return session
  }

  private mutating func take(
    _ line: SDPLine, _ seen: inout Set<Character>
  ) throws(SDPError.Fault) {
    let isFirst = seen.insert(line.letter).inserted
    switch line.letter {
    case "s":
      guard isFirst else { throw .duplicate("s=") }
      name = String(line.value)
    case "c":
      guard isFirst else { throw .duplicate("c=") }
      connection = String(line.value)
    case "t" where isFirst:
      timing = String(line.value)
    case "i", "u", "e", "p", "b", "t", "r", "z", "k":
      otherLines.append(OtherLine(line.letter, String(line.value)))
    case "a": try takeAttribute(line)
    default: throw .unexpectedLine
    }
  }

  private mutating func takeAttribute(_ line: SDPLine) throws(SDPError.Fault) {
    let (name, value) = line.attribute
    if try ice.take(name, value) { return }
    if try dtls.take(name, value) { return }
    switch name {
    case "group":
      guard let value, let group = SectionGroup(value) else { throw .malformed("a=group") }
      groups.append(group)
    case "sendrecv", "sendonly", "recvonly", "inactive":
      guard direction == nil else { throw .duplicate("the direction") }
      direction = Direction(rawValue: String(name))
    case "ice-lite": isLite = true
    case "extmap-allow-mixed": allowsMixedExtensions = true
    case "extmap":
      guard let value, let mapping = ExtensionMapping(value) else { throw .malformed("a=extmap") }
      extensions.append(mapping)
    default:
      guard name.isToken else { throw .malformed("a=") }
      attributes.append(Attribute(String(name), value.map { String($0) }))
    }
  }

  private mutating func appendSection(_ line: SDPLine) throws(SDPError.Fault) {
    guard media.count < SDPLimits.sectionsMax else { throw .tooManySections }
    guard let parsed = MediaLine(line.value) else { throw .malformed("m=") }
    media.append(MediaDescription(line: parsed))
  }

  private func checkMids(_ lines: ArraySlice<SDPLine>) throws(SDPError) {
    var seen: Set<String> = []
    for mid in media.compactMap(\.mid) where !seen.insert(mid).inserted {
      let twice = lines.last { $0.letter == "a" && $0.value == "mid:\(mid)" }
      throw SDPError(.duplicate("a=mid"), line: twice?.number ?? 1)
    }
  }

  /// The description as text with CRLF line ends, attributes in a fixed order.
  package var text: String {
    var out = SDPWriter()
    out.line("v", "0")
    out.line("o", origin.text)
    out.line("s", name)
    let early: [Character] = ["i", "u", "e", "p"]
    for letter in early { writeOthers(letter, &out) }
    if let connection { out.line("c", connection) }
    writeOthers("b", &out)
    out.line("t", timing)
    for other in otherLines where !early.contains(other.letter) && other.letter != "b" {
      out.line(other.letter, other.value)
    }
    writeAttributes(&out)
    for section in media { section.write(&out) }
    return out.text
  }

  private func writeOthers(_ letter: Character, _ out: inout SDPWriter) {
    for other in otherLines where other.letter == letter { out.line(letter, other.value) }
  }

  private func writeAttributes(_ out: inout SDPWriter) {
    if isLite { out.attribute("ice-lite") }
    ice.write(&out)
    dtls.write(&out)
    for group in groups { out.attribute("group", group.text) }
    if allowsMixedExtensions { out.attribute("extmap-allow-mixed") }
    if let direction { out.attribute(direction.rawValue) }
    for mapping in extensions { out.attribute("extmap", mapping.text) }
    for attribute in attributes { out.attribute(attribute.name, attribute.value) }
  }
}
