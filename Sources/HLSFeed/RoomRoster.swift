// Which rooms of a server are relayed: by its list of rooms, and by what is heard of each. Sans-IO.

package import Wire

/// A row of the server's list of rooms.
package struct ListedRoom: Hashable, Sendable {
  package let name: String
  /// Whether there is something to see now; else the host is away for a while.
  package let isLive: Bool
  /// Where another server is that has it; empty where that does not say, nil: the one asked has it.
  package let server: String?

  package init(name: String, isLive: Bool, server: String? = nil) {
    self.name = name
    self.isLive = isLive
    self.server = server
  }
}

/// Which rooms of a list are to be relayed.
package enum RosterReach: String, Hashable, Sendable {
  /// Those of the server that is asked: one sidecar beside each server.
  case own
  /// Those of all servers on its database that say where they are.
  case all

  func includes(_ room: ListedRoom) -> Bool {
    guard let server = room.server else { return true }
    return self == .all && (server.hasPrefix("http://") || server.hasPrefix("https://"))
  }
}

/// What is to be done about a room.
package enum OnRoster: Hashable, Sendable {
  /// Play it; also one that had ended.
  case begin(String)
  /// Its show is over: playlists say so, and stay for a while.
  case end(String)
  /// Nobody needs its playlists any more.
  case forget(String)
}

/// The rooms that are relayed.
///
/// A room begins when it is listed as live and within reach, and ends when it is told to have ended, is not listed for
/// `unlistedMax`, or has had no media for `idleMax`. When there are as many as may be, those that are
/// over give way to a new one, the longest over first; a living one never does.
package struct RoomRoster: Sendable {
  private struct Entry {
    var listedAt: Instant
    var idleSince: Instant?
    var endedAt: Instant?
  }

  private var entries: [String: Entry] = [:]
  private let roomsMax: Int
  private let reach: RosterReach
  /// Rooms that were not begun because there were too many; counted once for each list they were on.
  package private(set) var refusedCount: UInt64 = 0

  /// A host who comes back within this time finds the show going on.
  package static let unlistedMax = TimeSpan.seconds(30)
  /// A room without media for so long costs more than it gives: it begins again when it is live.
  package static let idleMax = TimeSpan.seconds(300)
  /// How long playlists that say the show is over can be read: whoever watched has seen it by then.
  package static let endedKept = TimeSpan.seconds(120)

  /// - Parameter roomsMax: at least one.
  package init(roomsMax: Int, reach: RosterReach = .all) {
    self.roomsMax = max(1, roomsMax)
    self.reach = reach
  }

  /// How many there are, with those that are over.
  package var count: Int { entries.count }

  /// Takes a list that was asked for at `asked`: what ended since then is over, whatever the list says.
  package mutating func take(_ list: [ListedRoom], asked: Instant) -> [OnRoster] {
    var effects: [OnRoster] = []
    for room in list where reach.includes(room) {
      guard var entry = entries[room.name] else {
        if room.isLive { effects += begin(room.name, at: asked) }
        continue
      }
      if let endedAt = entry.endedAt {
        guard room.isLive, endedAt < asked else { continue }
        entry = Entry(listedAt: asked)
        effects.append(.begin(room.name))
      }
      entry.listedAt = asked
      entries[room.name] = entry
    }
    for (name, entry) in entries.sorted(by: { $0.key < $1.key })
    where entry.endedAt == nil && asked - entry.listedAt > RoomRoster.unlistedMax {
      effects += end(name, at: asked)
    }
    return effects
  }

  /// A room was heard to be over.
  package mutating func end(_ name: String, at now: Instant) -> [OnRoster] {
    guard entries[name]?.endedAt == nil, entries[name] != nil else { return [] }
    entries[name]?.endedAt = now
    return [.end(name)]
  }

  /// Lets time pass; `idle` are the rooms that have no media now.
  package mutating func advance(idle: Set<String>, at now: Instant) -> [OnRoster] {
    var effects: [OnRoster] = []
    for (name, entry) in entries.sorted(by: { $0.key < $1.key }) {
      if let endedAt = entry.endedAt {
        guard now - endedAt > RoomRoster.endedKept else { continue }
        entries[name] = nil
        effects.append(.forget(name))
      } else if !idle.contains(name) {
        entries[name]?.idleSince = nil
      } else if let since = entry.idleSince {
        if now - since > RoomRoster.idleMax { effects += end(name, at: now) }
      } else {
        entries[name]?.idleSince = now
      }
    }
    return effects
  }

  private mutating func begin(_ name: String, at now: Instant) -> [OnRoster] {
    var effects: [OnRoster] = []
    if entries.count >= roomsMax {
      let over = entries.compactMap { each in each.value.endedAt.map { ($0, each.key) } }
      guard let oldest = over.min(by: { $0 < $1 }) else {
        refusedCount &+= 1
        return []
      }
      entries[oldest.1] = nil
      effects.append(.forget(oldest.1))
    }
    entries[name] = Entry(listedAt: now)
    return effects + [.begin(name)]
  }
}
