// What another process has used so far, from the kernel's process table (proc(5)).

import Glibc

/// One look at a process.
package struct ProcessSample: Hashable, Sendable {
  /// User and system time of all its threads, in seconds, in steps of 10 ms.
  package let cpuSeconds: Double
  /// Resident memory in bytes.
  package let residentBytes: Int

  /// Nil when there is no such process.
  package init?(process: Int) {
    guard let stat = ProcessSample.read("/proc/\(process)/stat"),
      let statm = ProcessSample.read("/proc/\(process)/statm"),
      // The name in parentheses may hold anything, even parentheses.
      let end = stat.lastIndex(of: ")")
    else { return nil }
    let fields = stat[stat.index(after: end)...].split(separator: " ")
    let pages = statm.split(separator: " ")
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]),
      pages.count > 1, let resident = Int(pages[1])
    else { return nil }
    cpuSeconds = (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    residentBytes = resident * Int(sysconf(Int32(_SC_PAGESIZE)))
  }

  /// This process.
  package static var own: ProcessSample? { ProcessSample(process: Int(getpid())) }

  private static func read(_ path: String) -> String? {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { _ = Glibc.close(file) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = unsafe bytes.withUnsafeMutableBytes {
      unsafe Glibc.read(file, $0.baseAddress, 4096)
    }
    guard count > 0 else { return nil }
    return String(decoding: bytes.prefix(count), as: UTF8.self)
  }
}
