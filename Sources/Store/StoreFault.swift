// The end of the process when the disk can't be trusted.

import Glibc
import Telemetry
import Wire

/// What happens when nobody knows what is on the disk.
enum StoreFault {
  /// EX_IOERR of sysexits.h: a supervisor starts the process again, which then reads what the disk has.
  static let exitStatus: Int32 = 74

  /// Logs one line and ends the process at once: no reply may leave it, no other write may begin.
  static func fatal(_ error: StoreError, at now: WallTime) -> Never {
    var line: [UInt8] = []
    LogLine(
      now, .error, "the store failed, and the process ends",
      ["error": .string(error.name), "detail": .string(error.description)]
    ).write(into: &line)
    _ = unsafe line.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
    // Not exit: that would run other threads' destructors, and let them write.
    _exit(exitStatus)
  }
}
