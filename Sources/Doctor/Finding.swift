// What one check of `hawker doctor` found, and what to do about it.

/// The result of one check.
package struct Finding: Hashable, Sendable {
  /// How bad it is.
  package enum Verdict: String, Hashable, Sendable, CaseIterable {
    case ok
    /// Works, but not for everyone or not well.
    case warn
    /// The server can't work like this; the program's exit status is 1.
    case fail = "FAIL"
  }

  package let verdict: Verdict
  /// What was checked, in lower case: scripts look findings up by it.
  package let name: String
  /// What is so.
  package let fact: String
  /// What to do; nil when there is nothing to do.
  package let advice: String?

  /// Nothing to do.
  static func ok(_ name: String, _ fact: String) -> Finding {
    Finding(verdict: .ok, name: name, fact: fact, advice: nil)
  }

  /// Something that may be meant.
  static func warn(_ name: String, _ fact: String, _ advice: String) -> Finding {
    Finding(verdict: .warn, name: name, fact: fact, advice: advice)
  }

  /// Something that must be changed.
  static func fail(_ name: String, _ fact: String, _ advice: String) -> Finding {
    Finding(verdict: .fail, name: name, fact: fact, advice: advice)
  }
}
