// Which packets of a stream to ask for again, and when: the receiver's side of Generic NACK.

package import Wire

/// The packets one encoding misses. Works on extended sequence numbers; allocates at creation only.
///
/// A number is asked for when one `reorderPackets` above it was seen or `reorderWait` has passed, then each
/// round-trip time, until it arrives, `triesMax` requests went out, or it is `ageMax` old.
package struct MissingPackets: Sendable {
  private struct Entry {
    let number: Int64
    let missedAt: Instant
    var askedAt: Instant?
    var tries = 0
  }

  /// Ascending by number.
  private var entries: [Entry] = []
  private var highest: Int64?
  /// Packets given up since the start, unasked or unanswered; of a jump at most 2^16 count. When it
  /// moves, a keyframe is needed.
  package private(set) var abandoned = 0

  /// The most packets missing at once: over a second of the largest layer (about 300 packets/s). A gap
  /// beyond it cannot be repaired in time; a keyframe can.
  package static let missingMax = 512
  /// How far behind the highest a missing packet is asked for at once: a network that reorders does it by one or two.
  package static let reorderPackets: Int64 = 2
  /// Time before a missing packet is asked for, when no newer ones come.
  package static let reorderWait = TimeSpan.milliseconds(10)
  /// The least time between two requests for one packet: on short paths, scheduling takes longer than
  /// the round trip.
  package static let retryMin = TimeSpan.milliseconds(20)
  /// Requests for one packet: at 10 the odds against all being lost are 10^10 to 1 at 10 % loss.
  package static let triesMax = 10
  /// A packet this old is of no use to a viewer whose picture is under a second behind.
  package static let ageMax = TimeSpan.seconds(Int64(1))

  /// Nothing missing.
  package init() { entries.reserveCapacity(MissingPackets.missingMax) }

  /// The number of packets missing now, 0...`missingMax`.
  package var count: Int { entries.count }
  package var isEmpty: Bool { entries.isEmpty }

  /// Notes that `number` arrived, by itself or by retransmission.
  ///
  /// A jump ahead that leaves more than `missingMax` missing gives up all of them and goes on from
  /// `number`.
  package mutating func receive(_ number: Int64, at now: Instant) {
    guard let highest else {
      highest = number
      return
    }
    if number <= highest {
      let index = position(of: number)
      if index < entries.count, entries[index].number == number { entries.remove(at: index) }
      return
    }
    let (gap, overflow) = (number &- 1).subtractingReportingOverflow(highest)
    self.highest = number
    if overflow || gap > MissingPackets.missingMax {
      abandonAll()
      abandoned += overflow ? MissingPackets.missingMax : Int(min(gap, 0x1_0000))
      return
    }
    let excess = entries.count + Int(gap) - MissingPackets.missingMax
    if excess > 0 { abandonFirst(excess) }
    for missing in (number - gap)..<number {
      entries.append(Entry(number: missing, missedAt: now, askedAt: nil))
    }
  }

  /// Forgets packets before `number`: what comes before a keyframe is not needed after it, so they do
  /// not count as abandoned.
  package mutating func forget(before number: Int64) {
    entries.removeFirst(position(of: number))
  }

  /// Forgets everything and starts with the next packet that arrives.
  package mutating func reset() {
    entries.removeAll(keepingCapacity: true)
    highest = nil
  }

  /// Appends to `list` the numbers to ask for now, ascending, and counts them as asked for.
  ///
  /// - Parameters:
  ///   - roundTrip: the time between requests for one packet; at least `retryMin` is used.
  ///   - list: bounded by its capacity, so that nothing is allocated; what does not fit stays due.
  package mutating func takeDue(
    at now: Instant, roundTrip: TimeSpan, into list: inout [SerialNumber16]
  ) {
    abandonHopeless(at: now)
    guard let highest else { return }
    for index in entries.indices where list.count < list.capacity {
      guard isDue(entries[index], at: now, roundTrip: roundTrip, highest: highest) else { continue }
      list.append(SerialNumber16(UInt16(truncatingIfNeeded: entries[index].number)))
      entries[index].askedAt = now
      entries[index].tries += 1
    }
  }

  /// When `takeDue` next has something to do if no packet arrives; nil when nothing is missing.
  package func nextDue(roundTrip: TimeSpan) -> Instant? {
    guard let highest else { return nil }
    var next: Instant?
    for entry in entries {
      var due = entry.missedAt + MissingPackets.ageMax
      if entry.tries < MissingPackets.triesMax {
        due = min(due, requestTime(entry, roundTrip: roundTrip, highest: highest))
      }
      if next.map({ due < $0 }) ?? true { next = due }
    }
    return next
  }

  private func isDue(
    _ entry: Entry, at now: Instant, roundTrip: TimeSpan, highest: Int64
  ) -> Bool {
    entry.tries < MissingPackets.triesMax
      && now >= requestTime(entry, roundTrip: roundTrip, highest: highest)
  }

  private func requestTime(_ entry: Entry, roundTrip: TimeSpan, highest: Int64) -> Instant {
    if let askedAt = entry.askedAt { return askedAt + max(roundTrip, MissingPackets.retryMin) }
    if highest - entry.number >= MissingPackets.reorderPackets { return entry.missedAt }
    return entry.missedAt + MissingPackets.reorderWait
  }

  /// The last request gets its time to be answered: only `ageMax` ends it.
  private mutating func abandonHopeless(at now: Instant) {
    var old = 0
    while old < entries.count, now - entries[old].missedAt >= MissingPackets.ageMax { old += 1 }
    abandonFirst(old)
  }

  private mutating func abandonFirst(_ count: Int) {
    let count = min(count, entries.count)
    guard count > 0 else { return }
    abandoned += count
    entries.removeFirst(count)
  }

  private mutating func abandonAll() {
    abandoned += entries.count
    entries.removeAll(keepingCapacity: true)
  }

  /// The index of the first entry at or after `number`.
  private func position(of number: Int64) -> Int {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].number < number { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
