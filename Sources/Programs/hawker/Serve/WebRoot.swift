// Where the pages are: beside the binary, wherever that was put.

import Glibc

/// Finds the folder of the pages.
enum WebRoot {
  /// The first of these that has the watch page: the installed place, the checkout the binary was
  /// built in (also in a build folder of its own below .build), the working directory. Nil when there is none.
  static func locate() -> String? {
    let folder = executableFolder()
    let candidates = [
      folder + "/../share/hawker/web",
      folder + "/../../../web",
      folder + "/../../../../web",
      "web",
    ]
    return candidates.first { unsafe access($0 + "/watch/index.html", R_OK) == 0 }
  }

  private static func executableFolder() -> String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let length = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
    guard length > 0 else { return "." }
    let path = String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
  }
}
