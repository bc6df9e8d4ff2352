// Where the token for the server comes from: it ends, and a file may hold a fresh one.

import Glibc

/// A token, given or kept in a file.
enum TokenSource: Sendable {
  case none
  case text(String)
  /// Read each time it is needed.
  case file(String)

  /// Ours have 300 bytes.
  private static let bytesMax = 8192

  /// Whether there is to be one.
  var isGiven: Bool {
    if case .none = self { false } else { true }
  }

  /// The token; nil without one, or while its file can't be read.
  func read() -> String? {
    switch self {
    case .none: return nil
    case .text(let text): return text
    case .file(let path):
      let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else { return nil }
      defer { Glibc.close(descriptor) }
      var bytes = [UInt8](repeating: 0, count: TokenSource.bytesMax)
      let count = unsafe bytes.withUnsafeMutableBytes { buffer in
        unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      }
      let token = bytes.prefix(max(0, count)).prefix { $0 > 0x20 }
      return token.isEmpty ? nil : String(decoding: token, as: UTF8.self)
    }
  }
}
