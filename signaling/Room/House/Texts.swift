// The texts that a room's state shows.

/// The shown texts of one room; the store has all of them.
package struct Texts: Sendable {
  private var bodies: [TextID: NewText] = [:]
  private var countMax = Texts.countMin

  /// Texts below which sweeping is not worth the while: what a room with full lists shows.
  private static let countMin = 2048

  /// No texts.
  package init() {}

  /// The text; nil when it was erased, or is not shown any more.
  package subscript(text: TextID) -> String? { bodies[text]?.body }

  /// How many are kept.
  package var count: Int { bodies.count }

  /// Keeps a text.
  package mutating func put(_ text: NewText) { bodies[text.id] = text }

  /// Forgets what is shown no more, once there is twice as much as before.
  package mutating func sweep(_ state: RoomState) {
    guard bodies.count > countMax else { return }
    let shown = state.shownTexts
    bodies = bodies.filter { shown.contains($0.key) }
    countMax = max(Texts.countMin, 2 * bodies.count)
  }

  /// Forgets everything a person wrote.
  package mutating func erase(author: PersonID) {
    bodies = bodies.filter { $0.value.author != author }
  }
}
