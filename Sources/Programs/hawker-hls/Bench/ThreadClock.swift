// The CPU time of the calling thread.

import Glibc

/// Reads what the calling thread has used.
enum ThreadClock {
  /// User and system time of this thread, in nanoseconds.
  static func nanoseconds() -> Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
