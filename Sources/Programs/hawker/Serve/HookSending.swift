// Ties the thread that sends webhooks to the store it reads from and the control plane it answers.

import ClientTLS
import Config
import Endpoints
import HookDelivery
import Hooks
import Loop
import RoomLog
import Synchronization
import Wire

/// Where others find the sending thread. Made before it, because the store reports to it and it reads
/// from the store; what comes earlier is not lost: the thread reads all endpoints when it starts.
final class HookSending: Sendable {
  private let dispatcher = Mutex<HookDispatcher?>(nil)

  /// Starts the thread.
  ///
  /// - Parameter allowed: addresses that may be contacted although they are not public.
  func start(
    _ allowed: Set<SocketAddress>, store: HouseStore, control: ControlPlane
  ) throws -> HookDispatcher {
    guard let context = TLSClientContext() else {
      throw ConfigError("no TLS for webhooks: the machine's certificate authorities can't be read")
    }
    let ports = HookPorts(
      load: { endpoint, limit, done in store.loadHooks(of: endpoint, limit: limit, done: done) },
      change: { change, done in store.changeHook(change, done: done) },
      answered: { number, answer in control.post(.hookAnswered(number, answer)) },
      disabled: { endpoint, why in control.post(.hookDisabled(endpoint, why: why)) })
    let started = try HookDispatcher(
      rules: AddressRules(allowing: allowed), context: context, ports: ports)
    started.set(store.hookEndpoints)
    dispatcher.withLock { $0 = started }
    return started
  }

  /// These endpoints have something to be sent.
  func notice(_ endpoints: Set<Int64>) { dispatcher.withLock { $0?.notice(endpoints) } }

  /// What became of messages and questions so far.
  var counters: HookCounters { dispatcher.withLock { $0?.counters } ?? HookCounters() }

  /// Carries out an order of the control plane.
  func carryOut(_ order: HookOrder) {
    dispatcher.withLock { dispatcher in
      switch order {
      case .endpoints(let rows): dispatcher?.set(rows)
      case .call(let call): dispatcher?.call(call)
      }
    }
  }
}
