// The show in a room: its phase, schedule, settings and audience.

/// Where a show stands.
package enum ShowPhase: String, Hashable, Sendable, CaseIterable {
  /// It has a time and nobody is there yet.
  case scheduled
  /// No host has published yet.
  case waiting
  case live
  /// The host was live and is not now.
  case away
  case ended
}

/// When a show is to begin.
package struct ShowSchedule: Hashable, Sendable {
  package var title: TextID
  /// Milliseconds since 1970.
  package var startsAtMs: Int64
  package var description: TextID?
}

/// What the host has set for the room.
package struct RoomSettings: Hashable, Sendable {
  /// Whether viewers without an account are let in.
  package enum Anonymous: String, Hashable, Sendable, CaseIterable {
    case allow, refuse
  }

  /// The video codec that publishers are answered first, so that they send it if they can.
  package enum Codec: String, Hashable, Sendable, CaseIterable {
    /// The one the operator prefers.
    case server
    case vp8 = "VP8"
    case h264 = "H264"
    case vp9 = "VP9"
    case av1 = "AV1"
  }

  /// By which way viewers get their media, where the server has an HLS tier.
  package enum Delivery: String, Hashable, Sendable, CaseIterable {
    /// WebRTC, while there are seats.
    case auto
    case hls
  }

  package var title: TextID?
  package var description: TextID?
  /// 0 is no cap.
  package var viewersMax: Int64 = 0
  /// Bits per second of a publisher; 0 is the server's own cap.
  package var bitrateMax: Int64 = 0
  package var anonymous = Anonymous.allow
  package var emojis = RoomSettings.emojisByDefault
  /// Days that names and texts are kept after the end; 0 is for ever.
  package var retentionDays: Int64 = 0
  /// Whether the list of rooms shows it; one that is not is entered by its name.
  package var isListed = true
  package var codec = Codec.server
  /// Viewers over WebRTC; the others watch HLS, where the server has it. 0 is no cap of the room's own.
  package var webRTCMax: Int64 = 0
  package var delivery = Delivery.auto
  package init() {}

  /// What one reacts with where the host has chosen nothing.
  package static let emojisByDefault = ["❤️", "👍", "👏", "😂", "😮", "🔥"]
}

/// How many watched at a time.
package struct AudienceCount: Hashable, Sendable {
  /// Milliseconds since 1970.
  package let atMs: Int64
  package let viewers: Int64
}

/// The show's part of a room's state.
package struct Show: Hashable, Sendable {
  package internal(set) var phase = ShowPhase.waiting
  package internal(set) var schedule: ShowSchedule?
  package internal(set) var announcement: TextID?
  package internal(set) var settings = RoomSettings()
  /// Milliseconds since 1970.
  package internal(set) var firstLiveAtMs: Int64?
  package internal(set) var endedAtMs: Int64?
  package internal(set) var peak: Int64 = 0
  /// Oldest first.
  package internal(set) var audience: [AudienceCount] = []
  /// Reactions of the whole show, in the order emojis were first used.
  package internal(set) var reactions: [ReactionCount] = []
}
