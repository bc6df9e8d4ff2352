// The figures of webhooks, for an operator.

/// What became of tries and questions since the process began.
package struct HookCounters: Sendable, Hashable {
  package var delivered: UInt64 = 0
  /// Tries that came to nothing, the last ones of dead deliveries included.
  package var failedTries: UInt64 = 0
  /// Deliveries given up.
  package var dead: UInt64 = 0
  package var answeredCalls: UInt64 = 0
  /// Questions whose fallback counted.
  package var failedCalls: UInt64 = 0
  package init() {}
}
