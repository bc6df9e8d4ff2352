// What the program says to a person: results on stdout, problems on stderr.

import Glibc

/// Writes lines.
enum Terminal {
  /// Prints a result.
  static func print(_ text: String) -> Int32 {
    write(text + "\n", to: 1)
    return 0
  }

  /// Says what failed; exit status 1.
  static func failure(_ text: String) -> Int32 {
    write("hawker: \(oneLine(text))\n", to: 2)
    return 1
  }

  /// Says what is wrong with the command line; exit status 2.
  static func usage(_ text: String) -> Int32 {
    write("hawker: \(oneLine(text))\n", to: 2)
    return 2
  }

  /// `text` without control characters: it may quote an argument, which may hold anything.
  private static func oneLine(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 32 ? "?" : $0 }))
  }

  /// Writes all of `text` in one piece where the kernel allows.
  static func write(_ text: String, to descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let written = unsafe bytes.withUnsafeBufferPointer { buffer in
        unsafe Glibc.write(descriptor, buffer.baseAddress, buffer.count)
      }
      if written <= 0 { return }
      bytes = bytes.dropFirst(written)
    }
  }
}
