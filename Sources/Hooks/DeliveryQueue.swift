// Which delivery is sent when: one lane per endpoint, fed from the disk, so that none delays another.

package import Crypto
package import RoomLog

/// The deliveries that are on their way. Sans-IO: the disk, the network and the clock are the caller's.
///
/// What is here is on the disk too, as waiting; it leaves the disk's list only when `record` is carried
/// out. So what was sent when the process died is sent again, with the same id.
package struct DeliveryQueue: Sendable {
  /// What is to be done, in order.
  package enum Effect: Hashable, Sendable {
    /// Read the endpoint's waiting deliveries, earliest due first, at most `HookLimits.laneMax`; then
    /// `found`.
    case load(endpoint: Int64)
    /// Send it once; then `take`.
    case send(HookDeliveryRow)
    /// Write down what a try came to; then `recorded`.
    case record(HookAttemptRow, endpoint: Int64)
    /// The endpoint wants no more.
    case disable(endpoint: Int64, why: String)
  }

  private struct Lane: Sendable {
    var isEnabled: Bool
    /// Earliest due first; never longer than `HookLimits.laneMax`.
    var waiting: [HookDeliveryRow] = []
    var underWay: [Int64: HookDeliveryRow] = [:]
    /// Tried, and that is not on the disk yet: as they will be then.
    var recording: [Int64: HookDeliveryRow] = [:]
    /// Recorded while a reading was under way, which may not know it yet.
    var recordedMeanwhile: Set<Int64> = []
    var isLoading = false
    /// Something may be on the disk that a reading under way does not see.
    var isStale = true
    /// All that waits on the disk and is due up to here is in memory too.
    var horizonMs = Int64.min
  }

  private var lanes: [Int64: Lane] = [:]
  private var underWayCount = 0
  private var random: RandomSource

  /// - Parameter random: spreads the waits.
  package init(random: RandomSource) { self.random = random }

  // MARK: Endpoints

  /// These are the endpoints from now on.
  package mutating func set(_ endpoints: [HookEndpointRow]) {
    let ids = Set(endpoints.map(\.id))
    for id in lanes.keys where !ids.contains(id) {
      underWayCount -= lanes[id]?.underWay.count ?? 0
      lanes[id] = nil
    }
    for endpoint in endpoints {
      let isEnabled = endpoint.disabledMs == nil
      if lanes[endpoint.id]?.isEnabled == false, isEnabled { lanes[endpoint.id]?.isStale = true }
      lanes[endpoint.id, default: Lane(isEnabled: isEnabled)].isEnabled = isEnabled
    }
  }

  /// New deliveries to these endpoints are on the disk.
  package mutating func notice(_ endpoints: Set<Int64>) {
    for id in endpoints { lanes[id]?.isStale = true }
  }

  /// What a reading found, earliest due first. Nil: it could not be read, and is read again.
  package mutating func found(_ rows: [HookDeliveryRow]?, of endpoint: Int64) {
    guard var lane = lanes[endpoint] else { return }
    defer { lanes[endpoint] = lane }
    lane.isLoading = false
    guard let rows else { return lane.isStale = true }
    let known = Set(lane.waiting.map(\.id)).union(lane.underWay.keys).union(lane.recording.keys)
      .union(lane.recordedMeanwhile)
    lane.recordedMeanwhile = []
    lane.horizonMs = rows.count < HookLimits.laneMax ? .max : rows.last?.dueMs ?? .max
    for row in rows where !known.contains(row.id) { DeliveryQueue.put(row, &lane) }
  }

  /// In order of time; what is later than the horizon is left to the disk.
  private static func put(_ row: HookDeliveryRow, _ lane: inout Lane) {
    guard row.dueMs <= lane.horizonMs else { return }
    let place = lane.waiting.firstIndex { $0.dueMs > row.dueMs } ?? lane.waiting.count
    lane.waiting.insert(row, at: place)
    guard lane.waiting.count > HookLimits.laneMax else { return }
    lane.waiting.removeLast()
    // The one that left is on the disk only, and so is whatever is later.
    lane.horizonMs = lane.waiting.last?.dueMs ?? .max
  }

  // MARK: Time

  /// What is due.
  package mutating func advance(atMs now: Int64) -> [Effect] {
    var effects: [Effect] = []
    // The lane with the least under way goes first: a slow endpoint's tries must not fill all places.
    let order = lanes.keys.sorted {
      (lanes[$0]?.underWay.count ?? 0, $0) < (lanes[$1]?.underWay.count ?? 0, $1)
    }
    for id in order {
      guard var lane = lanes[id], lane.isEnabled else { continue }
      while hasPlace(lane), let first = lane.waiting.first, first.dueMs <= now {
        lane.waiting.removeFirst()
        lane.underWay[first.id] = first
        underWayCount += 1
        effects.append(.send(first))
      }
      let isDrained = lane.waiting.isEmpty && lane.horizonMs != .max
      if !lane.isLoading, lane.isStale || isDrained {
        lane.isLoading = true
        lane.isStale = false
        effects.append(.load(endpoint: id))
      }
      lanes[id] = lane
    }
    return effects
  }

  /// When `advance` has something to do, milliseconds since 1970; nil: not by itself.
  package var nextDueMs: Int64? {
    lanes.values.lazy.filter { $0.isEnabled && hasPlace($0) }
      .compactMap { $0.waiting.first?.dueMs }.min()
  }

  /// Whether one more try of a lane may begin. A lane that has none under way always may: however many
  /// receivers hang, others are not kept waiting.
  private func hasPlace(_ lane: Lane) -> Bool {
    lane.underWay.isEmpty
      || lane.underWay.count < HookLimits.underWayPerEndpoint
        && underWayCount < HookLimits.underWayMax
  }

  /// Tries under way.
  package var sendingCount: Int { underWayCount }

  // MARK: Outcomes

  /// How a try ended.
  package mutating func take(
    _ outcome: HookOutcome, of delivery: Int64, to endpoint: Int64, atMs now: Int64
  ) -> [Effect] {
    guard var row = lanes[endpoint]?.underWay.removeValue(forKey: delivery) else { return [] }
    underWayCount -= 1
    row.attempts += 1
    row.lastStatus = outcome.status
    row.lastError = outcome.errorText
    let wait =
      outcome.isGone
      ? nil
      : RetrySchedule.waitMs(
        after: row.attempts, retryAfterMs: outcome.retryAfterMs, &random)
    if outcome.isDelivered {
      row.state = .delivered
    } else if let wait {
      row.dueMs = now + wait
    } else {
      row.state = .dead
    }
    lanes[endpoint]?.recording[delivery] = row
    var effects: [Effect] = [
      .record(
        HookAttemptRow(
          delivery: delivery, attempts: row.attempts, state: row.state, dueMs: row.dueMs,
          status: row.lastStatus, error: row.lastError, atMs: now), endpoint: endpoint)
    ]
    if outcome.isGone {
      lanes[endpoint]?.isEnabled = false
      effects.append(.disable(endpoint: endpoint, why: "it answered 410 Gone"))
    }
    return effects
  }

  /// What a try came to is on the disk.
  package mutating func recorded(_ delivery: Int64, of endpoint: Int64) {
    guard var lane = lanes[endpoint],
      let row = lane.recording.removeValue(forKey: delivery)
    else { return }
    if lane.isLoading { lane.recordedMeanwhile.insert(delivery) }
    if row.state == .waiting { DeliveryQueue.put(row, &lane) }
    lanes[endpoint] = lane
  }
}
