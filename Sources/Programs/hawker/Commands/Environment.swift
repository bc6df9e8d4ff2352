// The environment variables of the process.

import Glibc

/// Reads environment variables.
enum Environment {
  /// All variables.
  static var all: [String: String] {
    var result: [String: String] = [:]
    var next = unsafe environ
    while let entry = unsafe next.pointee {
      let text = unsafe String(cString: entry)
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 { result[String(parts[0])] = String(parts[1]) }
      unsafe next = next.advanced(by: 1)
    }
    return result
  }

  /// One variable; nil when unset or empty.
  static func value(_ name: String) -> String? { all[name].flatMap { $0.isEmpty ? nil : $0 } }
}
