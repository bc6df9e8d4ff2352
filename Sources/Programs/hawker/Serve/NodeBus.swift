// Ties the bus to the store and the control plane: what is worth telling goes out, what comes makes them look.

import Bus
import ClientTLS
import Config
import Crypto
import Endpoints
import HookDelivery
import Nodes
import RoomLog
import Store
import Synchronization
import Telemetry
import Wire

/// Where the store finds the bus, which is made after it: their channel's name comes from the database.
final class NodeBus: Sendable {
  private let bus = Mutex<Bus?>(nil)

  /// Starts the bus of a server that has others beside it.
  func start(
    _ address: RedisAddress, store: HouseStore, control: ControlPlane, log: Log
  ) throws {
    guard let membership = store.membership else {
      return log.write(.warning, "redis is of no use without a PostgreSQL to share")
    }
    guard let context = TLSClientContext() else {
      throw ConfigError("no TLS to Redis: the machine's certificate authorities can't be read")
    }
    let started = try Bus(
      address, channel: NodeBus.channel(membership.key), context: context,
      heard: { hints in
        // Rooms are asked for when somebody wants them, wallets by the control plane.
        let concernsStore = hints.contains { hint in
          switch hint {
          case .rooms, .room, .wallet: false
          case .hooks, .erasures, .revocations: true
          }
        }
        if concernsStore { store.nudge() }
        control.post(.hinted(hints))
      },
      changed: { change in
        switch change {
        case .connected: log.write(.info, "redis connected")
        case .disconnected(let why): log.write(.warning, "redis away", ["why": .string(why)])
        }
      })
    bus.withLock { $0 = started }
  }

  /// Several installations may use one Redis. The name says nothing of the key.
  private static func channel(_ key: [UInt8]) -> String {
    let tag = HMACSHA256(key: key.span).tag(over: Array("channel".utf8).span)
    return "hawker:" + Hex.text(Array(tag.prefix(16)))
  }

  /// Tells the others what the store has done.
  func tell(_ hints: Set<StoreHint>) {
    bus.withLock { bus in
      for hint in hints { bus?.tell(BusHint(hint)) }
    }
  }

  /// Nil without Redis.
  var counters: BusCounters? { bus.withLock { $0?.counters } }

  func stop() { bus.withLock { $0 }?.stop() }
}

extension BusHint {
  init(_ hint: StoreHint) {
    switch hint {
    case .rooms: self = .rooms
    case .room(let name): self = .room(name)
    case .hooks: self = .hooks
    case .erasures: self = .erasures
    case .revocations: self = .revocations
    case .wallet(let account): self = .wallet(account)
    }
  }
}
