// What a fuzzer feeds: requests to a room, with everything a client decides in them.

import Access
import HLS
import HTTP
import Wire

/// The fuzz body of this target.
package enum HLSServingFuzzBody {
  /// Reads `bytes` as a path and query below a room and, line by line, as header fields, and asks a desk for it
  /// with and without a token; traps when an answer contradicts itself or another.
  package static func run(_ bytes: borrowing Span<UInt8>) {
    let lines = bytes.toArray().split(
      separator: 10, maxSplits: 16, omittingEmptySubsequences: false
    )
    .map { String(decoding: $0, as: UTF8.self) }
    guard let first = lines.first, let target = try? HTTPTarget("/hls/show/" + first),
      let room = room(), let access = StreamAccess(keyFile: secret)
    else { return }
    var headers = HTTPHeaders()
    for line in lines.dropFirst() {
      let sides = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      if sides.count == 2 { headers.append(String(sides[0]), HTTPSyntax.trimmed(sides[1])) }
    }
    let asked = HTTPRequest(.get, target, headers: headers)
    serve(asked, room)
    guarded(asked, room, access)
  }

  private static let secret = "0123456789abcdef0123456789abcdef"
  private static let wall = WallTime(nanoseconds: 1_793_247_560_000_000_000)

  /// Five seconds of sound: some whole segments, and one that grows.
  private static func room() -> Presentation? {
    var room = Presentation(timing: HLSTiming(), epoch: wall, run: "r")
    guard
      let format = try? AACConfiguration(
        sampleRate: 48_000, channelCount: 2, bitsPerSecond: 96_000),
      room.addRendition("s", .audio(name: "s", language: nil), format: .aac(format), at: .zero)
        == 0
    else { return nil }
    feed(&room, 0..<235)
    return room
  }

  private static func feed(_ room: inout Presentation, _ frames: Range<Int64>) {
    for number in frames {
      room.append(TimedSample(time: number * 1024, bytes: [1, 2, 3], isSync: true), to: 0)
    }
  }

  private static func serve(_ asked: HTTPRequest, _ room: Presentation) {
    var desk = RequestDesk()
    let ticket = RequestTicket(connection: 1, request: 1, asked)
    let response = desk.answer(asked, ticket, room: "show", room, at: .zero, wall: wall)
    let again = desk.answer(asked, ticket, room: "show", room, at: .zero, wall: wall)
    precondition(response == again, "the same request is answered in two ways")
    guard let response else { return wait(&desk, room) }
    check(response, asked, &desk, room)
    precondition(desk.waitingCount == 0, "who is answered waits")
  }

  /// Those who wait are answered when time has passed, in one way.
  private static func wait(_ desk: inout RequestDesk, _ room: Presentation) {
    precondition(desk.waitingCount == 2, "who is not answered does not wait")
    var room = room
    // More than may be waited for: a part beyond the newest segment but one.
    feed(&room, 235..<700)
    var answered = 0
    desk.release(room) { tickets, response in
      answered += tickets.count
      precondition(
        [200, 206, 304, 416].contains(response.status), "what was waited for is not there")
    }
    precondition(answered == 2 && desk.waitingCount == 0, "a part came, and somebody waits still")
  }

  private static func check(
    _ response: HTTPResponse, _ asked: HTTPRequest, _ desk: inout RequestDesk, _ room: Presentation
  ) {
    switch response.status {
    case 200: break
    case 206:
      let range = response.headers["content-range"] ?? ""
      let numbers = range.split { !("0"..."9").contains($0) }.compactMap { Int($0) }
      precondition(
        numbers.count == 3 && numbers[1] < numbers[2]
          && numbers[1] - numbers[0] + 1 == response.bodyByteCount, "another range than is said")
      var plain = asked
      plain.headers.remove("range")
      let ticket = RequestTicket(connection: 1, request: 2, plain)
      let whole = desk.answer(plain, ticket, room: "show", room, at: .zero, wall: wall)
      let bytes = (whole?.body ?? []) + (whole?.rest.flatMap { $0 } ?? [])
      precondition(
        bytes.count == numbers[2]
          && Array(bytes[numbers[0]...numbers[1]]) == response.body + response.rest.flatMap { $0 },
        "a range of other bytes")
    case 304: precondition(response.bodyByteCount == 0, "a body that nobody reads")
    case 204, 400, 403, 404, 416, 503: break
    case _: preconditionFailure("an answer that is not foreseen")
    }
    precondition(
      response.headers["access-control-allow-origin"] == "*" || response.status < 300,
      "a refusal that players may not read")
  }

  /// Whatever the path says, who has no token for the room gets nothing.
  private static func guarded(_ asked: HTTPRequest, _ room: Presentation, _ access: StreamAccess) {
    var desk = RequestDesk(access: access)
    let ticket = RequestTicket(connection: 1, request: 1, asked)
    let token = access.token(room: "show", at: wall)
    let segments = asked.target.segments
    guard segments.count > 2, segments[2] != StreamAccess.prefix + token else { return }
    let answer = desk.answer(asked, ticket, room: "show", room, at: .zero, wall: wall)
    precondition(answer?.status == 403, "something is given out without a token")
    // And who has one gets what is given out without access.
    guard let path = try? HTTPTarget("/hls/show/~\(token)/" + asked.target.encoded.dropFirst(10))
    else { return }
    let allowed = HTTPRequest(.get, path, headers: asked.headers)
    var open = RequestDesk()
    let free = open.answer(asked, ticket, room: "show", room, at: .zero, wall: wall)
    let given = desk.answer(allowed, ticket, room: "show", room, at: .zero, wall: wall)
    // A second token is a name like any other.
    precondition(
      segments[2].hasPrefix(StreamAccess.prefix) || given == free, "a token changes what is there")
  }
}
