// Orders of keepers → files. What does not fit becomes a gap; what playlists must say waits until it fits.

import Crypto
package import HLS
package import Wire

/// What writing has come to, for whoever counts and logs.
package enum OnShowWriter: Hashable, Sendable {
  /// A segment is on the disk.
  case kept(byteCount: Int)
  /// A segment is a gap.
  case lost
  /// From now on segments become gaps.
  case stopped(DiskFault)
  /// No more.
  case resumed
  /// The show in this folder is over and can be asked for.
  case finished(folder: String)
  /// What this show's playlists say waits for too long: it ends where it is.
  case givenUp(folder: String)
}

/// Carries out orders. For a thread of its own.
package struct ShowWriter<Disk: KeptDisk> {
  private let disk: Disk
  /// What waits for room, by show.
  private var backlogs: [Substring: [KeepOrder]] = [:]
  private var backlogBytes: [Substring: Int] = [:]
  private var abandoned: Set<Substring> = []
  private var retryAt: Instant?

  /// Left free for playlists, the ends of shows, and whoever else has files there.
  static var reserveBytes: Int { 16 << 20 }
  /// Free before segments are written again: some seconds of sixteen rooms above the reserve, so that it is not
  /// stopped at once.
  static var resumeBytes: Int { 48 << 20 }
  /// How often it is tried again.
  static var retryInterval: TimeSpan { .seconds(2) }
  /// Of playlists and small files that wait for one show: some hours of three renditions and sound.
  static var backlogBytesMax: Int { 4 << 20 }

  package init(_ disk: Disk) { self.disk = disk }

  /// Whether segments become gaps at the moment.
  package var isStopped: Bool { retryAt != nil }

  /// Carries out an order, or has it wait.
  package mutating func take(
    _ order: KeepOrder, at now: Instant, _ report: (OnShowWriter) -> Void
  ) {
    let folder = order.folder
    guard !abandoned.contains(folder) else {
      if case .finish = order { abandoned.remove(folder) }
      return
    }
    advance(to: now, report)
    guard case .segment(let segment) = order else {
      put([order], folder, at: now, report)
      return
    }
    if retryAt == nil, backlogs[folder] == nil {
      do throws(DiskFault) {
        try write(segment)
        report(.kept(byteCount: segment.byteCount))
        put(segment.kept.map { .append($0) }, folder, at: now, report)
        return
      } catch {
        stop(error, at: now, report)
      }
    }
    report(.lost)
    put(segment.lost.map { .append($0) }, folder, at: now, report)
  }

  /// Tries again when it is time; call now and then.
  package mutating func advance(to now: Instant, _ report: (OnShowWriter) -> Void) {
    guard let due = retryAt, now >= due else { return }
    retryAt = now + ShowWriter.retryInterval
    guard disk.freeBytes() >= ShowWriter.resumeBytes, isWritable else { return }
    flush(report)
    guard backlogs.isEmpty else { return }
    retryAt = nil
    report(.resumed)
  }

  /// Says that no order follows: what waits is tried once more.
  package mutating func end(_ report: (OnShowWriter) -> Void) { flush(report) }

  /// Whether a file can be written at all: else every show's next segment would stop it again.
  private var isWritable: Bool {
    let name = ".probe"
    guard (try? disk.replace(name, [0])) != nil else { return false }
    disk.remove(name)
    return true
  }

  private mutating func flush(_ report: (OnShowWriter) -> Void) {
    for folder in backlogs.keys.sorted() {
      guard let waiting = backlogs.removeValue(forKey: folder) else { continue }
      backlogBytes[folder] = nil
      for (index, order) in waiting.enumerated() {
        do throws(DiskFault) {
          try carryOut(order, report)
        } catch {
          backlogs[folder] = Array(waiting[index...])
          backlogBytes[folder] = waiting[index...].reduce(0) { $0 + $1.byteCount }
          break
        }
      }
    }
  }

  /// Small orders: at once where nothing waits, else behind what waits.
  private mutating func put(
    _ orders: [KeepOrder], _ folder: Substring, at now: Instant, _ report: (OnShowWriter) -> Void
  ) {
    for order in orders {
      if backlogs[folder] == nil {
        do throws(DiskFault) {
          try carryOut(order, report)
          continue
        } catch {
          stop(error, at: now, report)
        }
      }
      backlogs[folder, default: []].append(order)
      backlogBytes[folder, default: 0] += order.byteCount
    }
    guard let waiting = backlogBytes[folder], waiting > ShowWriter.backlogBytesMax else { return }
    backlogs[folder] = nil
    backlogBytes[folder] = nil
    abandoned.insert(folder)
    report(.givenUp(folder: String(folder)))
  }

  private mutating func stop(
    _ fault: DiskFault, at now: Instant, _ report: (OnShowWriter) -> Void
  ) {
    if retryAt == nil { report(.stopped(fault)) }
    retryAt = now + ShowWriter.retryInterval
  }

  private func write(_ segment: KeptSegment) throws(DiskFault) {
    guard disk.freeBytes() - segment.byteCount >= ShowWriter.reserveBytes else { throw .full }
    var chunks = segment.chunks
    if let cipher = segment.cipher {
      guard let sealed = AESCBC.encrypt(chunks, key: cipher.key, vector: cipher.vector) else {
        throw .noMemory
      }
      chunks = [sealed]
    }
    try disk.replace(segment.path, chunks, isSecret: false, isDurable: true)
  }

  private func carryOut(
    _ order: KeepOrder, _ report: (OnShowWriter) -> Void
  ) throws(DiskFault) {
    switch order {
    case .segment: break
    case .file(let path, let bytes, let isSecret):
      try disk.replace(path, [bytes], isSecret: isSecret, isDurable: true)
    case .append(let text): try disk.append(text.path, Array(text.text.utf8))
    case .finish(let folder):
      if try ShowFinish(disk).finish(folder) { report(.finished(folder: folder)) }
    }
  }
}
