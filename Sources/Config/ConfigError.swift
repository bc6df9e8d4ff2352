// What is wrong with a configuration, in one line for the person who wrote it.

/// A configuration that can't be used.
package struct ConfigError: Error, Hashable, Sendable {
  /// Names the key and where it was set, never a secret's value.
  package let text: String
  package init(_ text: String) { self.text = text }
}
