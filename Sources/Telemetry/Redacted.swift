// Secrets that cannot be printed by accident.

/// A secret: prints and logs as "[redacted]" wherever it ends up.
package struct Redacted<Value: Sendable>: Sendable {
  private let value: Value
  /// Wraps `value`.
  package init(_ value: Value) { self.value = value }
  /// The secret itself, for the one place that needs it.
  package func reveal() -> Value { value }
}

extension Redacted: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { "[redacted]" }
  package var debugDescription: String { "[redacted]" }
  /// Nothing: `dump` and string interpolation of an owner would else look inside.
  package var customMirror: Mirror { Mirror(self, children: []) }
}
