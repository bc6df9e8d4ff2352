// Where the last words of peers go that have been forgotten: their close_notify comes a moment later.

import MediaControl
import Wire

/// The paths of peers that ended within the last one or two slow turns.
struct DepartedPeers {
  private var recent: [PeerID: TransportPath] = [:]
  private var older: [PeerID: TransportPath] = [:]
  /// Those whose last words have not come yet.
  private var silent: Set<PeerID> = []

  /// Remembers where to send what the handshake thread still has to say; bounded by `peersMax`.
  mutating func note(_ id: PeerID, _ path: TransportPath) {
    guard recent.count < WorkerLimits.peersMax else { return }
    recent[id] = path
    silent.insert(id)
  }

  /// Where the last words of `id` go; nil when it has been gone for too long.
  mutating func farewell(of id: PeerID) -> TransportPath? {
    silent.remove(id)
    return recent[id] ?? older[id]
  }

  /// Whether last words are still to come.
  var awaitsFarewells: Bool { !silent.isEmpty }

  /// Forgets those noted before the last call.
  mutating func age() {
    if recent.isEmpty && older.isEmpty { return }
    silent.subtract(older.keys)
    older = recent
    recent = [:]
  }
}
