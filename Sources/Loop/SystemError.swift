// What a failed kernel call says, and the one place that deals with EINTR and EAGAIN.

import CLinux
import Glibc

/// A kernel call that failed: which, and its errno.
package struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The errno value, positive.
  package let code: Int32
  /// The call that failed.
  package let call: SystemCall

  /// Whether the address or port is taken (EADDRINUSE).
  package var isAddressInUse: Bool { code == EADDRINUSE }
  /// Whether nobody listens there (ECONNREFUSED).
  package var isConnectionRefused: Bool { code == ECONNREFUSED }
  /// Whether this machine lacks the address family or the address.
  package var isAddressUnavailable: Bool { code == EAFNOSUPPORT || code == EADDRNOTAVAIL }
  /// Whether the process or the machine has no descriptor left (EMFILE, ENFILE).
  package var isOutOfDescriptors: Bool { code == EMFILE || code == ENFILE }

  /// For an operator: the call and the kernel's text.
  package var description: String {
    unsafe "\(call.rawValue): \(String(cString: clinux_error_text(code)))"
  }
}

/// The kernel calls that may fail, by name.
package enum SystemCall: String, Sendable {
  case accept, bind, connect, epoll, eventfd, getsockname, listen, receive, send, setsockopt,
    shutdown, signal, signalfd, socket, thread
}

/// Repeats an interrupted call; the value when it succeeds.
///
/// - Parameter body: returns a count or descriptor, or -errno.
@discardableResult
func checked(_ call: SystemCall, _ body: () -> Int32) throws(SystemError) -> Int32 {
  let result = uninterrupted(body)
  if result < 0 { throw SystemError(code: -result, call: call) }
  return result
}

/// Repeats an interrupted call; nil when it would block.
func checkedUnlessBlocked(_ call: SystemCall, _ body: () -> Int) throws(SystemError) -> Int? {
  let result = uninterrupted(body)
  if result >= 0 { return result }
  let code = Int32(truncatingIfNeeded: -result)
  if code == EAGAIN || code == EWOULDBLOCK { return nil }
  throw SystemError(code: code, call: call)
}

/// Repeats a call for as long as a signal interrupts it; the result may still be another -errno.
func uninterrupted<Result: SignedInteger>(_ body: () -> Result) -> Result {
  while true {
    let result = body()
    if result != Result(-EINTR) { return result }
  }
}
