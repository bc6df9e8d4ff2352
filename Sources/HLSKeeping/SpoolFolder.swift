// The folder of a spool: segments of live rooms that are too old for memory. Nothing in it outlives the process.

import Crypto
package import HLS
package import Wire

/// Writes, reads and removes the files of a spool. Each is as it is given out: whole, and encrypted if that is.
package struct SpoolFolder<Disk: KeptDisk> {
  private let disk: Disk
  /// Until then nothing is tried: a disk that has failed is not asked for each segment that waits.
  private var pausedUntil: Instant?
  private var fault = DiskFault.full

  /// Left free for whoever else has files there.
  static var reserveBytes: Int { 16 << 20 }
  /// How long what comes after a failure fails with it.
  static var pause: TimeSpan { .seconds(1) }
  /// Of one file: a segment of the longest parts.
  static var fileBytesMax: Int { 64 << 20 }
  /// The folder's name below the one that was named: nothing else there is ever removed.
  package static var name: String { "hawker-hls-spool" }

  package init(_ disk: Disk) { self.disk = disk }

  /// Removes everything, as of an earlier run.
  package func clear() {
    for name in disk.list("") { disk.remove(name) }
  }

  /// Writes a segment; returns when a reader can have it.
  ///
  /// It is not waited for until it is on the disk itself: after a crash there is nobody to read it. What turns out
  /// later not to be readable is found when it is read.
  package mutating func write(
    _ segment: SpoolSegment, room: String, at now: Instant
  ) throws(DiskFault) {
    if let pausedUntil, now < pausedUntil { throw fault }
    do throws(DiskFault) {
      guard disk.freeBytes() - segment.byteCount >= SpoolFolder.reserveBytes else { throw .full }
      let path = "\(room)/\(segment.name.path)"
      try disk.replace(
        path, try SegmentCipher.sealed(segment.chunks, segment.cipher), isSecret: false,
        isDurable: false)
      pausedUntil = nil
    } catch {
      (pausedUntil, fault) = (now + SpoolFolder.pause, error)
      throw error
    }
  }

  /// A segment's file, whole.
  package func read(_ name: SpoolName, room: String) throws(DiskFault) -> [UInt8] {
    let bytes = try disk.read("\(room)/\(name.path)", limit: SpoolFolder.fileBytesMax)
    guard bytes.count == name.byteCount else { throw .unreadable }
    return bytes
  }

  /// Removes a file, or a folder with all that is in it.
  package func remove(_ path: String, room: String) { disk.remove("\(room)/\(path)") }
}

extension SpoolFolder: Sendable where Disk: Sendable {}

extension SegmentCipher {
  /// A segment's bytes as they are given out: encrypted if they are to be.
  static func sealed(_ chunks: [[UInt8]], _ cipher: SegmentCipher?) throws(DiskFault) -> [[UInt8]] {
    guard let cipher else { return chunks }
    guard let sealed = AESCBC.encrypt(chunks, key: cipher.key, vector: cipher.vector) else {
      throw .noMemory
    }
    return [sealed]
  }
}
