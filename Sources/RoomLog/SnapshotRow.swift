// A room's whole state at one place of its log.

/// The state after the event `sequence`, so that opening the room reads only what came later.
package struct SnapshotRow: Hashable, Sendable {
  package var sequence: Int64
  /// The engine's own coding, over references: no names and texts.
  package var body: [UInt8]

  package init(sequence: Int64, body: [UInt8]) {
    self.sequence = sequence
    self.body = body
  }
}
