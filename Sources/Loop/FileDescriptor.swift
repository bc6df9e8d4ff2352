// An open descriptor that is closed exactly once.

import CLinux

/// An open kernel descriptor, closed when the last reference goes.
///
/// A class because closing is tied to identity. Immutable, so threads may share it and hand it over.
package final class FileDescriptor: Sendable {
  /// The kernel's number; valid for as long as this object lives.
  package let rawValue: Int32

  /// Takes over an open descriptor; nothing else may close it.
  package init(owning rawValue: Int32) { self.rawValue = rawValue }

  // After EINTR Linux has closed the descriptor all the same: never repeated.
  deinit { _ = clinux_close(rawValue) }
}
