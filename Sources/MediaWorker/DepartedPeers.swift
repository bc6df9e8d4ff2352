// Where the last words of peers go that have been forgotten: their close_notify comes a moment later.

import MediaControl
import Wire

/// The paths of peers that ended within the last one or two slow turns.
struct DepartedPeers {
  private var recent: [PeerID: TransportPath] = [:]
  private var older: [PeerID: TransportPath] = [:]

  /// Remembers where to send what the handshake thread still has to say; bounded by `peersMax`.
  mutating func note(_ id: PeerID, _ path: TransportPath) {
    if recent.count < WorkerLimits.peersMax { recent[id] = path }
  }

  func path(of id: PeerID) -> TransportPath? { recent[id] ?? older[id] }

  /// Forgets those noted before the last call.
  mutating func age() {
    if recent.isEmpty && older.isEmpty { return }
    older = recent
    recent = [:]
  }
}
