// What the room socket asks of the control plane beside offers: mappings, layers, keeping a room.

import MediaControl
import Messages
import RTP
import Room

extension ControlCore {
  /// Maps a viewer's section to something else.
  ///
  /// - Returns: the track it carries now.
  mutating func assign(
    _ peer: PeerID, mid: String, to wish: SectionWish
  ) throws(ControlRefusal) -> String? {
    guard let record = transports[peer], var room = rooms[record.room] else {
      throw ControlRefusal(404, "unknown-connection", "the connection is gone")
    }
    do throws(RoomRefusal) {
      let changes = try room.assign(peer: peer, mid: mid, to: wish)
      rooms[record.room] = room
      apply(changes, in: record.room)
    } catch {
      throw ControlRefusal(error)
    }
    return room.subscription(peer, mid: mid)?.track
  }

  /// Asks for a layer in a viewer's section.
  mutating func select(
    _ peer: PeerID, mid: String, _ selection: LayerSelection
  ) throws(ControlRefusal) {
    guard let record = transports[peer], var room = rooms[record.room] else {
      throw ControlRefusal(404, "unknown-connection", "the connection is gone")
    }
    do throws(RoomRefusal) {
      let changes = try room.select(peer: peer, mid: mid, selection)
      rooms[record.room] = room
      apply(changes, in: record.room)
    } catch {
      throw ControlRefusal(error)
    }
  }

  /// Makes a room for members who join it before anybody publishes; it stays until released.
  mutating func hold(_ room: String) throws(ControlRefusal) {
    guard rooms[room]?.phase != .ended else {
      throw ControlRefusal(409, "room-ended", "the room has ended")
    }
    guard rooms[room] != nil || rooms.count < ControlLimits.roomsMax else {
      throw ControlRefusal(503, "overloaded", "no more rooms are taken here")
    }
    if rooms[room] == nil { rooms[room] = RoomMedia() }
    heldRooms.insert(room)
  }

  /// The codec of what a section is to carry, if the section did not negotiate it: nothing is sent.
  func foreignCodec(of subscription: Subscription, in room: RoomMedia) -> Codec? {
    guard let codec = subscription.track.flatMap({ room.track($0) })?.codec,
      let known = transports[subscription.peer]?.codecs[subscription.section],
      !known.contains(codec)
    else { return nil }
    return codec
  }

  /// The room may go when nobody publishes or watches in it.
  mutating func release(_ room: String) { heldRooms.remove(room) }
}

extension RoomMedia {
  /// A viewer's section by its mid. O(subscriptions): for requests, not for every event.
  func subscription(_ peer: PeerID, mid: String) -> Subscription? {
    subscriptions.first { $0.peer == peer && $0.mid == mid }
  }

  /// The track of `kind` that `wish` means now; nil for none.
  func track(for wish: SectionWish, kind: MediaKind) -> PublishedTrack? {
    switch wish {
    case .publication(let key): publications[key]?.tracks.first { $0.kind == kind }
    case .track(let id): track(id)
    case .fill, .nothing: nil
    }
  }
}

extension SectionWish {
  /// What a client named.
  init(_ reference: TrackReference) {
    switch reference {
    case .publication(let identity, let stream):
      self = .publication(PublicationKey(identity: identity, stream: stream))
    case .track(let id): self = .track(id)
    case .nothing: self = .nothing
    }
  }
}
