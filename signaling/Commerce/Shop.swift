// The whole commerce state of a room: what `decide` reads and `apply` changes.

/// One room's shop: a plain value, a function of the room's log alone.
package struct Shop: Hashable, Sendable {
  /// A shop without a history.
  package init() {}

  /// What a command comes to. Reads only: a refusal leaves no trace.
  package func decide(
    _ command: ShopCommand, by context: ShopContext, firstSequence: Int64
  ) throws(ShopRefusal) -> ShopDecision {
    throw ShopRefusal(.wrongState, "the shop is being built")
  }

  /// Makes an event part of the state; false when it can't be, and is ignored.
  package mutating func apply(_ event: ShopEvent, at place: ShopPlace) -> Bool { false }

  /// When the server's `due` has something to do, milliseconds since 1970; nil: never.
  package var nextDueMs: Int64? { nil }
}
