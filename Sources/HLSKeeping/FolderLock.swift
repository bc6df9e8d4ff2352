// One process at a time keeps shows in a folder: another would finish what this one is keeping.

import Glibc

/// The lock of a folder. A class: it is one descriptor, closed once; the kernel ends it with the process.
package final class FolderLock {
  private let descriptor: Int32

  private static let name = ".lock"

  /// Makes the folder if there is none, and locks it; nil when another process has it.
  ///
  /// - Throws: when the folder can't be made or written to.
  package init?(_ folder: FolderDisk) throws(DiskFault) {
    try folder.append(FolderLock.name, [])
    descriptor = unsafe open("\(folder.root)/\(FolderLock.name)", O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { throw .last }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let fault = DiskFault.last
      close(descriptor)
      if fault.code == EWOULDBLOCK { return nil }
      throw fault
    }
  }

  deinit { close(descriptor) }
}
