// What `hawker load drop` is told.

import Access
import Loop
import Wire

/// The settings of one crowd of buyers.
struct DropLoadSettings {
  let servers: [ServerOrigin]
  let room: String
  let drop: Int64
  /// The drop's limit for each buyer.
  let perBuyer: Int
  let buyers: Int
  let seed: UInt64
  /// When buyers begin to claim, and how long until the last of them does.
  let opensAtMs: Int64
  let spreadMs: Int
  /// How long after it got its units a buyer acts at the latest.
  let thinkMs: Int
  /// Claims nothing, and pays for every unit it holds.
  let onlyPays: Bool
  /// What ends a run that doesn't come to an end.
  let limit: TimeSpan
  /// The file that says what each buyer was told.
  let sightsPath: String
  let access: AccessControl

  init(_ arguments: [String]) throws {
    var options = CommandOptions(arguments)
    var servers: [ServerOrigin] = []
    while let text = try options.text("--url") {
      guard let server = ServerOrigin(text) else {
        throw UsageError(text: "--url: \(text) is no http://ADDR:PORT")
      }
      servers.append(server)
    }
    guard !servers.isEmpty else { throw UsageError(text: "--url is needed") }
    self.servers = servers
    guard let room = try options.text("--room") else { throw UsageError(text: "--room is needed") }
    self.room = room
    drop = Int64(try options.number("--drop", in: 1...Int.max, default: 1))
    perBuyer = try options.number("--per-buyer", in: 1...10, default: 1)
    buyers = try options.number("--buyers", in: 1...16_000, default: 5000)
    seed = UInt64(try options.number("--seed", in: 0...Int.max, default: 1))
    opensAtMs = Int64(try options.number("--opens-at", in: 0...Int.max, default: 0))
    spreadMs = try options.number("--spread-ms", in: 1...600_000, default: 1000)
    thinkMs = try options.number("--think-ms", in: 1...600_000, default: 10_000)
    onlyPays = options.isSet("--only-pay")
    limit = .seconds(Int64(try options.number("--limit", in: 1...3600, default: 120)))
    guard let path = try options.text("--sights") else {
      throw UsageError(text: "--sights FILE is needed")
    }
    sightsPath = path
    guard let data = try options.text("--data") else {
      throw UsageError(text: "--data DIR is needed, for the server's keys")
    }
    access = AccessControl(
      keys: try Keys.load(try Configuration.read(["--data", data]).0, creating: false))
    try options.finish()
  }
}

/// Where a server of several is.
struct ServerOrigin: Hashable {
  let address: SocketAddress

  /// Reads `http://ADDR:PORT`.
  init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: true)
    guard parts.count == 2, parts[0] == "http:", let address = SocketAddress(String(parts[1]))
    else { return nil }
    self.address = address
  }
}
