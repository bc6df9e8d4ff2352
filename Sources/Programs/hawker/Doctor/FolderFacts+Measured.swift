// Looks at the data folder without making it.

import Config
import Doctor
import Glibc

extension FolderFacts {
  /// Facts about `path`, or about where it would be made.
  init(measuring path: String) {
    self.init()
    let existing = FolderFacts.nearestExisting(path)
    var status = stat()
    if unsafe stat(existing, &status) != 0 || status.st_mode & S_IFMT != S_IFDIR {
      problem = "\(existing) is not a folder"
    } else if unsafe access(existing, W_OK | X_OK) != 0 {
      problem = "\(existing): \(Files.errorText())"
    }
    measureStorage(existing)
    areKeysExposed = Files.isExposed(path + "/" + Keys.fileName, group: true)
    if problem == nil { problem = FolderFacts.keysProblem(path + "/" + Keys.fileName) }
  }

  /// Why the keys file that is there can't be read; nil when it can or there is none.
  private static func keysProblem(_ path: String) -> String? {
    do throws(ConfigError) {
      _ = try Files.textIfPresent(path)
      return nil
    } catch {
      return error.text
    }
  }

  /// `path`, or the first folder above it that is there.
  private static func nearestExisting(_ path: String) -> String {
    var current = path
    while unsafe access(current, F_OK) != 0 && errno == ENOENT {
      while current.hasSuffix("/") { current.removeLast() }
      guard let slash = current.lastIndex(of: "/") else { return "." }
      current = slash == current.startIndex ? "/" : String(current[..<slash])
    }
    return current
  }

  private mutating func measureStorage(_ path: String) {
    var system = statvfs()
    if unsafe statvfs(path, &system) == 0 {
      let free = UInt64(system.f_bavail).multipliedReportingOverflow(by: UInt64(system.f_frsize))
      freeBytes = free.overflow ? .max : free.partialValue
    }
    var status = stat()
    guard unsafe stat(path, &status) == 0, let mounts = try? Files.text("/proc/self/mountinfo")
    else { return }
    storage = FolderFacts.storage(of: UInt64(status.st_dev), mounts) ?? .disk
  }

  /// What the file system of a device is, by its line in mountinfo (proc(5)); nil when it has none.
  private static func storage(of device: UInt64, _ mounts: String) -> Storage? {
    // As glibc takes the number apart: 12 low and 20 high bits of the major, 8 and 24 of the minor.
    let major = device >> 8 & 0xFFF | device >> 32 & 0xFFFF_F000
    let minor = device & 0xFF | device >> 12 & 0xFFFF_FF00
    for line in mounts.split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard fields.count > 4, fields[2] == "\(major):\(minor)",
        let dash = fields.firstIndex(of: "-"), dash + 1 < fields.count
      else { continue }
      return storage(type: String(fields[dash + 1]))
    }
    return nil
  }

  private static func storage(type: String) -> Storage {
    switch type {
    case "tmpfs", "ramfs": .memory
    case "overlay", "aufs": .container
    case "nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "glusterfs": .network(type)
    case _ where type.hasPrefix("fuse."): .network(type)
    default: .disk
    }
  }
}
