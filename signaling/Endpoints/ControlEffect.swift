// What the control plane does: orders to workers, answers to requests, news for sockets.

package import Access
package import HTTP
package import Hooks
package import MediaControl
package import Messages
package import Nodes
package import Room
package import RoomLog

/// Names one HTTP request to be answered, in the caller's own numbering.
package struct RequestTicket: Hashable, Sendable {
  package let connection: UInt64
  package let request: UInt64
  package init(connection: UInt64, request: UInt64) {
    self.connection = connection
    self.request = request
  }
}

/// One effect of an input to `ControlCore`, in order.
package enum ControlEffect: Sendable {
  case media(MediaCommand, WorkerIndex)
  case respond(RequestTicket, HTTPResponse)
  /// Something a room's members may want to know.
  case news(room: String, RoomChange)
  /// To the disk; `recorded` or `refusedRecord` tells of it by its number.
  case record(RevocationChange, number: UInt64)
  /// Every session of the member in the room is over.
  case revoked(room: String, identity: String)
  /// To the store; its answer comes back by `ControlCore.take`.
  case house(HouseOrder)
  /// To the process that has a room; its answer comes back by `ControlCore.passedOn`.
  case forward(ForwardOrder)
  /// To a merchant's hook; its answer comes back by `ControlCore.answered`.
  case callMerchant(MerchantCall)
  /// A message for all sockets a member has in a room; no event, never repeated.
  case tellMember(room: String, identity: String, [UInt8])
  /// A message for all sockets a member has in any room; no event, never repeated.
  case tellEverywhere(identity: String, [UInt8])
  /// These are the endpoints of webhooks from now on.
  case hookEndpoints([HookEndpointRow])
  /// Ask a shop; its answer comes back by `ControlCore.answered`.
  case hookCall(SyncCall)
  /// Something a room's log has for its members.
  case houseNews(HouseNews)
  /// A query over a room socket could not be answered.
  case readRefused(Waiter, ControlRefusal)
  /// A member was banned: every session of theirs in the room is over.
  case expelled(room: String, identity: String)
  /// What a member may do has changed; with a new role also what it sees.
  case permissionsChanged(room: String, identity: String, hasNewRole: Bool)
  /// Where a session gets its media from now on.
  case delivery(session: String, Delivery)
  /// Something one transport's owner wants to know.
  case transport(PeerID, TransportNews)
}

/// News of one transport for whoever negotiated it.
package enum TransportNews: Sendable {
  case connected
  case ended(PeerEnd)
  case closed(RoomClose)
  case event(MediaEvent)
}

/// Why the control plane refuses a transport; the text is for the client's author.
package struct ControlRefusal: Error, Hashable, Sendable {
  /// The HTTP status that says it.
  package let status: Int
  /// PROTOCOL.md's error code.
  package let code: String
  package let text: String
  /// When it may be tried again; nil where the code says it all.
  package var retryAfterMs: Int64?
  /// Where the same is to be had over HLS; nil where it is not about that.
  package var hls: String?
  package init(_ status: Int, _ code: String, _ text: String, retryAfterMs: Int64? = nil) {
    self.status = status
    self.code = code
    self.text = text
    self.retryAfterMs = retryAfterMs
  }
}
