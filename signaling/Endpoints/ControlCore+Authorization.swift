// Who a request comes from: the bearer token of HTTP requests.

package import Access
import HTTP
import Room
package import Wire

extension ControlCore {
  /// The credential of a request that wants to do `wish` in `room`.
  func authorize(
    _ request: HTTPRequest, room: String, _ wish: AccessControl.Wish, wall: WallTime
  ) throws(ControlRefusal) -> Credential {
    guard Credential.isRoomName(room) else {
      throw ControlRefusal(404, "bad-room", "a room is [A-Za-z0-9_-]{1,64}")
    }
    return try authorize(token: request.bearer, room: room, wish, wall: wall)
  }

  /// The credential of a token that wants to do `wish` in `room`.
  package func authorize(
    token: String?, room: String, _ wish: AccessControl.Wish, wall: WallTime
  ) throws(ControlRefusal) -> Credential {
    do throws(AccessRefusal) {
      return try access.authorize(token, room: room, wish, at: wall)
    } catch {
      throw ControlRefusal(
        error.status, error.status == 401 ? "unauthorized" : "forbidden", error.text)
    }
  }
}

extension Member {
  /// Whom a token names.
  init(_ credential: Credential) {
    self.init(
      identity: credential.subject, name: credential.name ?? "", role: credential.role,
      isSubscriber: credential.isSubscriber, isBoundToHLS: credential.isBoundToHLS)
  }
}
