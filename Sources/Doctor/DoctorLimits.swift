// What the checks of `hawker doctor` hold a machine to, each with its reason.

import Wire

/// The named thresholds of the checks.
enum DoctorLimits {
  /// The program that may have our ports: `comm` as the kernel shows it.
  static let ownProgram = "hawker"
  /// Descriptors: the connections the web server takes (16,384) and the media's, with some room.
  static let descriptorsWanted: UInt64 = 20_000
  /// Bytes of a socket's buffer: what the server asks the kernel for, 20 ms at 1 Gbit/s and more.
  static let bufferBytesWanted = 4 << 20
  /// Days: certificates of 90 days are renewed 30 before their end; with 14 left something is stuck.
  static let certificateDaysMin = 14
  /// Bytes: room for the keys and for a database to end a transaction.
  static let freeBytesMin: UInt64 = 64 << 20
  /// 2025-01-01T00:00:00Z, before this program was written.
  static let earliestTime = WallTime(nanoseconds: 1_735_689_600_000_000_000)
}
