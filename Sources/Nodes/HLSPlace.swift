// Where the HLS of rooms is to be had: the operator's template, and one room's playlist by it.

/// Where a room's LL-HLS is: a URL in which `{room}` stands for the room's name.
package struct HLSPlace: Hashable, Sendable {
  /// As it was given.
  package let template: String

  /// What stands for the room.
  package static let placeholder = "{room}"
  /// Characters of a template: addresses of CDNs are long, nothing sensible is longer.
  package static let templateMax = 512

  /// - Returns: nil for what is neither an http(s) URL nor a path from `/` on, has no `{room}` after the
  ///   host or twice, or holds a character that stands in no URL.
  package init?(_ template: String) {
    let parts = template.components(around: HLSPlace.placeholder)
    guard template.utf8.count <= HLSPlace.templateMax, parts.count == 2 else { return nil }
    let isPlain = (parts[0] + parts[1]).utf8.allSatisfy { byte in
      // Visible ASCII without what would end a header's quoted URL or a template.
      (0x21...0x7E).contains(byte) && !"\"<>\\^`{|}#".utf8.contains(byte)
    }
    guard isPlain, parts[0].hasSuffix("/"), parts[1].hasPrefix("/") else { return nil }
    guard HLSPlace.pathStart(of: parts[0]) != nil else { return nil }
    self.template = template
  }

  /// The multivariant playlist of a room, whose name is `[A-Za-z0-9_-]{1,64}`.
  package func url(of room: String) -> String {
    let parts = template.components(around: HLSPlace.placeholder)
    return parts.joined(separator: room)
  }

  /// The origin it is at; nil for a path of our own pages'.
  package var origin: String? {
    HLSPlace.pathStart(of: template).flatMap { start in
      start == template.startIndex ? nil : String(template[..<start])
    }
  }

  /// Where the path begins.
  private static func pathStart(of text: String) -> String.Index? {
    if text.hasPrefix("/") { return text.hasPrefix("//") ? nil : text.startIndex }
    guard let scheme = ["http://", "https://"].first(where: { text.hasPrefix($0) }) else {
      return nil
    }
    let authority = text.dropFirst(scheme.count)
    // It becomes a source of the pages' Content-Security-Policy.
    guard let slash = authority.firstIndex(of: "/"), slash > authority.startIndex,
      !authority[..<slash].contains(where: { "@;,'".contains($0) })
    else { return nil }
    return slash
  }
}

extension String {
  /// The parts before, between and after each `separator`.
  fileprivate func components(around separator: String) -> [String] {
    var parts: [String] = []
    var rest = Substring(self)
    while let range = rest.firstRange(of: separator) {
      parts.append(String(rest[..<range.lowerBound]))
      rest = rest[range.upperBound...]
    }
    return parts + [String(rest)]
  }
}
