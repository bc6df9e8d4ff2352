// Tries the ports of the server, and whether packets get there from this machine.

import CLinux
import Doctor
import Glibc
import Loop
import Wire

/// Opens ports for a moment.
enum PortProbe {
  /// How long a packet may take through the kernel of an unhurried machine.
  private static let patienceMilliseconds: Int32 = 500
  /// Addresses tried: a machine with hundreds would take a minute when a firewall eats all.
  private static let targetsMax = 8

  /// What was found about the media port.
  struct Media {
    var state: PortState
    var hasIPv6: Bool?
    var deliveries: [Delivery] = []
  }

  static func http(_ address: SocketAddress, _ owners: PortOwners) -> PortState {
    do throws(SystemError) {
      _ = try TCPListener(binding: address)
      return .free
    } catch {
      if error.isAddressUnavailable { return .notOurs }
      return error.isAddressInUse
        ? .taken(by: owners.owner(of: address.port, udp: false)) : .refused(error.description)
    }
  }

  static func media(_ port: UInt16, targets: [IPAddress], _ owners: PortOwners) -> Media {
    let targets = targets.prefix(targetsMax)
    do throws(SystemError) {
      let sockets = try MediaSockets.open(port: port, workers: 1)
      return Media(
        state: .free, hasIPv6: sockets[0].udpIPv6 != nil,
        deliveries: targets.flatMap { deliveries(to: $0, at: sockets[0]) })
    } catch {
      guard error.isAddressInUse else { return Media(state: .refused(error.description)) }
      let owner = owners.owner(of: port, udp: true) ?? owners.owner(of: port, udp: false)
      return Media(
        state: .taken(by: owner),
        deliveries: targets.map { ip in
          Delivery(
            transport: .tcp, address: ip, hasArrived: connects(SocketAddress(ip: ip, port: port)))
        })
    }
  }

  private static func deliveries(to ip: IPAddress, at sockets: MediaSockets) -> [Delivery] {
    guard let socket = ip.isIPv4 ? sockets.udpIPv4 : sockets.udpIPv6 else { return [] }
    let address = SocketAddress(ip: ip, port: sockets.port)
    return [
      Delivery(transport: .udp, address: ip, hasArrived: arrives(address, at: socket)),
      Delivery(transport: .tcp, address: ip, hasArrived: connects(address)),
    ]
  }

  /// Whether a datagram to `address` comes out of `socket`.
  private static func arrives(_ address: SocketAddress, at socket: UDPSocket) -> Bool {
    guard let sender = connected(to: address, stream: false) else { return false }
    // Long enough not to be someone else's by chance; not a packet the server would take for anything.
    let probe = Array("hawker doctor \(getpid()) \(SystemClock.now().nanoseconds)".utf8)
    guard unsafe clinux_send(sender.rawValue, probe, probe.count) == probe.count else {
      return false
    }
    var buffer = [UInt8](repeating: 0, count: 256)
    while waits(for: POLLIN, on: socket.descriptor) {
      let count = unsafe clinux_receive(socket.descriptor.rawValue, &buffer, buffer.count)
      if count > 0, buffer.prefix(count).elementsEqual(probe) { return true }
    }
    return false
  }

  /// Whether a connection to `address` is accepted.
  private static func connects(_ address: SocketAddress) -> Bool {
    guard let socket = connected(to: address, stream: true) else { return false }
    return waits(for: POLLOUT, on: socket) && clinux_pending_error(socket.rawValue) == 0
  }

  /// A socket that sends to `address`; a stream's connection is under way.
  private static func connected(to address: SocketAddress, stream: Bool) -> FileDescriptor? {
    let number = clinux_socket(address.ip.isIPv4 ? 1 : 0, stream ? 1 : 0)
    guard number >= 0 else { return nil }
    let socket = FileDescriptor(owning: number)
    var target = clinux_address(
      high: address.ip.high, low: address.ip.low, port: address.port,
      is_ipv4: address.ip.isIPv4 ? 1 : 0)
    let result = unsafe clinux_connect(number, &target)
    return result == 0 || result == -EINPROGRESS ? socket : nil
  }

  private static func waits(for events: Int32, on descriptor: FileDescriptor) -> Bool {
    var entry = pollfd(fd: descriptor.rawValue, events: Int16(events), revents: 0)
    return unsafe poll(&entry, 1, patienceMilliseconds) == 1
  }
}
