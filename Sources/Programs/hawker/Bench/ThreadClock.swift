// The CPU time of the calling thread, and its allocations where they are counted.

import Glibc

/// Reads what the calling thread has used.
enum ThreadClock {
  /// User and system time of this thread, in nanoseconds.
  static func nanoseconds() -> Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  /// Calls of malloc and its kin by this process so far; nil unless the counting library that
  /// scripts/bench compiles was loaded before everything else.
  static func allocations() -> UInt64? {
    guard let symbol = unsafe dlsym(nil, "hawker_allocation_count") else { return nil }
    return unsafe symbol.assumingMemoryBound(to: UInt64.self).pointee
  }
}
