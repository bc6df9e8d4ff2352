// Comparison of secrets without telling by time where they differ.

import COpenSSL

/// Comparisons whose time depends on lengths only.
package enum ConstantTime {
  /// Whether both views hold the same bytes. Different lengths are unequal at once: lengths are public.
  package static func equal(_ a: borrowing Span<UInt8>, _ b: borrowing Span<UInt8>) -> Bool {
    guard a.count == b.count else { return false }
    guard a.count > 0 else { return true }
    return unsafe a.withUnsafeBytes { x in
      unsafe b.withUnsafeBytes { y in
        unsafe CRYPTO_memcmp(x.baseAddress, y.baseAddress, x.count) == 0
      }
    }
  }
}
