// A folder for one test.

import Glibc
import Testing

/// A folder that is removed, with the files written to it, when its last reference goes.
final class TemporaryFolder {
  let path: String
  /// What is in it, folders before what is in them.
  private var names: [String] = []

  init() throws {
    var template = Array("/tmp/hawker-web-XXXXXX".utf8CString)
    let made = unsafe template.withUnsafeMutableBufferPointer { buffer in
      unsafe buffer.baseAddress.flatMap { unsafe mkdtemp($0) }.map { unsafe String(cString: $0) }
    }
    path = try #require(made)
  }

  deinit {
    for name in names.reversed() { unsafe remove(path + "/" + name) }
    unsafe rmdir(path)
  }

  func write(_ name: String, _ text: String) throws {
    names.append(name)
    guard let file = unsafe fopen(path + "/" + name, "w") else { throw ClientFailure.connect }
    unsafe fputs(text, file)
    unsafe fclose(file)
  }

  func makeFolder(_ name: String) {
    names.append(name)
    unsafe mkdir(path + "/" + name, 0o755)
  }

  func link(_ name: String, to target: String) {
    names.append(name)
    unsafe symlink(target, path + "/" + name)
  }
}
