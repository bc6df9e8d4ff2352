// Orders of keepers → files. What does not fit becomes a gap; what playlists must say waits until it fits.

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
  /// How often in a row a show's folder alone could not be written.
  private var failures: [Substring: Int] = [:]
  /// When all is tried again; nil while the disk can be written.
  private var retryAt: Instant?
  /// When what waits is tried again.
  private var flushAt = Instant.zero

  /// Left free for playlists, the ends of shows, and whoever else has files there.
  static var reserveBytes: Int { 16 << 20 }
  /// Free before segments are written again: some seconds of sixteen rooms above the reserve, so that it is not
  /// stopped at once.
  static var resumeBytes: Int { 48 << 20 }
  /// How often it is tried again.
  static var retryInterval: TimeSpan { .seconds(2) }
  /// So often in a row one show alone may fail: then it is given up, and the others go on.
  static var failuresMax: Int { 5 }
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
        failures[folder] = nil
        report(.kept(byteCount: segment.byteCount))
        put(segment.kept.map { .append($0) }, folder, at: now, report)
        return
      } catch {
        stop(error, folder, at: now, report)
      }
    }
    report(.lost)
    put(segment.lost.map { .append($0) }, folder, at: now, report)
  }

  /// Tries again when it is time; call now and then.
  package mutating func advance(to now: Instant, _ report: (OnShowWriter) -> Void) {
    if let due = retryAt {
      guard now >= due else { return }
      retryAt = now + ShowWriter.retryInterval
      guard disk.freeBytes() >= ShowWriter.resumeBytes, isWritable else { return }
      retryAt = nil
      flushAt = now
      tryAgain(at: now, report)
      if retryAt == nil { report(.resumed) }
    } else {
      tryAgain(at: now, report)
    }
  }

  private mutating func tryAgain(at now: Instant, _ report: (OnShowWriter) -> Void) {
    guard !backlogs.isEmpty, now >= flushAt else { return }
    flushAt = now + ShowWriter.retryInterval
    flush(report)
    guard !backlogs.isEmpty else { return }
    guard disk.freeBytes() >= ShowWriter.reserveBytes, isWritable else {
      retryAt = now + ShowWriter.retryInterval
      return
    }
    // Others get through: what still waits does for its own folder.
    for folder in backlogs.keys.sorted() { fail(folder, report) }
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
          stop(error, folder, at: now, report)
        }
      }
      backlogs[folder, default: []].append(order)
      backlogBytes[folder, default: 0] += order.byteCount
    }
    guard let waiting = backlogBytes[folder], waiting > ShowWriter.backlogBytesMax else { return }
    giveUp(folder, report)
  }

  private mutating func giveUp(_ folder: Substring, _ report: (OnShowWriter) -> Void) {
    let waiting = backlogs.removeValue(forKey: folder) ?? []
    backlogBytes[folder] = nil
    failures[folder] = nil
    // After its end nothing comes that would be passed over.
    let isOver = waiting.contains { if case .finish = $0 { true } else { false } }
    if !isOver { abandoned.insert(folder) }
    report(.givenUp(folder: String(folder)))
  }

  /// Counts that a show's folder could not be written where others can.
  private mutating func fail(_ folder: Substring, _ report: (OnShowWriter) -> Void) {
    failures[folder, default: 0] += 1
    if failures[folder, default: 0] >= ShowWriter.failuresMax { giveUp(folder, report) }
  }

  /// A fault of the disk stops segments of all shows; one of a folder is its show's alone.
  private mutating func stop(
    _ fault: DiskFault, _ folder: Substring, at now: Instant, _ report: (OnShowWriter) -> Void
  ) {
    flushAt = max(flushAt, now + ShowWriter.retryInterval)
    guard retryAt == nil else { return }
    if disk.freeBytes() >= ShowWriter.reserveBytes, isWritable, !fault.isFull {
      return fail(folder, report)
    }
    report(.stopped(fault))
    retryAt = now + ShowWriter.retryInterval
  }

  private func write(_ segment: KeptSegment) throws(DiskFault) {
    guard disk.freeBytes() - segment.byteCount >= ShowWriter.reserveBytes else { throw .full }
    try disk.replace(
      segment.path, SegmentCipher.sealed(segment.chunks, segment.cipher), isSecret: false,
      isDurable: true)
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
