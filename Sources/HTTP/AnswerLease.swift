// What an answer holds of a bounded supply until it has left.

/// Something that is given back when an answer has left, or nobody waits for it any more.
///
/// A class: its end is the message, and it ends where the answer does, on whatever thread that is.
package final class AnswerLease: Sendable, Hashable {
  private let giveBack: @Sendable () -> Void

  /// - Parameter giveBack: called once, when the last holder is gone.
  package init(_ giveBack: @escaping @Sendable () -> Void) { self.giveBack = giveBack }

  deinit { giveBack() }

  package static func == (a: AnswerLease, b: AnswerLease) -> Bool { a === b }
  package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
