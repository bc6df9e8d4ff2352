// Plays a room over HTTP as players do, and holds what came to the rules: `HLSCheck URL SECONDS`.

import ClientShell
import Glibc
import HLSConformance
import HTTP
import Loop
import Wire

/// A player of one rendition.
private struct Player {
  let folder: String
  var latest: ReadPlaylist?
  var isDelta = false
  var loaded: Set<String> = []
  var isOver = false
}

/// One thread, one request after the other: so what was seen before a request was true when it was answered.
private struct Session {
  let room: ServerURL
  let http: HTTPClient
  var exchanges: [Exchange] = []
  var players: [Player] = []

  /// The longest a playlist may block, and more.
  private static let patience = TimeSpan.seconds(10)

  mutating func get(_ path: String, _ query: String = "") throws -> Exchange {
    let text = "\(room.target.path)/\(path)" + (query.isEmpty ? "" : "?\(query)")
    let url = try room.resolving(text)
    let asked = SystemClock.now()
    let response = try http.perform(
      HTTPRequest(.get, url.target, headers: ["Connection": "close"]), to: url,
      within: Session.patience)
    let now = SystemClock.now()
    var noted = query
    if response.status == 503 { noted += "&waited=\((now - asked).milliseconds)" }
    let exchange = Exchange(
      at: now, path: path, query: noted, status: response.status, body: response.body)
    if response.status != 503 || path.hasSuffix("/index.m3u8") { exchanges.append(exchange) }
    return exchange
  }

  /// Adds the players of renditions that are new; false while there are none.
  mutating func findPlayers() throws -> Bool {
    let answer = try get("index.m3u8")
    guard answer.status == 200 else {
      exchanges.removeLast()
      return false
    }
    for line in answer.text.split(separator: "\n") {
      let uri =
        line.hasPrefix("#EXT-X-MEDIA:")
        ? line.split(separator: "\"").last { $0.hasSuffix(".m3u8") }
        : line.hasPrefix("#") ? nil : line
      guard let folder = uri?.split(separator: "/").first.map(String.init),
        !players.contains(where: { $0.folder == folder })
      else { continue }
      players.append(Player(folder: folder))
    }
    return !players.isEmpty
  }

  /// Lets a player reload, blocking, and load what is new.
  mutating func turn(_ index: Int) throws {
    var player = players[index]
    var query = ""
    if let newest = player.latest?.newest {
      query = "_HLS_msn=\(newest.sequence)&_HLS_part=\(newest.part + 1)"
      // Every second time as a delta update.
      player.isDelta.toggle()
      if player.isDelta { query += "&_HLS_skip=YES" }
    }
    let answer = try get("\(player.folder)/index.m3u8", query)
    guard answer.status == 200 else { return }
    let playlist = ReadPlaylist(answer.text, earlier: player.latest)
    var names: [String] = []
    for segment in playlist.segments {
      if let map = segment.map { names.append(map) }
      names += segment.parts.filter { !$0.isGap }.map(\.uri)
      if let uri = segment.uri, !segment.isGap { names.append(uri) }
    }
    for name in names where player.loaded.insert(name).inserted {
      _ = try get("\(player.folder)/\(name)")
    }
    player.latest = playlist
    player.isOver = playlist.isEnded
    players[index] = player
  }

  mutating func run(for span: TimeSpan) throws {
    let deadline = SystemClock.now() + span
    while try !findPlayers() {
      guard SystemClock.now() < deadline else { throw ClientFault.timeout }
      usleep(200_000)
    }
    // Other renditions come with their first keyframes.
    sleep(2)
    _ = try findPlayers()
    while SystemClock.now() < deadline, players.contains(where: { !$0.isOver }) {
      for index in players.indices where !players[index].isOver { try turn(index) }
    }
    for query in ["_HLS_part=1", "_HLS_msn=99999", "_HLS_msn=x"] {
      for player in players { _ = try get("\(player.folder)/index.m3u8", query) }
    }
    // A rendition that came late was not followed, but it is there.
    let known = players.count
    _ = try findPlayers()
    for index in players.indices where index >= known { try turn(index) }
    for player in players { _ = try get("\(player.folder)/iframes.m3u8") }
    exchanges.removeAll { $0.path.hasSuffix("iframes.m3u8") && $0.status != 200 }
  }
}

do {
  guard CommandLine.arguments.count == 3, let seconds = Int64(CommandLine.arguments[2]) else {
    print("usage: HLSCheck http://ADDR:PORT/hls/ROOM SECONDS")
    exit(2)
  }
  var limits = HTTPLimits()
  limits.bodyBytesMax = 16 << 20
  var session = Session(
    room: try ServerURL(CommandLine.arguments[1]), http: try HTTPClient(limits: limits))
  try session.run(for: .seconds(seconds))
  let violations = ConformanceChecker.check(session.exchanges)
  for violation in violations.prefix(20) { print(violation) }
  let discontinuities = session.players.compactMap(\.latest).map { playlist in
    Set(playlist.segments.map(\.discontinuity)).count
  }
  print(
    "exchanges=\(session.exchanges.count) renditions=\(session.players.count) "
      + "timelines=\(discontinuities.max() ?? 0) violations=\(violations.count)")
  exit(violations.isEmpty ? 0 : 1)
} catch {
  print("no session: \(error)")
  exit(1)
}
