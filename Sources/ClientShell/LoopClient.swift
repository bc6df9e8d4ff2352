// One client of a loop: its machine, its socket, its TCP connections.

package import Client
import Loop
import Wire

/// What a client does.
package enum ClientRole {
  case publishing(PublishingClient)
  case playing(PlayingClient)

  var transport: ClientTransport {
    switch self {
    case .publishing(let client): client.transport
    case .playing(let client): client.transport
    }
  }

  var nextDeadline: Instant {
    switch self {
    case .publishing(let client): client.nextDeadline
    case .playing(let client): client.nextDeadline
    }
  }
}

/// A client at work. A class because it owns a socket and lives over many turns.
final class LoopClient {
  /// One ICE-TCP connection.
  struct Connection {
    let stream: TCPStream
    let path: TransportPath
    var reader = FrameReader()
    var isOpen = false
  }

  let id: ClientID
  let role: ClientRole
  let socket: UDPSocket
  var sender: UDPSender
  var connections: [UInt32: Connection] = [:]
  /// When the last datagram came; when the client was made, before that.
  var lastHeard: Instant

  /// Binds a socket of the family of the server's candidates.
  init(_ id: ClientID, _ role: ClientRole, isIPv4: Bool, at now: Instant) throws(SystemError) {
    self.id = id
    self.role = role
    let any: IPAddress = isIPv4 ? .anyIPv4 : .anyIPv6
    socket = try UDPSocket(binding: SocketAddress(ip: any, port: 0))
    if case .playing = role { try socket.noteArrivals() }
    sender = UDPSender(socket: socket, backlogMax: ClientLimits.backlogMax)
    lastHeard = now
  }
}

/// The number of a client in its loop; never used again.
package struct ClientID: Hashable, Sendable {
  package let rawValue: UInt64
}
