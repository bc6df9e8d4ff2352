// A made-up room, served as the sidecar serves its own: what is measured is web server, desk and presentation.

import HLS
import HLSServing
import HTTP
import Loop
import Web
import Wire

/// `/hls/bench/…`, live, from a clock.
struct BenchRoom {
  private let inbox: Mailbox<WebEvent>
  private let server: WebServer
  private let loop: EventLoop
  private let signals: SignalWatch
  private var desk = RequestDesk()
  private var shelf: RoomShelf
  private var room: Presentation
  private var frames: [Int] = [0, 0, 0]
  private let start: Instant
  private var news: [WebEvent] = []

  private static let signalToken: UInt64 = 1 << 62
  /// When the part was there, in nanoseconds of the system's monotonic clock: what answers are measured from.
  static let partAt = "X-Part-At"

  static func run(at text: String) throws -> Int32 {
    guard let address = SocketAddress(text) else { return 2 }
    var room = try BenchRoom(address)
    SidecarLog.say("ready http=\(room.server.address)")
    while (try? room.signals.next()) == nil { try room.turn() }
    room.server.stop()
    return 0
  }

  private init(_ address: SocketAddress) throws {
    let waker = try Waker()
    loop = try EventLoop(waker: waker)
    let inbox = Mailbox<WebEvent>(capacity: 2 * HLSLimits.waitingMax, waker: waker)
    self.inbox = inbox
    signals = try SignalWatch([.terminate, .interrupt])
    try loop.add(signals.descriptor, token: BenchRoom.signalToken, interest: .reading)
    let answers = AnswerShelf()
    shelf = RoomShelf(answers, owner: 1)
    var web = WebConfig(address: address)
    web.shelf = answers
    server = try WebServer(web) { _ = inbox.post($0) }
    start = SystemClock.now()
    room = Presentation(timing: HLSTiming(), epoch: SystemClock.wallTime(), run: "b")
    for layer in MadeUpLayers.names.indices {
      let set = MadeUpLayers.payloads(layer: layer, isKey: true)
      let format = try AVCConfiguration(
        sequenceParameters: [set[0]], pictureParameters: [set[1]])
      _ = room.addRendition(
        MadeUpLayers.names[layer], .video, format: .avc(format), at: .zero)
    }
  }

  private mutating func turn() throws {
    loop.wait(until: loop.now + .milliseconds(5))
    takeNews()
    let before = room.revision
    feed(until: SystemClock.now() - start)
    guard room.revision != before else { return }
    let now = SystemClock.now()
    shelf.follow(room, at: now)
    desk.release(room) { tickets, response in
      var response = response
      response.headers.set(BenchRoom.partAt, "\(now.nanoseconds)")
      let requests = tickets.map {
        WebRequestID(connection: $0.connection, request: $0.request)
      }
      server.post(.respondAll(requests, response))
    }
  }

  private mutating func takeNews() {
    news.removeAll(keepingCapacity: true)
    inbox.drain(into: &news)
    let wall = SystemClock.wallTime()
    if !news.isEmpty { shelf.follow(room, at: loop.now) }
    for case .request(let connection, let request, let asked, _) in news {
      let ticket = RequestTicket(connection: connection, request: request, asked)
      let answer = desk.answer(asked, ticket, room: "bench", room, at: loop.now, wall: wall)
      if let answer {
        server.post(.respond(connection, request, answer))
        shelf.keep(asked, answer, at: loop.now)
      }
    }
  }

  private mutating func feed(until time: TimeSpan) {
    for layer in frames.indices {
      let size = MadeUpLayers.bitsPerSecond[layer] / 8 / MadeUpLayers.framesPerSecond
      while Double(frames[layer]) / Double(MadeUpLayers.framesPerSecond) <= time.seconds {
        let number = frames[layer]
        frames[layer] += 1
        room.append(
          TimedSample(
            time: Int64(number) * 90_000 / Int64(MadeUpLayers.framesPerSecond),
            bytes: [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: size),
            isSync: number % 60 == 0),
          to: layer)
      }
    }
    room.advance(to: time)
  }
}
