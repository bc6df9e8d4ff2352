// Bytes of answers that were read for one client each: what slow clients hold of them is bounded.

package import HTTP
import Synchronization

/// Counts the bytes of answers from their reading until their clients have them.
///
/// What is in memory anyway costs nothing to be waited for; what is read from files is an array for each request.
package final class AnswerBudget: Sendable {
  private let held = Atomic(0)
  private let bytesMax: Int

  /// - Parameter bytesMax: held at once.
  package init(bytesMax: Int) { self.bytesMax = bytesMax }

  /// The bytes that wait for clients.
  package var heldBytes: Int { held.load(ordering: .relaxed) }

  /// The lease for an answer of so many bytes; nil when there would be too many.
  package func lease(_ byteCount: Int) -> AnswerLease? {
    let now = held.add(byteCount, ordering: .relaxed).newValue
    guard now <= bytesMax else {
      held.subtract(byteCount, ordering: .relaxed)
      return nil
    }
    return AnswerLease { [self] in held.subtract(byteCount, ordering: .relaxed) }
  }
}
