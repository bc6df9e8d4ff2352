// `hawker serve`: configuration, keys, server, links, signals.

import Access
import Config
import Glibc
import Hooks
import Loop
import MediaWorker
import RoomLog
import Store
import Telemetry
import Web
import Wire

/// Runs the server until it is told to stop.
enum ServeCommand {
  static func run(_ arguments: [String]) -> Int32 {
    if arguments.contains("--help") || arguments.contains("-h") {
      return Terminal.print("hawker serve [--config FILE] [settings]\n\n" + ConfigText.help)
    }
    do throws(ConfigError) {
      let (configuration, rest) = try Configuration.read(arguments)
      if let unknown = rest.first { return Configuration.refuse(unknown, of: "serve") }
      try SharedFiles.agree(configuration, try StorePlace(configuration))
      let keys = try Keys.load(configuration, creating: true)
      return serve(try settings(configuration, keys), keys, Log(level: configuration.logLevel))
    } catch {
      return Terminal.usage(error.text)
    }
  }

  private static func settings(_ configuration: ServerConfiguration, _ keys: [APIKey])
    throws(ConfigError) -> ServeSettings
  {
    guard let web = configuration.web ?? WebRoot.locate() else {
      throw ConfigError("the pages are not beside the binary: set --web to their folder")
    }
    return ServeSettings(
      http: configuration.http,
      tls: configuration.tls.map { TLSFiles(certificate: $0.certificate, key: $0.key) },
      udpPort: configuration.udpPort, mediaAddresses: configuration.mediaAddresses,
      workers: configuration.workers ?? max(1, min(36, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))),
      keys: keys, allowedOrigins: configuration.allowedOrigins,
      trustedProxies: configuration.trustedProxies,
      retentionDays: configuration.retentionDays,
      preferCodec: configuration.preferCodec, hooks: try hooks(configuration),
      hookAllowed: Set(configuration.hookAllowed), gifts: try GiftFile.catalogue(configuration),
      hls: configuration.hls, hlsLicences: configuration.hlsLicences,
      streamAccess: try streamAccess(configuration),
      webRTCViewers: configuration.webRTCViewers,
      webRoot: web, dataDirectory: configuration.data,
      store: try StorePlace(configuration),
      nodePlace: NodePlace(
        publicURL: configuration.publicURL ?? "",
        nodeURL: configuration.nodeURL ?? configuration.publicURL ?? ""),
      redis: configuration.redis)
  }

  /// The keys of HLS, as hawker-hls reads them.
  private static func streamAccess(
    _ configuration: ServerConfiguration
  ) throws(ConfigError) -> StreamAccess? {
    guard let path = configuration.accessKey else { return nil }
    guard let access = StreamAccess(keyFile: try Files.text(path)) else {
      throw ConfigError(
        "access-key: \(path) needs one or two secrets of \(StreamAccess.secretMin) or more characters"
      )
    }
    return access
  }

  /// The configured endpoints with their secrets, made where there are none. Without topics: what the
  /// endpoint has counts.
  private static func hooks(
    _ configuration: ServerConfiguration
  ) throws(ConfigError) -> [HookEndpointRow] {
    var rows: [HookEndpointRow] = []
    for hook in configuration.hooks {
      let keys = try HookSecrets.keys(of: hook.merchant, in: configuration.data)
      rows.append(
        HookEndpointRow(
          merchant: hook.merchant, url: hook.url.text, keys: keys.map(\.text),
          topics: hook.topics ?? [], deadlineMs: HookLimits.syncDeadlineMs, isConfigured: true,
          createdMs: SystemClock.wallTime().milliseconds))
    }
    return rows
  }

  private static func serve(_ settings: ServeSettings, _ keys: [APIKey], _ log: Log) -> Int32 {
    do {
      // Before any thread starts, so that all of them leave these signals to this one.
      let signals = try SignalWatch()
      let server = try Server(settings, log: log)
      log.write(.info, "started", ["workers": .integer(Int64(server.media.workers))])
      Terminal.write("ready http=\(server.web.address) udp=\(server.media.port)\n", to: 2)
      Links.write(settings, address: server.web.address, keys: keys)
      try wait(signals, server, log)
      log.write(.info, "stopping")
      server.shutDown()
      return 0
    } catch let error as ConfigError {
      return Terminal.failure("cannot start: \(error.text)")
    } catch {
      return Terminal.failure("cannot start: \(error)")
    }
  }

  /// Returns when the process is told to end. SIGHUP reads the certificate again.
  private static func wait(_ signals: SignalWatch, _ server: Server, _ log: Log) throws {
    let loop = try EventLoop()
    try loop.add(signals.descriptor, token: 0, interest: .reading)
    while true {
      loop.wait(until: .distantFuture)
      while let signal = try signals.next() {
        guard signal == .hangup else { return }
        reloadCertificate(server, log)
      }
    }
  }

  /// Has the certificate read again and says in the log what came of it.
  private static func reloadCertificate(_ server: Server, _ log: Log) {
    let before = server.web.counters
    server.web.post(.reloadCertificate)
    // The web server does it in its next turn. Without TLS nothing comes: a second is enough.
    for _ in 0..<100 {
      let now = server.web.counters
      if now.certificateReloads > before.certificateReloads {
        return log.write(.info, "certificate read again")
      }
      if now.failedCertificateReloads > before.failedCertificateReloads {
        return log.write(.error, "certificate can't be read, the old one stays in use")
      }
      usleep(10_000)
    }
    log.write(.warning, "no certificate to read again")
  }
}
