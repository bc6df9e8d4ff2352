// A room as its log alone tells it, with everything that no log may say.

import Commerce
import Room
import RoomLog

@testable import Endpoints
@testable import Store

/// A room replayed from its first event, without snapshots.
struct ReplayedRoom {
  private(set) var state = RoomState()
  private(set) var complaints: [String] = []
  /// Number, coins and count of each gift, in order.
  private(set) var gifts: [[Int64]] = []
  private(set) var wins = 0
  private(set) var expired = 0

  /// - Parameter deaths: when processes died, milliseconds since 1970.
  init(_ key: RoomKey, from reader: RoomReader, atMs nowMs: Int64, deaths: [Int64] = []) throws {
    let image = try reader.image(of: key, atMs: nowMs, snapshotBefore: 0)
    for row in image.tail {
      let entry = SequencedEvent(row)
      if case .shop(let event) = entry.event { check(event, entry, deaths) }
      state.apply(entry)
    }
    if state.ignoredCount > 0 { complaints.append("the log has events without meaning") }
    complaints += state.shop.violations()
  }

  /// What an event may not be, by the state before it.
  private mutating func check(_ event: ShopEvent, _ entry: SequencedEvent, _ deaths: [Int64]) {
    let shop = state.shop
    switch event {
    case .lotAwarded(let lot, _, _, _):
      wins += 1
      let isHeld = shop.holds.contains { $0.value.source == .lot(lot) }
      let isPaid = shop.orders.contains {
        $0.value.lot == lot && [.paid, .shipped].contains($0.value.status)
      }
      if isHeld || isPaid { complaints.append("lot \(lot) has two winners") }
    case .holdEnded(let id, _, .expired):
      expired += 1
      guard let hold = shop.holds[id] else { return }
      // A process that had died had to begin first, and to find the room.
      let death = deaths.last { $0 <= entry.atMs } ?? 0
      if entry.atMs > max(hold.untilMs, death + SimulatedMoney.openingMs) + 1000 {
        complaints.append("hold \(id) was to end at \(hold.untilMs), not \(entry.atMs)")
      }
    case .gifted(let gift):
      gifts.append([gift.posting.number, gift.posting.coins, gift.posting.count])
    default: break
    }
  }
}
