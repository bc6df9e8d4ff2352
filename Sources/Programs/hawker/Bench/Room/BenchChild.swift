// A process of this same binary that a bench starts, measures and ends.

import ClientShell
import Glibc
import Loop
import Wire

/// A child process; ended by `end`, at the latest when the last reference goes.
final class BenchChild {
  /// Where it listens.
  let address: SocketAddress
  private let process: pid_t
  private var isOver = false

  /// How long a child may take to listen, and to end.
  private static let patience = TimeSpan.seconds(15)

  /// Starts `hawker` with `arguments`; returns when its log says where it is ready.
  init(_ arguments: [String], log: String, binary: String = "/proc/self/exe") throws {
    process = try BenchChild.start(arguments, log: log, binary)
    let deadline = SystemClock.now() + BenchChild.patience
    while SystemClock.now() < deadline {
      if let address = BenchChild.ready(log) {
        self.address = address
        return
      }
      usleep(20_000)
    }
    _ = kill(process, SIGKILL)
    let said = (try? Files.text(log)) ?? ""
    throw UsageError(text: "\(arguments.first ?? "") did not start: \(said)")
  }

  deinit { end() }

  /// `ready http=ADDRESS` in a child's log.
  private static func ready(_ log: String) -> SocketAddress? {
    guard let text = try? Files.text(log) else { return nil }
    for line in text.split(separator: "\n") where line.hasPrefix("ready http=") {
      let words = line.dropFirst("ready http=".count).split(separator: " ")
      return words.first.flatMap { SocketAddress(String($0)) }
    }
    return nil
  }

  private static func start(
    _ arguments: [String], log: String, _ binary: String
  ) throws -> pid_t {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    let flags = O_WRONLY | O_CREAT | O_TRUNC
    unsafe posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    unsafe posix_spawn_file_actions_addopen(&actions, 2, log, flags, 0o600)
    var words = unsafe (["hawker"] + arguments).map { unsafe strdup($0) } + [nil]
    defer { unsafe words.forEach { unsafe free($0) } }
    var process: pid_t = 0
    let status = unsafe posix_spawn(&process, binary, &actions, nil, &words, environ)
    guard status == 0 else { throw UsageError(text: "cannot start a child: error \(status)") }
    return process
  }

  /// User and system time of all its threads so far, in nanoseconds.
  var cpuNanoseconds: Int64 {
    var clock = clockid_t()
    guard unsafe clock_getcpuclockid(process, &clock) == 0 else { return 0 }
    var time = timespec()
    unsafe clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  /// Resident memory in bytes.
  var residentBytes: Int { ProcessSample(process: Int(process))?.residentBytes ?? 0 }

  /// Has it end, and waits for that.
  func end() {
    guard !isOver else { return }
    isOver = true
    _ = kill(process, SIGTERM)
    let deadline = SystemClock.now() + BenchChild.patience
    while SystemClock.now() < deadline {
      if waitpid(process, nil, WNOHANG) != 0 { return }
      usleep(20_000)
    }
    _ = kill(process, SIGKILL)
    _ = waitpid(process, nil, 0)
  }
}
