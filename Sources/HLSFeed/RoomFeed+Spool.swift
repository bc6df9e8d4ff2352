// Old segments of a room in files: what the presentation has to be told.

package import HLS

extension RoomFeed {
  /// What is to be done for the spool (`Presentation.takeSpoolOrders`).
  package mutating func takeSpoolOrders(waiting: Int, isPaused: Bool) -> [SpoolOrder] {
    presentation?.takeSpoolOrders(waiting: waiting, isPaused: isPaused) ?? []
  }

  /// Takes how writing a segment ended; whether the room has it still.
  package mutating func noteSpooled(_ name: SpoolName, isDone: Bool) -> Bool {
    presentation?.noteSpooled(name, isDone: isDone) ?? false
  }

  /// Forgets the oldest segments in files: the disk, or what all rooms may have there, is full.
  package mutating func shortenSpool(by byteCount: Int) -> Bool {
    presentation?.shortenSpool(by: byteCount) ?? false
  }

  /// Forgets a segment whose file can't be read; whether there was one.
  package mutating func forgetSpooled(_ name: SpoolName) -> Bool {
    presentation?.forgetSpooled(name) ?? false
  }
}
