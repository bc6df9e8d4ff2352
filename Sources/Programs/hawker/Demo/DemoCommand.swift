// `hawker demo host`: a host without camera and microphone, for a first picture and for tests.

import Access
import ClientShell
import Config
import Loop
import Media
import Wire

/// What `hawker demo host` was asked to do.
struct DemoSettings {
  var url: ServerURL
  /// Mints or repeats the host's token; made anew for each session, so that it never runs out.
  var token: @Sendable () throws -> String
  var host: SyntheticHost.Configuration
  /// Nil: for ever.
  var duration: TimeSpan?
}

/// Runs a synthetic host.
enum DemoCommand {
  static func run(_ arguments: [String]) -> Int32 {
    if arguments.first == "shop" { return DemoShop.run(Array(arguments.dropFirst())) }
    guard arguments.first == "host" else {
      if arguments.contains("--help") { return Terminal.print(help) }
      return Terminal.usage("demo takes host or shop; `hawker demo host --help` lists options")
    }
    if arguments.contains("--help") { return Terminal.print(help) }
    do {
      let settings = try settings(Array(arguments.dropFirst()))
      return try DemoHost(settings).run()
    } catch let error as UsageError {
      return Terminal.usage("demo host: \(error.text)")
    } catch let error as ConfigError {
      return Terminal.usage("demo host: \(error.text)")
    } catch let fault as ClientFault {
      return Terminal.failure("demo host: \(fault.text)")
    } catch {
      return Terminal.failure("demo host: \(error)")
    }
  }

  /// The layers' total for each size: what browsers send for talking people.
  private static func defaultBitrate(width: Int) -> Int { width >= 1280 ? 2_500_000 : 900_000 }

  private static func settings(_ arguments: [String]) throws -> DemoSettings {
    var options = CommandOptions(arguments)
    let room = try options.text("--room") ?? "demo"
    guard Credential.isRoomName(room) else {
      throw UsageError(text: "--room must be [A-Za-z0-9_-]{1,64}")
    }
    let url = try options.text("--url")
    let token = try options.text("--token")
    let host = try hostConfiguration(&options, room: room)
    let seconds = try options.number("--duration", in: 0...1_000_000, default: 0)
    let (configuration, rest) = try Configuration.read(options.remaining())
    if let unknown = rest.first { throw UsageError(text: "unknown argument \(unknown)") }
    return DemoSettings(
      url: try ServerURL(url ?? "http://\(reachable(configuration.http))/whip/\(room)"),
      token: try tokenSource(token, room, configuration), host: host,
      duration: seconds > 0 ? .seconds(Int64(seconds)) : nil)
  }

  /// Where to reach a server that listens on `address`.
  private static func reachable(_ address: SocketAddress) -> SocketAddress {
    guard address.ip.isUnspecified else { return address }
    return SocketAddress(
      ip: address.ip.isIPv4 ? IPAddress(ipv4: 0x7F00_0001) : IPAddress(high: 0, low: 1),
      port: address.port)
  }

  private static func hostConfiguration(
    _ options: inout CommandOptions, room: String
  ) throws -> SyntheticHost.Configuration {
    let size = try options.text("--size") ?? "1280x720"
    let sides = size.split(separator: "x").compactMap { Int($0) }
    guard sides.count == 2, (160...1920).contains(sides[0]), (90...1080).contains(sides[1]) else {
      throw UsageError(text: "--size must be like 1280x720 or 640x360")
    }
    let isSingle = options.isSet("--single")
    _ = options.isSet("--simulcast")
    let bits = try options.number(
      "--bitrate", in: 50_000...20_000_000, default: defaultBitrate(width: sides[0]))
    let bitrate = Bitrate(bitsPerSecond: Int64(bits))
    let interval = try options.number("--keyframe-interval", in: 0...3600, default: 10)
    let rate = try options.number("--fps", in: 1...60, default: 30)
    return SyntheticHost.Configuration(
      title: try options.text("--title") ?? room, width: sides[0], height: sides[1],
      framesPerSecond: rate,
      layers: isSingle
        ? [SyntheticHost.Layer(rid: nil, divisor: 1, bitrate: bitrate)]
        : SyntheticHost.Configuration.simulcast(bitrate),
      keyframeInterval: interval > 0 ? .seconds(Int64(interval)) : nil)
  }

  private static func tokenSource(
    _ token: String?, _ room: String, _ configuration: ServerConfiguration
  ) throws -> @Sendable () throws -> String {
    if let token { return { token } }
    let access = AccessControl(keys: try Keys.load(configuration, creating: true))
    return {
      try access.mint(
        subject: "demo-host", name: "Demo host", room: room, role: .host,
        lifetime: .seconds(6 * 3600), wall: SystemClock.wallTime()
      ).token
    }
  }

  private static let help = """
    hawker demo host: publishes a moving test picture with a running clock, and a tone.

      --room NAME             the room, and with it the address (default demo)
      --url URL --token T     another WHIP endpoint; without them the server of this machine,
                              found by --http and --data as `hawker serve` takes them
      --size WxH              1280x720 (default) or any even size up to 1920x1080
      --fps N                 frames per second (default 30)
      --simulcast, --single   three layers q, h and f (default), or one
      --bitrate BITS          per second, all layers together (default 2500000; 900000 below
                              1280 wide)
      --keyframe-interval S   seconds (default 10; 0: only when asked for)
      --title TEXT            shown in the picture (default: the room)
      --duration S            ends after so many seconds (default: never)

    It connects again, for ever, when the server goes away. Ctrl-C ends it.
    `hawker demo shop --help` is about the shop.
    """
}
