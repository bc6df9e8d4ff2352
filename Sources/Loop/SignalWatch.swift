// Signals as readiness (signalfd).

import CLinux
import Glibc

/// A signal the programs act on.
package enum Signal: Sendable, CaseIterable {
  /// SIGTERM: drain, then end.
  case terminate
  /// SIGINT: the same, from a keyboard.
  case interrupt
  /// SIGHUP: reload certificates.
  case hangup

  fileprivate var number: Int32 {
    switch self {
    case .terminate: SIGTERM
    case .interrupt: SIGINT
    case .hangup: SIGHUP
    }
  }
}

/// The signals of the process, read like a socket. Make it on the main thread before any other starts.
package struct SignalWatch: Sendable {
  /// For `EventLoop.add`; readable when a signal is pending.
  package let descriptor: FileDescriptor

  /// Blocks `signals` for this thread and those it starts, and ignores SIGPIPE for the process.
  package init(_ signals: [Signal] = Signal.allCases) throws(SystemError) {
    try checked(.signal) { clinux_ignore_broken_pipe() }
    let numbers = signals.map(\.number)
    descriptor = FileDescriptor(
      owning: try checked(.signalfd) {
        unsafe numbers.withUnsafeBufferPointer { buffer in
          guard let start = buffer.baseAddress else { return -EINVAL }
          return unsafe clinux_signal_descriptor(start, Int32(buffer.count))
        }
      })
  }

  /// The next pending signal; nil when there is none.
  package func next() throws(SystemError) -> Signal? {
    let number = try checkedUnlessBlocked(.signalfd) {
      Int(clinux_signal_next(descriptor.rawValue))
    }
    return Signal.allCases.first { $0.number == number.map(Int32.init(truncatingIfNeeded:)) }
  }
}
