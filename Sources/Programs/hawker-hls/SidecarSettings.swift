// What the command line says.

import Access
import Crypto
import Glibc
import HLS
import HLSFeed
import HLSPushing
import Transcoding
import Wire

/// `hawker-hls --server URL --http ADDR:PORT`, or with `--whep URL`, and what may be added.
struct SidecarSettings: Sendable {
  struct Fault: Error {
    let text: String
    let status: Int32
  }

  /// Where rooms come from.
  enum Source: Sendable {
    /// One room: the endpoint of Hawker or of any other server, with its query.
    case whep(url: String, room: String)
    /// A Hawker server, `http(s)://HOST:PORT`: the rooms named, or all that are listed as live.
    case server(origin: String, only: [String])
  }

  let source: Source
  let token: TokenSource
  let address: SocketAddress
  let timing: HLSTiming
  let roomsMax: Int
  /// Which rooms of a server's list.
  let reach: RosterReach
  /// Of media, for all rooms together.
  let bytesMax: Int
  /// Who may load rooms; nil: everybody.
  let access: StreamAccess?
  /// What segments are encrypted with; nil: nothing.
  let keys: SegmentKeys?
  /// The folder of kept shows; nil: none are kept.
  let keep: String?
  /// The folder for segments that are too old for memory; nil: there are none.
  let spool: String?
  /// How old they are then.
  let spoolAfter: TimeSpan
  /// Of its files, for all rooms together.
  let spoolBytesMax: Int
  /// Roots that servers and the store are believed by; nil: this machine's.
  let authorities: String?
  /// The store that shows are pushed to; nil: none.
  let push: PushTarget?
  /// The file that says which CDN players shall use; nil: none does.
  let pathways: String?
  /// Languages that have subtitles from the start.
  let captions: [LanguageTag]
  /// What samples are encrypted with; nil: nothing.
  let protection: ContentProtection?

  /// Of rooms whose codec is not H.264.
  let ladder: Ladder
  let encoder: EncoderSettings
  /// Whether the encoders of a room rest that nobody watches by HLS.
  let restsEncoders: Bool

  static let usage = """
    usage: hawker-hls --server URL --http ADDR:PORT [--token T | --token-file F] [--room R]... [--rooms N] [--of all|own] [--memory MB]
           hawker-hls --whep URL --http ADDR:PORT [--token T] [--room R] [--memory MB]
           both with [--ca FILE] [--part MS] [--window S] [--access-key FILE] [--encrypt N] [--ladder L]
           [--encoder E] [--preset P] [--transcode always|watched] [--protect cbcs --content-key FILE [--licences FILE]] [--keep DIR] [--pathways FILE]
           [--spool DIR [--spool-size MB] [--spool-after S]]
           [--push URL [--push-credentials FILE]]
           [--captions LANG,...]
           hawker-hls mp4 DIR/ROOM/SHOW -o FILE [--rendition NAME]
      --server  a Hawker server, http(s)://HOST:PORT: every live room of its list
      --whep    one room of any server: http(s)://HOST:PORT/whep/ROOM (the last segment is the room)
      --ca      a PEM file of roots to believe servers of https by, and the store, instead of this machine's
      --token   a service token of that server, of all rooms with --server; or HAWKER_TOKEN
      --token-file  a file with that token, read anew for each session
      --http    where to serve /hls/ROOM/index.m3u8; port 0 lets the system choose
      --room    with --server: this room, listed or not, and others only if named too;
                with --whep: the room's name in our own paths, where the URL does not end with it
      --rooms   rooms at once, those that are just over included, 1 to \(roomsLimit) (16)
      --of      with --server, where several share a database: all their rooms whose server says its
                address (all; by https only where --server is), or those of this server only (own), for a sidecar beside each
      --memory  megabytes of media kept for all rooms together, shared equally (1024)
      --part    part target in milliseconds, 200 to 333 (320)
      --window  seconds of the past that playlists list (30)
      --ladder  renditions of a room that does not send H.264: SIDE:KBIT,... by the shorter side,
                largest first, at most three (720:2500,360:700)
      --encoder libx264 or libopenh264, if this machine's libavcodec has it (libx264, which is GPL)
      --preset  libx264's, ultrafast to fast (superfast)
      --transcode  watched: the encoders of a room rest while nobody has asked for its HLS for half a
                minute, and its players see a slate for a second when somebody does; not with --keep, --push or a
                --window of more than a minute (always)
      --access-key  what addresses must be signed with, /hls/ROOM/~TOKEN/index.m3u8: a file with a
                secret of 32 characters or more, the one that `hawker serve` is given; without it
                everybody may load every room
      --encrypt segments in AES-128, with another key every N of them; keys are below the room, behind
                --access-key (players that can't decrypt play nothing)
      --protect samples for DRM systems, ISO/IEC 23001-7 cbcs; not with --encrypt or --keep
      --content-key  a file that only its owner may read: KID KEY, or KID KEY IV, of 32 hexadecimal digits
      --licences  who gives the key to players, a line each: SYSTEM-ID PSSH KEYFORMAT URI, - for what
                there is none of, {kid} and {pssh} in the URI; without it players ask the page they are on
      --pathways  a file with a line for each CDN, the best first: ID HOST, or . for where the playlist came
                from; read again when it changes, and players have heard of it within a minute
      --keep    a folder: every show stays there when it is over, as a VOD at /hls/ROOM/kept/SHOW/index.m3u8,
                with a list of them at /hls/ROOM/kept/index.json
      --spool   a folder for media that is too old for memory: with it --window may be up to 43200 s, and
                twice the window has to fit. What it holds is removed at the end and at the next start
      --spool-size  MB of its files, for all rooms (32768); what goes beyond it shortens the window
      --spool-after  for how long media stays in memory too, 12 to 600 s (60)
      --push    s3://BUCKET/PREFIX?endpoint=http(s)://HOST:PORT&region=NAME: every show is put into this store
                while it goes on, as plain HLS and DASH: ROOM/index.m3u8, ROOM/manifest.mpd; not with
                --encrypt. Who may read the bucket is the bucket's to say, --access-key is not asked there
      --push-credentials  a file that only its owner may read, as `aws configure` writes it, read again
                as it changes; or AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN
      --captions  languages that have subtitles from the start, at most four (de,en): players that read the
                list of renditions once know no others
      mp4       makes one MP4 file of a kept show
    """

  /// Rooms of one process: as many as one page of the server's list has.
  static let roomsLimit = 100

  /// Rooms that are there from the start.
  var rooms: [String] {
    switch source {
    case .whep(_, let room): [room]
    case .server(_, let only): only
    }
  }

  /// Whether the server's list says which rooms there are.
  var followsList: Bool {
    guard case .server(_, let only) = source else { return false }
    return only.isEmpty
  }

  /// The server whose room sockets say what happens; empty for `--whep`.
  var origin: String {
    guard case .server(let origin, _) = source else { return "" }
    return origin
  }

  /// Where a room is played; at `origin` when the room has moved there.
  func whep(_ room: String, at origin: String?) -> String {
    switch source {
    case .whep(let url, _): url
    case .server(let first, _): "\(origin ?? first)/whep/\(room)?layer=all"
    }
  }

  init(_ arguments: [String]) throws(Fault) {
    let values = try SidecarSettings.values(of: arguments)
    guard let http = values["--http"]?.last, let address = SocketAddress(http) else {
      throw Fault(text: "--http ADDR:PORT is needed", status: 2)
    }
    source = try SidecarSettings.source(
      whep: values["--whep"]?.last, server: values["--server"]?.last,
      rooms: values["--room"] ?? [])
    self.address = address
    token = try SidecarSettings.token(values["--token"]?.last, file: values["--token-file"]?.last)
    spool = values["--spool"]?.last
    guard spool != nil || values["--spool-size"] == nil && values["--spool-after"] == nil else {
      throw Fault(text: "--spool-size and --spool-after are of --spool DIR", status: 2)
    }
    spoolAfter = .seconds(try SidecarSettings.number(values["--spool-after"], 60, 12...600))
    spoolBytesMax =
      Int(try SidecarSettings.number(values["--spool-size"], 32_768, 64...16_777_216)) << 20
    let window = try SidecarSettings.number(values["--window"], 30, 12...43_200)
    guard spool != nil || window <= 3600 else {
      throw Fault(text: "--window beyond 3600 s needs --spool DIR", status: 2)
    }
    timing = HLSTiming(
      part: .milliseconds(try SidecarSettings.number(values["--part"], 320, 200...333)),
      window: .seconds(window))
    let rooms = try SidecarSettings.number(
      values["--rooms"], 16, 1...Int64(SidecarSettings.roomsLimit))
    roomsMax = max(Int(rooms), values["--room"]?.count ?? 1)
    guard let reach = RosterReach(rawValue: values["--of"]?.last ?? "all") else {
      throw Fault(text: "--of: all or own", status: 2)
    }
    self.reach = reach
    bytesMax = Int(try SidecarSettings.number(values["--memory"], 1024, 16...1_048_576)) << 20
    (ladder, encoder) = try SidecarSettings.transcoding(
      values["--ladder"]?.last, values["--encoder"]?.last, values["--preset"]?.last)
    restsEncoders = try SidecarSettings.restsEncoders(
      values["--transcode"]?.last, isKept: values["--keep"] != nil || values["--push"] != nil,
      window: timing.window)
    access = try SidecarSettings.access(values["--access-key"]?.last)
    let each = try SidecarSettings.number(values["--encrypt"], 0, 0...1000)
    var random = RandomSource.system
    keep = values["--keep"]?.last
    pathways = values["--pathways"]?.last
    captions = try SidecarSettings.captions(values["--captions"]?.last)
    protection = try SidecarSettings.protection(values, isEncrypting: each > 0)
    // What a kept show's playlists would have to say of licence services is not kept.
    guard protection == nil || keep == nil else {
      throw Fault(text: "either --protect or --keep", status: 2)
    }
    authorities = values["--ca"]?.last
    push = try SidecarSettings.push(values, authorities: authorities, isEncrypting: each > 0)
    keys = each > 0 ? SegmentKeys(secret: random.bytes(32), segmentsEach: Int(each)) : nil
  }

  private static func values(of arguments: [String]) throws(Fault) -> [String: [String]] {
    var values: [String: [String]] = [:]
    var rest = arguments[...]
    while let flag = rest.popFirst() {
      if flag == "--help" { throw Fault(text: "hawker-hls: rooms as LL-HLS", status: 0) }
      guard flags.contains(flag) else { throw Fault(text: "unknown: \(flag)", status: 2) }
      guard let value = rest.popFirst() else {
        throw Fault(text: "\(flag) needs a value", status: 2)
      }
      values[flag, default: []].append(value)
    }
    return values
  }

  private static func token(_ text: String?, file: String?) throws(Fault) -> TokenSource {
    switch (text ?? SidecarSettings.environment("HAWKER_TOKEN"), file) {
    case (_?, _?): throw Fault(text: "either --token or --token-file", status: 2)
    case (let text?, nil): .text(text)
    case (nil, let file?): .file(file)
    case (nil, nil): .none
    }
  }

  private static func source(
    whep: String?, server: String?, rooms: [String]
  ) throws(Fault) -> Source {
    if let wrong = rooms.first(where: { !ResourceNames.isSafe(folder: $0) }) {
      throw Fault(text: "no room's name: \(wrong)", status: 2)
    }
    switch (whep, server) {
    case (nil, nil): throw Fault(text: "--server or --whep is needed", status: 2)
    case (_?, _?): throw Fault(text: "either --server or --whep", status: 2)
    case (nil, let server?):
      let origin = server.hasSuffix("/") ? String(server.dropLast()) : server
      guard rooms.count <= roomsLimit else {
        throw Fault(text: "at most \(roomsLimit) rooms", status: 2)
      }
      return .server(origin: origin, only: rooms)
    case (let whep?, nil):
      let path = whep.split(separator: "?").first ?? ""
      let room = rooms.last ?? path.split(separator: "/").last.map(String.init) ?? ""
      guard ResourceNames.isSafe(folder: room) else {
        throw Fault(text: "no room's name: \(room)", status: 2)
      }
      let url = whep + (whep.contains("?") ? "&" : "?") + "layer=all"
      return .whep(url: url, room: room)
    }
  }

  private static func transcoding(
    _ steps: String?, _ name: String?, _ preset: String?
  ) throws(Fault) -> (Ladder, EncoderSettings) {
    guard let ladder = steps.map({ Ladder($0) }) ?? .standard else {
      throw Fault(text: "no ladder: \(steps ?? "")", status: 2)
    }
    var encoder = EncoderSettings()
    encoder.name = name ?? encoder.name
    encoder.preset = preset ?? encoder.preset
    guard encoder.isAvailable else {
      throw Fault(text: "no such encoder here: \(encoder.name) \(encoder.preset)", status: 2)
    }
    return (ladder, encoder)
  }

  private static func restsEncoders(
    _ wish: String?, isKept: Bool, window: TimeSpan
  ) throws(Fault) -> Bool {
    switch wish ?? "always" {
    case "always": return false
    case "watched":
      // What is looked at later must be there, though nobody watches now.
      guard !isKept, window <= EncoderRest.windowMax else {
        throw Fault(
          text: "--transcode watched: not with --keep, --push or a --window of more than a minute",
          status: 2)
      }
      return true
    case let other: throw Fault(text: "--transcode: always or watched, not \(other)", status: 2)
    }
  }

  private static func access(_ path: String?) throws(Fault) -> StreamAccess? {
    guard let path else { return nil }
    // One byte more than the longest file shows one that is longer.
    var text = [UInt8](repeating: 0, count: keyFileBytesMax + 1)
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw Fault(text: "--access-key: can't read \(path)", status: 2) }
    defer { close(file) }
    let count = unsafe text.withUnsafeMutableBytes { bytes in
      unsafe read(file, bytes.baseAddress, bytes.count)
    }
    guard (1...keyFileBytesMax).contains(count),
      let access = StreamAccess(keyFile: String(decoding: text.prefix(count), as: UTF8.self))
    else {
      throw Fault(
        text: "--access-key: \(path) needs one or two secrets of 32 or more characters",
        status: 2)
    }
    return access
  }

  /// Two secrets and what one may write about them.
  private static let keyFileBytesMax = 4096

  /// A variable that is set to something.
  private static func environment(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : text
  }

  private static let flags: Set<String> = [
    "--whep", "--server", "--ca", "--token", "--token-file", "--http", "--room", "--rooms", "--of",
    "--memory",
    "--part", "--window", "--access-key", "--encrypt", "--ladder", "--encoder", "--preset",
    "--keep", "--pathways", "--transcode", "--protect", "--content-key", "--licences",
    "--spool", "--spool-size", "--spool-after",
    "--push", "--push-credentials",
    "--captions",
  ]

  private static func number(
    _ values: [String]?, _ standard: Int64, _ range: ClosedRange<Int64>
  ) throws(Fault) -> Int64 {
    guard let text = values?.last else { return standard }
    guard let number = Int64(text), range.contains(number) else {
      throw Fault(text: "\(text) is not in \(range)", status: 2)
    }
    return number
  }
}
