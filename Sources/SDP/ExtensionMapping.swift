// Header extension mappings, RFC 8285 section 7.

/// `a=extmap`: a header extension's id, direction and URI.
package struct ExtensionMapping: Hashable, Sendable {
  /// 1...255, or 4096...4351 where the offerer leaves the choice of the id to the answerer.
  package var id: UInt16
  /// Nil where the line does not say: as the section's direction.
  package var direction: Direction?
  package var uri: String
  /// What follows the URI, if anything.
  package var parameters: String?

  package init(id: UInt16, direction: Direction? = nil, uri: String, parameters: String? = nil) {
    self.id = id
    self.direction = direction
    self.uri = uri
    self.parameters = parameters
  }

  init?(_ text: Substring) {
    let fields = text.fields(max: 3)
    guard fields.count >= 2 else { return nil }
    let (number, direction) = fields[0].cut(UInt8(ascii: "/"))
    guard let id = number.decimal(UInt16.self), (1...255).contains(id) || (4096...4351).contains(id)
    else { return nil }
    self.init(id: id, uri: String(fields[1]))
    if let direction {
      guard let known = Direction(rawValue: String(direction)) else { return nil }
      self.direction = known
    }
    if fields.count == 3 {
      let rest = fields[2].trimmed
      parameters = rest.isEmpty ? nil : String(rest)
    }
  }

  var text: String {
    "\(id)" + (direction.map { "/\($0.rawValue)" } ?? "") + " \(uri)"
      + (parameters.map { " \($0)" } ?? "")
  }
}
