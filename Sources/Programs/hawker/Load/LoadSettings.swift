// What `hawker load` was asked to do.

import Access
import ClientShell
import Config
import HTTP
import Loop
import Wire

/// The settings of one load run.
struct LoadSettings: Sendable {
  /// What the server speaks.
  enum Server: Sendable {
    /// WHIP and WHEP; `{n}` in a URL stands for a publisher's number.
    case endpoints(whip: String, whep: String, LoadTokens)
    /// Janus's HTTP API with the videoroom plugin.
    case janus(ServerURL)
  }

  var server: Server
  var publishers: Int
  var viewers: Int
  /// Of the measurement, after everyone has joined.
  var duration: TimeSpan
  /// Of each publisher's video.
  var bitrate: Bitrate
  /// One packet in so many is treated as lost and asked for again; 0 for none.
  var ignoredEvery: Int
  /// Joins per second.
  var joinRate: Int
  var channel: ClientChannel
  /// The server's process, to measure its CPU and memory; nil for none.
  var process: Int?

  /// Loopback ports and descriptors of one machine.
  static let viewersMax = 2000
  static let publishersMax = 50

  init(_ arguments: [String]) throws {
    var options = CommandOptions(arguments)
    if let url = try options.text("--janus") {
      server = .janus(try ServerURL(url))
    } else {
      guard let whip = try options.text("--whip"), let whep = try options.text("--whep") else {
        throw UsageError(text: "needs --whip URL and --whep URL, or --janus URL")
      }
      server = .endpoints(whip: whip, whep: whep, try LoadTokens(&options))
    }
    publishers = try options.number("--publishers", in: 1...LoadSettings.publishersMax, default: 1)
    viewers = try options.number("--viewers", in: 0...LoadSettings.viewersMax, default: 100)
    duration = .seconds(Int64(try options.number("--duration", in: 1...3600, default: 20)))
    bitrate = Bitrate(
      bitsPerSecond: Int64(
        try options.number("--bitrate", in: 10_000...50_000_000, default: 1_500_000)))
    let nack = try options.fraction("--nack", in: 0...0.5, default: 0)
    ignoredEvery = nack > 0 ? Int((1 / nack).rounded()) : 0
    joinRate = try options.number("--join-rate", in: 1...1000, default: 20)
    channel = options.isSet("--tcp") ? .tcpOnly : .any
    let number = try options.number("--pid", in: 0...(1 << 30), default: 0)
    process = number > 0 ? number : nil
    // JSON is the only output there is.
    _ = options.isSet("--json")
    try options.finish()
  }
}

/// The tokens of a run: given ones, or one of its own for each client, since a server bounds the
/// sessions of a member.
struct LoadTokens: Sendable {
  private let host: String?
  private let viewer: String?
  /// Signs what was not given; nil for a server without tokens.
  private let access: AccessControl?

  /// Takes `--token-host`, `--token-viewer`, and `--data` or `--api-key` and `--api-secret`.
  init(_ options: inout CommandOptions) throws {
    host = try options.text("--token-host")
    viewer = try options.text("--token-viewer")
    var keys: [String] = []
    for name in ["--data", "--api-key", "--api-secret"] {
      if let value = try options.text(name) { keys += [name, value] }
    }
    access =
      keys.isEmpty
      ? nil
      : AccessControl(
        keys: try Keys.load(try Configuration.read(keys).0, creating: false))
  }

  func forHost(_ number: Int, _ url: ServerURL) throws -> String? {
    try host ?? mint("load-host-\(number + 1)", .host, url)
  }

  func forViewer(_ number: Int, _ url: ServerURL) throws -> String? {
    try viewer ?? mint("load-viewer-\(number + 1)", .viewer, url)
  }

  private func mint(_ subject: String, _ role: Role, _ url: ServerURL) throws -> String? {
    guard let access, let room = url.target.segments.last else { return nil }
    return try access.mint(
      subject: subject, name: nil, room: room, role: role, lifetime: .seconds(6 * 3600),
      wall: SystemClock.wallTime()
    ).token
  }
}
