// Placeholder until the room socket is merged: closes what it gets.

import HTTP
import MediaControl
import Room
import Web
import Wire

struct RoomSockets {
  private var commands: [WebCommand] = []
  mutating func take(_ event: WebEvent, _ core: inout ControlCore, at now: Instant, wall: WallTime) {}
  mutating func take(
    _ change: RoomChange, in room: String, _ core: ControlCore, at now: Instant, wall: WallTime
  ) {}
  mutating func take(
    _ news: TransportNews, of peer: PeerID, _ core: ControlCore, at now: Instant, wall: WallTime
  ) {}
  mutating func advance(_ core: inout ControlCore, at now: Instant, wall: WallTime) {}
  mutating func takeCommands() -> [WebCommand] { [] }
}
