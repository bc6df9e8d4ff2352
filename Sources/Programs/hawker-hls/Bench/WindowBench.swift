// What a window of hours costs: each part, and each kind of playlist made with it.

import HLS
import HLSServing
import HTTP
import Wire

/// Three pictures and sound with a spool, for as long as the window and a little longer.
struct WindowBench {
  private var room: Presentation
  private var desk = RequestDesk()
  private var soundFrames: Int64 = 0

  private static let wall = WallTime(nanoseconds: 1_780_000_000_000_000_000)
  /// Each a part of its own: what frames cost is measured elsewhere.
  private static let framesPerSecond: Int64 = 4
  /// Seconds whose parts are measured: a few segments.
  private static let measured: Int64 = 16

  /// Microseconds of this thread for one part of each rendition, and for the playlists of one rendition with it.
  static func run(_ window: String) throws -> KeyValuePairs<String, Double> {
    guard let seconds = Int64(window), (12...43_200).contains(seconds) else {
      throw SidecarSettings.Fault(text: HLSBench.usage, status: 2)
    }
    var bench = try WindowBench(window: seconds)
    for frame in 0..<(seconds + 60) * framesPerSecond { bench.feed(frame) }
    return try bench.measure(from: (seconds + 60) * framesPerSecond)
  }

  private init(window: Int64) throws {
    room = Presentation(
      timing: HLSTiming(part: .milliseconds(250), window: .seconds(window)),
      epoch: WindowBench.wall, run: "b1", spool: SpoolLimits(bytesMax: 1 << 40))
    for (layer, name) in MadeUpLayers.names.enumerated() {
      let sets = MadeUpLayers.payloads(layer: layer, isKey: true)
      let format = try AVCConfiguration(
        sequenceParameters: [sets[0]], pictureParameters: [sets[1]])
      _ = room.addRendition(name, .video, format: .avc(format), at: .zero)
    }
    let sound = try AACConfiguration(sampleRate: 48_000, channelCount: 2, bitsPerSecond: 96_000)
    _ = room.addRendition(
      "sound", .audio(name: "Sound", language: nil), format: .aac(sound), at: .zero)
  }

  private mutating func feed(_ frame: Int64) {
    let bytes = [UInt8](repeating: 7, count: 40)
    let tick = 90_000 / WindowBench.framesPerSecond
    for layer in MadeUpLayers.names.indices {
      let isSync = frame % (2 * WindowBench.framesPerSecond) == 0
      room.append(TimedSample(time: frame * tick, bytes: bytes, isSync: isSync), to: layer)
    }
    while soundFrames * 1024 < (frame + 1) * 48_000 / WindowBench.framesPerSecond {
      room.append(TimedSample(time: soundFrames * 1024, bytes: bytes, isSync: true), to: 3)
      soundFrames += 1
    }
    for case .write(let segment) in room.takeSpoolOrders(waiting: 0) {
      room.noteSpooled(segment.name, isDone: true)
    }
  }

  private mutating func measure(from first: Int64) throws -> KeyValuePairs<String, Double> {
    let requests = [
      ("high/index.m3u8?_HLS_msn=1&_HLS_skip=YES", "gzip"), ("high/index.m3u8", "gzip"),
      ("high/index.m3u8", "identity"), ("high/iframes.m3u8", "gzip"), ("manifest.mpd", "gzip"),
    ]
    var used = [Int64](repeating: 0, count: requests.count + 1)
    var longest = used
    var sizes = [Int](repeating: 0, count: requests.count)
    let count = WindowBench.measured * WindowBench.framesPerSecond
    for frame in first..<first + count {
      WindowBench.measure(into: &used[0], &longest[0]) { feed(frame) }
      for (index, (path, coding)) in requests.enumerated() {
        let target = try HTTPTarget("/hls/b/\(path)")
        let asked = HTTPRequest(.get, target, headers: ["Accept-Encoding": coding])
        let ticket = RequestTicket(connection: 1, request: 1, asked)
        var answer: HTTPResponse?
        WindowBench.measure(into: &used[index + 1], &longest[index + 1]) {
          answer = desk.answer(
            asked, ticket, room: "b", room, at: .zero, wall: WindowBench.wall)
        }
        sizes[index] = answer?.bodyByteCount ?? 0
      }
    }
    let mean = used.map { Double($0) / Double(count) / 1000 }
    let most = longest.map { Double($0) / 1000 }
    return [
      "segments": Double(room.renditions[0].listed.count),
      "part_us": mean[0], "part_longest_us": most[0], "delta_us": mean[1],
      "gzip_us": mean[2], "gzip_longest_us": most[2], "gzip_bytes": Double(sizes[1]),
      "plain_us": mean[3], "plain_bytes": Double(sizes[2]), "iframes_us": mean[4],
      "manifest_us": mean[5],
    ]
  }

  private static func measure(into sum: inout Int64, _ longest: inout Int64, _ body: () -> Void) {
    let begin = ThreadClock.nanoseconds()
    body()
    let used = ThreadClock.nanoseconds() - begin
    sum += used
    longest = max(longest, used)
  }
}
