// The folder of kept shows on a real file system.

import Glibc
import HLS
import Testing

@testable import HLSKeeping

@Suite("The folder of kept shows")
struct FolderDiskTests {
  /// A new folder for one test.
  private func disk() throws -> FolderDisk {
    var template = Array("/tmp/hawker-kept-XXXXXX".utf8CString)
    let made = unsafe mkdtemp(&template) != nil
    try #require(made)
    return FolderDisk(
      String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
  }

  private func mode(_ disk: FolderDisk, _ path: String) -> mode_t {
    var status = stat()
    guard unsafe stat("\(disk.root)/\(path)", &status) == 0 else { return 0 }
    return status.st_mode & 0o777
  }

  @Test("files appear whole in folders that are made, are appended to, listed, read and removed")
  func files() throws {
    let disk = try disk()
    defer { disk.remove("") }
    try disk.replace("a/b/c/x.m4s", [[1, 2], [3]], isSecret: false, isDurable: true)
    try disk.replace("a/b/c/k.key", [[9]], isSecret: true, isDurable: true)
    try disk.append("a/b/c/index.m3u8", Array("one\n".utf8))
    try disk.append("a/b/c/index.m3u8", Array("two\n".utf8))
    #expect(disk.list("a/b/c") == ["index.m3u8", "k.key", "x.m4s"])
    #expect(try disk.read("a/b/c/x.m4s", limit: 3) == [1, 2, 3])
    #expect(
      String(decoding: try disk.read("a/b/c/index.m3u8", limit: 100), as: UTF8.self) == "one\ntwo\n"
    )
    #expect(throws: DiskFault.self) { try disk.read("a/b/c/x.m4s", limit: 2) }
    #expect(throws: DiskFault.self) { try disk.read("a/b/c/y.m4s", limit: 2) }
    #expect(throws: DiskFault.self) { try disk.read("a/b", limit: 2) }
    #expect(mode(disk, "a/b/c/k.key") == 0o600)
    #expect(mode(disk, "a/b/c/x.m4s") & 0o007 == 0)
    #expect(disk.size("a/b/c/x.m4s") == 3 && disk.size("a/b/c") == nil)
    disk.remove("a/b")
    #expect(disk.list("a").isEmpty)
    #expect(disk.freeBytes() > 0)
  }

  @Test("one process at a time keeps shows in a folder")
  func lock() throws {
    let disk = try disk()
    defer { disk.remove("") }
    var first = try FolderLock(disk)
    #expect(first != nil)
    #expect(try FolderLock(disk) == nil)
    first = nil
    #expect(try FolderLock(disk) != nil)
    #expect(throws: DiskFault.self) { try FolderLock(FolderDisk("/proc/none")) }
  }
}
