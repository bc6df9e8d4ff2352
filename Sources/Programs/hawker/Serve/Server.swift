// One Hawker server: media plane, control plane and web server, started and stopped together.

import Access
import Crypto
import DTLS
import Endpoints
import HTTP
import HookDelivery
import Loop
import MediaWorker
import Negotiation
import Store
import Telemetry
import Web
import Wire

/// The running parts of a server.
struct Server {
  let control: ControlPlane
  let media: MediaPlane
  let web: WebServer
  private let journal: RevocationJournal
  private let store: HouseStore
  private let hooks: HookDispatcher

  /// Starts everything; throws an error whose text names what could not be had.
  init(_ settings: ServeSettings, _ log: Log) throws {
    let identity = try DTLSIdentity(now: SystemClock.wallTime())
    let control = try ControlPlane()
    let (journal, revocations) = try RevocationJournal.open(
      in: settings.dataDirectory, at: SystemClock.wallTime()
    ) { number in control.post(.recorded(number)) }
    self.journal = journal
    let sending = HookSending()
    let store = try HouseStore(
      settings.store, publicURL: settings.publicURL, retentionDays: settings.retentionDays,
      hooks: settings.hooks, onHooks: { sending.notice($0) },
      nowMs: { SystemClock.wallTime().milliseconds }
    ) { answer in
      control.post(.house(answer))
    }
    self.store = store
    hooks = try sending.start(settings.hookAllowed, store: store, control: control)
    media = try MediaPlane(
      port: settings.udpPort, workers: settings.workers, identity: identity
    ) { event in
      control.post(.media(event))
    }
    web = try WebServer(try Server.webConfig(settings)) { event in
      control.post(.web(event, at: SystemClock.now()))
    }
    var random = RandomSource.system
    let config = ControlConfig(
      workers: settings.workers, fingerprint: identity.fingerprint,
      candidates: Server.candidates(settings, port: media.port),
      preferCodec: settings.preferCodec, allowedOrigins: settings.allowedOrigins,
      trustedProxies: settings.trustedProxies, seed: random.next(), isDurable: true,
      markKey: try Keys.markKey(in: settings.dataDirectory),
      hookEndpoints: store.hookEndpoints, hookAllowed: settings.hookAllowed)
    try control.start(
      config, access: AccessControl(keys: settings.keys, revocations: revocations), media: media,
      web: web, record: { change, number in journal.post(change, number) },
      store: { order in store.carryOut(order) },
      hooks: { order in sending.carryOut(order) },
      hookCounters: { sending.counters },
      clockSet: { step in
        log.write(
          .warning, "the machine's clock was set: rooms follow slowly, at once with a restart",
          ["seconds": .integer(step.nanoseconds / 1_000_000_000)])
      })
    self.control = control
  }

  private static func webConfig(_ settings: ServeSettings) throws -> WebConfig {
    var config = WebConfig(address: settings.http)
    config.tls = settings.tls
    config.trustedProxies = settings.trustedProxies
    config.origins = OriginPolicy(allowing: settings.allowedOrigins)
    config.site = try site(root: settings.webRoot)
    return config
  }

  /// The pages, read into memory once.
  private static func site(root: String) throws -> StaticSite {
    StaticSite(
      try StaticFiles(root: root),
      routes: [
        .page("/", file: "landing/index.html"),
        .page("/studio/{room}", file: "studio/index.html"),
        .page("/watch/{room}", file: "watch/index.html"),
        .tree("/assets", folder: ""),
      ])
  }

  /// The candidates of every answer: configured addresses, else the machine's. A server that only
  /// listens on loopback is for this machine's browsers: loopback goes first.
  private static func candidates(_ settings: ServeSettings, port: UInt16) -> [HostCandidate] {
    var addresses = settings.mediaAddresses
    if addresses.isEmpty {
      let own = NetworkInterfaces.addresses()
      addresses =
        settings.http.ip.isLoopback
        ? own.filter(\.isLoopback) + own.filter { !$0.isLoopback }
        : own.filter { !$0.isLoopback }
      if addresses.isEmpty { addresses = own }
    }
    return HostCandidate.all(addresses: addresses, udpPort: port, tcpPort: port)
  }

  /// Takes no new sessions, lets requests finish, says good-bye to all peers, then ends all threads.
  func shutDown() {
    control.post(.drain)
    web.drain()
    web.join()
    control.stop()
    journal.stop()
    hooks.stop()
    store.close()
    media.stop()
  }
}
