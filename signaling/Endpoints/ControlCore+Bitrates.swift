// The room's cap on what one publisher sends: told in every answer, and kept to.

import MediaControl
import RTP
import Room
import Wire

extension ControlCore {
  /// What one publisher may send in a room; nil is no cap.
  func bitrateMax(of room: String) -> Bitrate? {
    guard let cap = houses[room]?.state.show.settings.bitrateMax, cap > 0 else { return nil }
    return Bitrate(bitsPerSecond: cap)
  }

  /// The video codec that is answered first in a room.
  func preferCodec(of room: String) -> Codec {
    switch houses[room]?.state.show.settings.codec {
    case .vp8: .vp8
    case .h264: .h264
    case .vp9: .vp9
    case .av1: .av1
    case .server, nil: config.preferCodec
    }
  }

  /// Ends publishers that go on sending more than their room takes.
  mutating func checkBitrates(at now: Instant) {
    for room in rooms.keys {
      guard let publications = rooms[room]?.publications.values, !publications.isEmpty else {
        continue
      }
      let cap = bitrateMax(of: room)
      for publication in publications {
        guard let peer = publication.peer, let record = transports[peer] else { continue }
        guard let cap, publication.isOver(cap) else {
          transports[peer]?.overSince = nil
          continue
        }
        let since = record.overSince ?? now
        transports[peer]?.overSince = since
        if now - since >= ControlLimits.bitrateLimit { leaveRoom(peer, removing: true, at: now) }
      }
    }
  }
}

extension Publication {
  /// Whether it sends more than a cap and what is tolerated above it.
  fileprivate func isOver(_ cap: Bitrate) -> Bool {
    let layers = tracks.flatMap(\.currentLayers)
    let sum = layers.reduce(0) { $0 + Double($1.bitrate.bitsPerSecond) }
    return sum > Double(cap.bitsPerSecond) * ControlLimits.bitrateTolerance
  }
}
