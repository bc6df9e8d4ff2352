// What the command line says.

import Glibc
import HLS
import Transcoding
import Wire

/// `hawker-hls --whep URL --token T --http ADDR:PORT [--room R]` and what may be added.
struct SidecarSettings: Sendable {
  struct Fault: Error {
    let text: String
    let status: Int32
  }

  /// Without the room; `/whep/{room}` of Hawker, or any other server's endpoint when `room` is given.
  let whep: String
  let token: String?
  let address: SocketAddress
  let room: String
  let timing: HLSTiming
  /// Of rooms whose codec is not H.264.
  let ladder: Ladder
  let encoder: EncoderSettings

  static let usage = """
    usage: hawker-hls --whep URL --http ADDR:PORT [--token T] [--room R] [--part MS] [--window S]
             [--ladder L] [--encoder E] [--preset P]
      --whep    where to play: http://HOST:PORT/whep/ROOM (the last segment is the room)
      --token   a service token of that server; or HAWKER_TOKEN
      --http    where to serve /hls/ROOM/index.m3u8; port 0 lets the system choose
      --room    the room's name in our own paths, where it is not the last segment of the URL
      --part    part target in milliseconds, 200 to 333 (320)
      --window  seconds of the past that playlists list (30)
      --ladder  renditions of a room that does not send H.264: SIDE:KBIT,... by the shorter side,
                largest first, at most three (720:2500,360:700)
      --encoder libx264 or libopenh264, if this machine's libavcodec has it (libx264, which is GPL)
      --preset  libx264's, ultrafast to fast (superfast)
    """

  init(_ arguments: [String]) throws(Fault) {
    var values: [String: String] = [:]
    var rest = arguments[...]
    while let flag = rest.popFirst() {
      if flag == "--help" { throw Fault(text: "hawker-hls: a room as LL-HLS", status: 0) }
      guard SidecarSettings.flags.contains(flag) else {
        throw Fault(text: "unknown: \(flag)", status: 2)
      }
      guard let value = rest.popFirst() else {
        throw Fault(text: "\(flag) needs a value", status: 2)
      }
      values[flag] = value
    }
    guard let whep = values["--whep"] else { throw Fault(text: "--whep is needed", status: 2) }
    guard let http = values["--http"], let address = SocketAddress(http) else {
      throw Fault(text: "--http ADDR:PORT is needed", status: 2)
    }
    let path = whep.split(separator: "?").first ?? ""
    let room = values["--room"] ?? path.split(separator: "/").last.map(String.init) ?? ""
    guard ResourceNames.isSafe(folder: room) else {
      throw Fault(text: "no room's name: \(room)", status: 2)
    }
    self.whep = whep + (whep.contains("?") ? "&" : "?") + "layer=all"
    self.address = address
    self.room = room
    token = values["--token"] ?? SidecarSettings.environment("HAWKER_TOKEN")
    timing = HLSTiming(
      part: .milliseconds(try SidecarSettings.number(values["--part"], 320, 200...333)),
      window: .seconds(try SidecarSettings.number(values["--window"], 30, 12...3600)))
    (ladder, encoder) = try SidecarSettings.transcoding(
      values["--ladder"], values["--encoder"], values["--preset"])
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

  /// A variable that is set to something.
  private static func environment(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : text
  }

  private static let flags: Set<String> = [
    "--whep", "--token", "--http", "--room", "--part", "--window", "--ladder",
    "--encoder", "--preset",
  ]

  private static func number(
    _ text: String?, _ standard: Int64, _ range: ClosedRange<Int64>
  ) throws(Fault) -> Int64 {
    guard let text else { return standard }
    guard let number = Int64(text), range.contains(number) else {
      throw Fault(text: "\(text) is not in \(range)", status: 2)
    }
    return number
  }
}
