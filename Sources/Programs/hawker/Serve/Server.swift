// One Hawker server: media plane, control plane and web server, started and stopped together.

import Access
import ClientTLS
import Config
import Courier
import Crypto
import DTLS
import Endpoints
import HTTP
import HookDelivery
import Loop
import MediaWorker
import Negotiation
import Nodes
import RoomLog
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
  private let bus: NodeBus
  /// Nil without other processes on the database.
  private let courier: Courier?

  /// Starts everything; throws an error whose text names what could not be had.
  init(_ settings: ServeSettings, log: Log) throws {
    let identity = try DTLSIdentity(now: SystemClock.wallTime())
    let control = try ControlPlane()
    let (journal, revocations) = try RevocationJournal.open(
      in: settings.dataDirectory, at: SystemClock.wallTime()
    ) { number in control.post(.recorded(number)) }
    self.journal = journal
    let sending = HookSending()
    let bus = NodeBus()
    self.bus = bus
    // Before the store, which tells other processes where it listens. Requests wait for the rest.
    web = try WebServer(try Server.webConfig(settings)) { event in
      control.post(.web(event, at: SystemClock.now()))
    }
    let store = try HouseStore(
      settings.store, nodePlace: Server.place(settings, listening: web.address),
      retentionDays: settings.retentionDays,
      hooks: settings.hooks, onHooks: { sending.notice($0) }, onHints: { bus.tell($0) },
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
    var random = RandomSource.system
    let config = ControlConfig(
      workers: settings.workers, fingerprint: identity.fingerprint,
      candidates: Server.candidates(settings, port: media.port),
      preferCodec: settings.preferCodec, allowedOrigins: settings.allowedOrigins,
      trustedProxies: settings.trustedProxies, seed: random.next(), isDurable: true,
      markKey: try Keys.markKey(in: settings.dataDirectory),
      hookEndpoints: store.hookEndpoints, hookAllowed: settings.hookAllowed,
      gifts: settings.gifts, hls: settings.hls, hlsLicences: settings.hlsLicences,
      streamAccess: settings.streamAccess,
      webRTCViewers: settings.webRTCViewers,
      membership: store.membership)
    courier = try Server.courier(store, control)
    let courier = courier
    try control.start(
      config,
      access: Server.access(settings.keys, revocations, store), media: media, web: web,
      record: { change, number in
        Server.record(change, number, journal: journal, store: store, control: control)
      },
      store: { order in store.carryOut(order) },
      hooks: { order in sending.carryOut(order) },
      hookCounters: { sending.counters }, forward: { order in courier?.carry(order) },
      busCounters: { bus.counters },
      clockSet: { step in
        log.write(
          .warning, "the machine's clock was set: rooms follow slowly, at once with a restart",
          ["seconds": .integer(step.nanoseconds / 1_000_000_000)])
      })
    self.control = control
    if let redis = settings.redis {
      try bus.start(redis, store: store, control: control, log: log)
    }
  }

  /// Revocations are in a file of the data folder, or on the database that several servers share.
  private static func access(
    _ keys: [APIKey], _ file: Revocations, _ store: HouseStore
  ) -> AccessControl {
    guard store.membership != nil else { return AccessControl(keys: keys, revocations: file) }
    var shared = Revocations()
    for change in store.revocations { _ = shared.apply(change) }
    return AccessControl(keys: keys, revocations: shared)
  }

  /// Has a revocation written where it is kept.
  private static func record(
    _ change: RevocationChange, _ number: UInt64, journal: RevocationJournal, store: HouseStore,
    control: ControlPlane
  ) -> Bool {
    guard store.membership != nil else { return journal.post(change, number) }
    return store.record(change) { isWritten in
      control.post(isWritten ? .recorded(number) : .unrecorded(number))
    }
  }

  /// The thread that passes requests on; none without other processes.
  private static func courier(_ store: HouseStore, _ control: ControlPlane) throws -> Courier? {
    guard store.membership != nil else { return nil }
    guard let context = TLSClientContext() else {
      throw ConfigError("no TLS to other servers: the machine's authorities can't be read")
    }
    return try Courier(context: context) { number, result in
      control.post(.passedOn(number, result))
    }
  }

  /// Where this server is reached, as far as its configuration or its listener says.
  private static func place(_ settings: ServeSettings, listening: SocketAddress) -> NodePlace {
    var place = settings.nodePlace
    if place.nodeURL.isEmpty, !listening.ip.isUnspecified {
      place.nodeURL = (settings.tls == nil ? "http" : "https") + "://\(listening)"
    }
    return place
  }

  private static func webConfig(_ settings: ServeSettings) throws -> WebConfig {
    var config = WebConfig(address: settings.http)
    config.tls = settings.tls
    config.trustedProxies = settings.trustedProxies
    config.origins = OriginPolicy(allowing: settings.allowedOrigins)
    config.site = try site(settings)
    return config
  }

  /// The pages, read into memory once.
  private static func site(_ settings: ServeSettings) throws -> StaticSite {
    StaticSite(
      try StaticFiles(root: settings.webRoot),
      routes: [
        .page("/", file: "landing/index.html"),
        .page("/studio/{room}", file: "studio/index.html"),
        .page("/watch/{room}", file: "watch/index.html"),
        .tree("/assets", folder: ""),
      ],
      // A shop on this machine has its pictures without TLS.
      pictures: settings.hookAllowed.filter(\.ip.isLoopback).map { "http://\($0)" }.sorted(),
      media: [settings.hls?.origin].compactMap { $0 },
      asked: Set(settings.hlsLicences.map(\.origin)).sorted())
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
    courier?.stop()
    journal.stop()
    hooks.stop()
    store.close()
    bus.stop()
    media.stop()
  }
}
