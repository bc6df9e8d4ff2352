// Kept shows in a folder of the file system.

import Glibc
import HLS

/// A folder and everything below it.
package struct FolderDisk: KeptDisk, Sendable {
  /// The folder, without a slash at its end.
  package let root: String

  /// Bytes asked of the kernel in one call: a segment in one or two.
  private static let readChunk = 1 << 20

  /// - Parameter root: made when something is written to it.
  package init(_ root: String) {
    self.root = root.count > 1 && root.hasSuffix("/") ? String(root.dropLast()) : root
  }

  private func full(_ path: String) -> String { path.isEmpty ? root : "\(root)/\(path)" }

  // MARK: Writing

  package func replace(
    _ path: String, _ chunks: [[UInt8]], isSecret: Bool, isDurable: Bool
  ) throws(DiskFault) {
    let path = full(path)
    let draft = path + KeptNames.draftSuffix
    let descriptor = try create(draft, O_WRONLY | O_CREAT | O_TRUNC, isSecret ? 0o600 : 0o640)
    do throws(DiskFault) {
      defer { close(descriptor) }
      for chunk in chunks { try FolderDisk.write(descriptor, chunk) }
      if isDurable, fsync(descriptor) != 0 { throw .last }
    } catch {
      _ = unsafe unlink(draft)
      throw error
    }
    guard unsafe rename(draft, path) == 0 else {
      let fault = DiskFault.last
      _ = unsafe unlink(draft)
      throw fault
    }
  }

  package func append(_ path: String, _ text: [UInt8]) throws(DiskFault) {
    let descriptor = try create(full(path), O_WRONLY | O_CREAT | O_APPEND, 0o640)
    defer { close(descriptor) }
    let before = lseek(descriptor, 0, SEEK_END)
    do throws(DiskFault) {
      try FolderDisk.write(descriptor, text)
    } catch {
      // Half a line would be read as the beginning of the next one.
      _ = ftruncate(descriptor, before)
      throw error
    }
  }

  /// Opens a file for writing, and makes the folders it is in if they are not there.
  private func create(_ path: String, _ flags: Int32, _ mode: mode_t) throws(DiskFault) -> Int32 {
    var descriptor = unsafe open(path, flags | O_CLOEXEC | O_NOFOLLOW, mode)
    if descriptor < 0, errno == ENOENT {
      FolderDisk.makeFolders(of: path)
      descriptor = unsafe open(path, flags | O_CLOEXEC | O_NOFOLLOW, mode)
    }
    guard descriptor >= 0 else { throw .last }
    return descriptor
  }

  private static func makeFolders(of path: String) {
    for (index, byte) in path.utf8.enumerated() where byte == 0x2F && index > 0 {
      _ = unsafe mkdir(String(decoding: path.utf8.prefix(index), as: UTF8.self), 0o750)
    }
  }

  /// Writes all of `bytes` to an open file.
  package static func write(_ descriptor: Int32, _ bytes: [UInt8]) throws(DiskFault) {
    var sent = 0
    while sent < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { buffer in
        unsafe Glibc.write(
          descriptor, buffer.baseAddress.map { unsafe $0 + sent }, buffer.count - sent)
      }
      if count < 0, errno == EINTR { continue }
      // A write of nothing would go on for ever.
      guard count > 0 else { throw count == 0 ? .full : .last }
      sent += count
    }
  }

  package func sync(_ path: String) {
    let descriptor = unsafe open(full(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    _ = fsync(descriptor)
    close(descriptor)
  }

  package func remove(_ path: String) {
    // First of all: what a link names is not ours.
    guard unsafe unlink(full(path)) != 0, errno == EISDIR else { return }
    for name in names(path) { remove("\(path)/\(name)") }
    _ = unsafe rmdir(full(path))
  }

  package func freeBytes() -> Int {
    var status = statvfs()
    guard unsafe statvfs(root, &status) == 0 else {
      // It is made by the first file; what is above it has the room.
      return errno == ENOENT ? Int.max : 0
    }
    return Int(clamping: status.f_bavail).multipliedReportingOverflow(by: Int(status.f_frsize))
      .partialValue
  }

  // MARK: Reading

  package func read(_ path: String, limit: Int) throws(DiskFault) -> [UInt8] {
    let descriptor = unsafe open(full(path), O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .last }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw .last }
    guard status.st_mode & S_IFMT == S_IFREG else { throw DiskFault(code: ENOENT) }
    let size = Int(status.st_size)
    guard size <= limit else { throw DiskFault(code: EFBIG) }
    var fault: DiskFault?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      while count < size {
        let place = unsafe buffer.baseAddress.map { unsafe $0 + count }
        let got = unsafe Glibc.read(descriptor, place, min(size - count, FolderDisk.readChunk))
        if got < 0, errno == EINTR { continue }
        if got < 0 { fault = .last }
        if got <= 0 { return }
        count += got
      }
    }
    if let fault { throw fault }
    return bytes
  }

  package func size(_ path: String) -> Int? {
    var status = stat()
    guard unsafe stat(full(path), &status) == 0 else {
      // What can't be asked for may be there, and is nothing to begin anew.
      return errno == ENOENT || errno == ENOTDIR ? nil : 0
    }
    guard status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int(status.st_size)
  }

  package func list(_ path: String) -> [String] {
    names(path).filter { !$0.hasPrefix(".") }.sorted()
  }

  private func names(_ path: String) -> [String] {
    guard let folder = unsafe opendir(full(path)) else { return [] }
    defer { unsafe closedir(folder) }
    var names: [String] = []
    while let entry = unsafe readdir(folder) {
      let name = unsafe withUnsafePointer(to: entry.pointee.d_name) { pointer in
        unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
          unsafe String(cString: $0)
        }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }
}
