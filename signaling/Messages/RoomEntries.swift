// The parts that replies and events share: members, rooms, tracks, layers, connections.

package import MediaControl
package import RTP
import Wire

/// Who a member is.
package struct MemberEntry: Hashable, Sendable {
  package var identity: String
  /// For display; may be empty.
  package var name: String
  /// A role's name as in tokens.
  package var role: String
  package init(identity: String, name: String, role: String) {
    self.identity = identity
    self.name = name
    self.role = role
  }
}

/// What a member may do now.
package struct PermissionsEntry: Hashable, Sendable {
  package var publish: Bool
  package var subscribe: Bool
  package init(publish: Bool, subscribe: Bool) {
    self.publish = publish
    self.subscribe = subscribe
  }
}

/// A room's state.
package struct RoomEntry: Hashable, Sendable {
  package var name: String
  /// `waiting`, `live`, `away` or `ended`.
  package var phase: String
  package var isHostPresent: Bool
  /// Members that watch; nil when it was not counted.
  package var viewers: Int?
  package init(name: String, phase: String, isHostPresent: Bool, viewers: Int?) {
    self.name = name
    self.phase = phase
    self.isHostPresent = isHostPresent
    self.viewers = viewers
  }
}

/// One encoding of a video track.
package struct LayerEntry: Hashable, Sendable {
  package var rank: LayerRank
  /// Pixels; 0 until the first keyframe.
  package var width: Int
  package var height: Int
  package var bitsPerSecond: Int64
  package var framesPerSecond: Double
  package var isActive: Bool
  package init(
    rank: LayerRank, width: Int, height: Int, bitsPerSecond: Int64, framesPerSecond: Double,
    isActive: Bool
  ) {
    self.rank = rank
    self.width = width
    self.height = height
    self.bitsPerSecond = bitsPerSecond
    self.framesPerSecond = framesPerSecond
    self.isActive = isActive
  }

  /// A measured encoding.
  package init(_ status: EncodingStatus) {
    self.init(
      rank: status.rank, width: status.width, height: status.height,
      bitsPerSecond: status.bitrate.bitsPerSecond, framesPerSecond: status.framesPerSecond,
      isActive: status.isActive)
  }
}

/// A track's changing fields.
package struct TrackStatusEntry: Hashable, Sendable {
  package var id: String
  package var isActive: Bool
  /// Nil until the first packet.
  package var codec: Codec?
  /// Lowest first; empty for audio.
  package var layers: [LayerEntry]
  package init(id: String, isActive: Bool, codec: Codec?, layers: [LayerEntry]) {
    self.id = id
    self.isActive = isActive
    self.codec = codec
    self.layers = layers
  }
}

/// A track in the room's list.
package struct TrackEntry: Hashable, Sendable {
  /// The publisher.
  package var member: MemberEntry
  /// The publication's NAME.
  package var stream: String
  package var kind: MediaKind
  package var status: TrackStatusEntry
  package init(member: MemberEntry, stream: String, kind: MediaKind, status: TrackStatusEntry) {
    self.member = member
    self.stream = stream
    self.kind = kind
    self.status = status
  }
}

/// A connection that a resumed session still has.
package struct ConnectionEntry: Hashable, Sendable {
  /// What the connection is for.
  package enum Purpose: Hashable, Sendable {
    case publish(stream: String)
    /// By mid: the track each section carries now.
    case subscribe(map: [String: String?])
  }

  package var connection: String
  package var generation: Int
  package var purpose: Purpose
  package init(connection: String, generation: Int, purpose: Purpose) {
    self.connection = connection
    self.generation = generation
    self.purpose = purpose
  }
}

/// A TURN server as `RTCPeerConnection` takes it.
package struct ICEServerEntry: Hashable, Sendable {
  package var urls: [String]
  package var username: String
  package var credential: String
  package init(urls: [String], username: String, credential: String) {
    self.urls = urls
    self.username = username
    self.credential = credential
  }
}
