// The room's state in the words of the room socket.

import Access
import MediaControl
import Messages
import RTP
import Room
import Wire

extension MemberEntry {
  init(_ member: Member) {
    self.init(identity: member.identity, name: member.name, role: member.role.rawValue)
  }
}

extension PublishedTrack {
  /// The encodings as they are now: of a track that has fallen silent, the last figures but zero.
  var currentLayers: [EncodingStatus] {
    guard !isActive else { return layers }
    return layers.map { layer in
      var silent = layer
      silent.isActive = false
      silent.bitrate = .zero
      silent.framesPerSecond = 0
      silent.fractionLost = 0
      return silent
    }
  }

  /// The fields that change.
  var statusEntry: TrackStatusEntry {
    TrackStatusEntry(
      id: id, isActive: isActive, codec: codec,
      layers: kind == .video ? currentLayers.map { LayerEntry($0) } : [])
  }
}

extension Publication {
  /// Its tracks for the list.
  var entries: [TrackEntry] { tracks.map { entry(of: $0) } }

  func entry(of track: PublishedTrack) -> TrackEntry {
    TrackEntry(
      member: MemberEntry(member), stream: key.stream, kind: track.kind, status: track.statusEntry)
  }

  /// What its publisher is told of it once a second; empty before the first measure.
  ///
  /// - Parameter isOverBudget: whether all of it together is more than the room takes.
  func healthLayers(isOverBudget: Bool) -> [HealthLayer] {
    tracks.flatMap { track in
      track.currentLayers.map { status in
        HealthLayer(
          track: track.id, kind: track.kind, status,
          isOverBudget: isOverBudget && track.kind == .video && status.isActive)
      }
    }
  }
}

extension WallTime {
  /// Milliseconds since 1970 with their fraction.
  var fractionalMilliseconds: Double { Double(nanoseconds) / 1e6 }
}

extension MessageRefusal {
  /// The control plane's refusal in the words of the room socket.
  init(_ refusal: ControlRefusal) {
    let code = ErrorCode(rawValue: refusal.code) ?? .internal
    self.init(code, refusal.text, retryAfterMs: code == .overloaded ? 2000 : nil)
  }
}
