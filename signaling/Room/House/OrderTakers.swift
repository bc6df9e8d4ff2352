// Which merchants take orders, as far as this server knows.

/// The merchants that make payment pages now.
package struct OrderTakers: Hashable, Sendable {
  package var names: Set<String>
  /// Whose the rooms are that name nobody; nil: nobody's.
  package var sole: String?

  package init(names: Set<String>, sole: String?) {
    self.names = names
    self.sole = sole
  }

  /// Whether somebody takes the orders of a room that names this merchant, or (nil) nobody.
  func takes(_ merchant: String?) -> Bool { (merchant ?? sole).map { names.contains($0) } ?? false }
}
