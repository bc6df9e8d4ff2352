// Log rows as the store keeps them.

import JSON
import Room

enum JSONText {
  /// The bytes of an event's body.
  static func bytes(_ event: RoomEvent) -> [UInt8] { JSONValue.object(event.body).write() }
}
