// A folder of files, read into memory once at start.

import Crypto
import Glibc
package import HTTP

/// One file as it is served.
package struct StaticFile: Sendable {
  package let bytes: [UInt8]
  package let mediaType: String
  /// A digest of the bytes.
  package let tag: EntityTag

  /// A file of `bytes`.
  package init(_ bytes: [UInt8], mediaType: String) {
    self.bytes = bytes
    self.mediaType = mediaType
    let digits = SHA256.digest(bytes.span).prefix(16).map { byte in
      String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
    }
    tag = EntityTag(digits.joined())
  }
}

/// Why a folder cannot be served.
package enum StaticFilesFailure: Error, Hashable, Sendable {
  /// The folder or a file in it cannot be read; its path inside the root.
  case unreadable(String)
  /// More than `StaticFiles.bytesMax`, `filesMax` or `depthMax`.
  case tooLarge
}

/// The files below one folder by their relative path, as they were when it was read.
///
/// Requests never reach the disk: what was not found here does not exist for them.
package struct StaticFiles: Sendable {
  private var files: [String: StaticFile] = [:]
  private var byteCount = 0

  /// No files.
  package init() {}

  /// Reads all files below `root` of a known type. Symbolic links and hidden names are passed over.
  package init(root: String) throws(StaticFilesFailure) {
    let descriptor = unsafe open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unreadable(".") }
    try readFolder(descriptor, path: "", depth: 0)
  }

  /// The file at `path`, relative to the root, without a leading slash.
  package subscript(path: String) -> StaticFile? { files[path] }

  /// The number of files.
  package var count: Int { files.count }

  /// Adds one file.
  package mutating func add(_ path: String, _ file: StaticFile) throws(StaticFilesFailure) {
    guard files.count < StaticFiles.filesMax,
      file.bytes.count <= StaticFiles.bytesMax - byteCount
    else { throw .tooLarge }
    byteCount += file.bytes.count
    files[path] = file
  }

  /// Reads the folder open as `descriptor`, which it closes.
  private mutating func readFolder(
    _ descriptor: Int32, path: String, depth: Int
  ) throws(StaticFilesFailure) {
    guard depth <= StaticFiles.depthMax else {
      Glibc.close(descriptor)
      throw .tooLarge
    }
    guard let folder = unsafe fdopendir(descriptor) else {
      Glibc.close(descriptor)
      throw .unreadable(path)
    }
    defer { unsafe closedir(folder) }
    while let entry = unsafe readdir(folder) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
        unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) {
          unsafe String(cString: $0)
        }
      }
      guard !name.hasPrefix(".") else { continue }
      try readEntry(name, in: descriptor, path: path.isEmpty ? name : path + "/" + name, depth)
    }
  }

  private mutating func readEntry(
    _ name: String, in folder: Int32, path: String, _ depth: Int
  ) throws(StaticFilesFailure) {
    // Not followed, so that nothing outside the root is ever published; not blocked by a pipe either.
    let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
    let descriptor = unsafe openat(folder, name, flags)
    if descriptor < 0 && errno == ELOOP { return }
    guard descriptor >= 0 else { throw .unreadable(path) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      Glibc.close(descriptor)
      throw .unreadable(path)
    }
    if status.st_mode & S_IFMT == S_IFDIR {
      return try readFolder(descriptor, path: path, depth: depth + 1)
    }
    defer { Glibc.close(descriptor) }
    guard status.st_mode & S_IFMT == S_IFREG, let type = StaticFiles.mediaType(of: name) else {
      return
    }
    guard status.st_size <= StaticFiles.bytesMax else { throw .tooLarge }
    try add(path, StaticFile(try contents(descriptor, Int(status.st_size), path), mediaType: type))
  }

  private func contents(
    _ descriptor: Int32, _ size: Int, _ path: String
  ) throws(StaticFilesFailure) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: size)
    var count = 0
    while count < size {
      let got = unsafe bytes.withUnsafeMutableBytes { buffer in
        unsafe read(descriptor, buffer.baseAddress.map { unsafe $0 + count }, size - count)
      }
      guard got > 0 else { throw .unreadable(path) }
      count += got
    }
    return bytes
  }

  /// The media type of a file by its name; nil for what is not served.
  package static func mediaType(of name: String) -> String? {
    guard let dot = name.lastIndex(of: ".") else { return nil }
    return switch name[name.index(after: dot)...] {
    case "html": "text/html; charset=utf-8"
    case "js", "mjs": "text/javascript; charset=utf-8"
    case "css": "text/css; charset=utf-8"
    case "json", "map": "application/json"
    case "webmanifest": "application/manifest+json"
    case "svg": "image/svg+xml"
    case "png": "image/png"
    case "jpg", "jpeg": "image/jpeg"
    case "webp": "image/webp"
    case "ico": "image/x-icon"
    case "woff2": "font/woff2"
    case "txt": "text/plain; charset=utf-8"
    case "mp3": "audio/mpeg"
    default: nil
    }
  }

  /// All files together: the pages are below 1 MiB, pictures and fonts of a shop's theme fit.
  package static let bytesMax = 64 * 1024 * 1024
  /// More is a mistaken root, such as a home folder.
  package static let filesMax = 4096
  /// Folders within folders.
  package static let depthMax = 8
}
