// The descriptors of the process: one for each player.

import Glibc

/// RLIMIT_NOFILE.
enum DescriptorLimit {
  /// Takes all that the system lets us have: the usual soft limit of 1,024 is for programs that use `select`.
  /// A failure only leaves room for fewer players, who are refused by name.
  static func raise() {
    var limit = rlimit()
    let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard unsafe getrlimit(kind, &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    _ = unsafe setrlimit(kind, &limit)
  }
}
