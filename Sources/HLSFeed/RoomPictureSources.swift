// Which tracks are a room's picture, so that another host is noticed whose encoder is set like the last one's.

import JSON

/// The video tracks of a room as far as told; of them, those that WHEP plays first.
struct RoomPictureSources: Sendable {
  /// What a WHEP session without wishes plays: the first kind of which there is a track (PROTOCOL.md, WHEP).
  private enum Rank: Comparable {
    case hostMain, hostOther, other
  }

  private var tracks: [String: Rank] = [:]
  /// Those of the best rank when there were any.
  private var playing: Set<String> = []

  /// A room has far fewer publications.
  private static let tracksMax = 256

  /// Takes `joined`, `tracks`, `trackAdded` or `trackRemoved`.
  ///
  /// - Returns: whether the picture is another one now than when there was one last.
  mutating func take(_ message: JSONObject, _ type: String) -> Bool {
    switch type {
    case "joined", "tracks":
      guard case .array(let list)? = message["tracks"] else { return false }
      tracks = [:]
      for case .object(let track) in list.prefix(RoomPictureSources.tracksMax) { add(track) }
    case "trackAdded":
      guard case .object(let track)? = message["track"] else { return false }
      add(track)
    case _:
      guard case .object(let track)? = message["track"], case .string(let id)? = track["id"] else {
        return false
      }
      tracks[id] = nil
    }
    guard let best = tracks.values.min() else { return false }
    let now = Set(tracks.filter { $0.value == best }.keys)
    defer { playing = now }
    return now != playing && !playing.isEmpty
  }

  private mutating func add(_ track: JSONObject) {
    guard tracks.count < RoomPictureSources.tracksMax, case .string(let id)? = track["id"],
      track["kind"] == .string("video")
    else { return }
    let isHost = track["role"] == .string("host")
    let isMain = track["stream"] == .string("main")
    tracks[id] = isHost ? isMain ? .hostMain : .hostOther : .other
  }
}
