// When the encoders of a room rest: while nobody watches it by HLS.

import HLSFeed
import HTTP
import Telemetry
import Wire

/// Whether anybody plays one room.
struct EncoderRest {
  private let isAllowed: Bool
  /// When something was last played; the first tick counts, so that a room that begins is waited for.
  private var playedAt: Instant?

  /// Without a request for so long nobody plays: players ask at least each target duration, and one that is
  /// paused for a while finds its place again.
  static let patience = TimeSpan.seconds(30)
  /// Who lists more of the past means it to be looked at.
  static let windowMax = TimeSpan.seconds(60)

  init(isAllowed: Bool) { self.isAllowed = isAllowed }

  /// Takes a request and how it was answered, nil for not yet. Only a player's counts: one for a poster, or
  /// one that is refused, is none.
  mutating func note(_ asked: HTTPRequest, _ response: HTTPResponse?, at now: Instant) {
    guard isAllowed, response.map({ $0.status < 400 }) ?? true,
      let end = asked.target.path.split(separator: ".").last, EncoderRest.played.contains(end)
    else { return }
    playedAt = now
  }

  /// What only players ask for.
  private static let played: Set<Substring> = ["m3u8", "mpd", "mp4", "m4s"]

  /// Lets the encoders rest or go on.
  mutating func tick(_ feed: inout RoomFeed, room: String, at now: Instant) {
    guard isAllowed else { return }
    let since = playedAt ?? now
    playedAt = since
    let rested = feed.encodersRest
    feed.restEncoders(now - since > EncoderRest.patience)
    if feed.encodersRest != rested {
      SidecarLog.write(.info, rested ? "encoding again" : "encoders rest", room: room)
    }
  }
}
