// One load run: everyone joins, a while passes, a window is measured, everyone leaves.

import Client
import ClientShell
import Crypto
import HTTP
import JSON
import Loop
import MediaControl
import RTP
import Wire

/// The media side of a load run; for the main thread.
final class LoadRun {
  private struct Publisher {
    let id: ClientID
    let audioStream: Int?
    let videoStream: Int?
    /// Nil until connected.
    var media: SyntheticMedia?
  }

  private let settings: LoadSettings
  private let waker: Waker
  private let clients: ClientLoop
  private let inbox: Mailbox<LoadNews>
  private let identity: ClientIdentity
  private var measurement: LoadMeasurement
  private var publishers: [Int: Publisher] = [:]
  /// By client: a viewer's number.
  private var viewers: [ClientID: Int] = [:]
  private var sessions: [LoadSession] = []
  private var news: [LoadNews] = []
  private var isEveryoneTried = false

  /// From the last join to the window, for chains to have caught up and windows to have grown.
  private static let warmUp = TimeSpan.seconds(2)
  /// The longest wait for those who have joined to get a frame.
  private static let joinTimeMax = TimeSpan.seconds(10)
  /// From the window's end to the count, for repairs under way.
  private static let drain = TimeSpan.seconds(1)
  /// Publishing rests this long before its packets are known to flow.
  private static let publishLead = TimeSpan.milliseconds(50)

  init(_ settings: LoadSettings) throws {
    self.settings = settings
    waker = try Waker()
    clients = try ClientLoop(waker: waker)
    inbox = Mailbox(
      capacity: 4 * (settings.viewers + settings.publishers) + 16, waker: waker)
    identity = try ClientIdentity()
    measurement = LoadMeasurement(publishers: settings.publishers)
  }

  /// Runs all of it; the report.
  func run() throws -> JSONValue {
    measurement.serverBefore = settings.process.flatMap { ProcessSample(process: $0) }
    let (inbox, identity, settings) = (inbox, identity, settings)
    let thread = try WorkerThread(name: "join", config: settings) { settings in
      LoadJoiner.run(settings, identity) { _ = inbox.post($0) }
    }
    defer { leave() }
    runUntil(.distantFuture) { isEveryoneTried }
    thread.join()
    guard !publishers.isEmpty else {
      throw ClientFault.answer(measurement.failures.first ?? "no publisher could join")
    }
    runUntil(clients.loop.now + LoadRun.joinTimeMax) { hasEveryoneAFrame }
    runUntil(clients.loop.now + LoadRun.warmUp) { false }
    measure()
    return measurement.report(settings)
  }

  private var hasEveryoneAFrame: Bool {
    measurement.viewers.values.allSatisfy { $0.firstFrameAt != nil || $0.hasEnded }
  }

  private func measure() {
    noteFrames { viewer, frames in
      viewer.framesBefore = frames
      viewer.brokenBefore = viewer.framesBroken
    }
    let start = SystemClock.now()
    measurement.window = (start, start + settings.duration)
    measurement.server.0 = settings.process.flatMap { ProcessSample(process: $0) }
    measurement.own.0 = ProcessSample.own
    runUntil(start + settings.duration) { false }
    measurement.server.1 = settings.process.flatMap { ProcessSample(process: $0) }
    measurement.own.1 = ProcessSample.own
    noteFrames { viewer, frames in viewer.frames = frames - viewer.framesBefore }
    runUntil(clients.loop.now + LoadRun.drain) { false }
    measurement.window = nil
  }

  /// Looks at every viewer's frames and repairs.
  private func noteFrames(_ note: (inout LoadViewer, _ frames: UInt64) -> Void) {
    for (id, number) in viewers {
      guard case .playing(let client) = clients.role(of: id) else { continue }
      guard var viewer = measurement.viewers[number] else { continue }
      for stream in client.streams where stream.section.kind == .video {
        viewer.framesBroken = stream.frames.framesBroken
        note(&viewer, stream.frames.framesComplete)
        viewer.discontinuities = stream.frames.discontinuities
      }
      viewer.nacks = client.streams.reduce(0) { $0 + $1.nacksSent }
      measurement.viewers[number] = viewer
    }
  }

  /// Ends all sessions, each once; failures do not matter any more.
  private func leave() {
    for id in viewers.keys { clients.close(id) }
    for publisher in publishers.values { clients.close(publisher.id) }
    guard let signaling = try? SignalingClient(), let http = try? HTTPClient() else { return }
    for session in sessions {
      switch session {
      case .endpoints(let session): try? signaling.delete(session)
      case .janus(let url):
        let body: JSONValue = ["janus": "destroy", "transaction": "end"]
        _ = try? http.perform(HTTPRequest(.post, url.target, body: body.write()), to: url)
      }
    }
  }

  // MARK: Turns

  /// Runs turns until `isDone` or `deadline`.
  private func runUntil(_ deadline: Instant, _ isDone: () -> Bool) {
    while !isDone(), SystemClock.now() < deadline {
      let due = publishers.values.compactMap { $0.media?.nextDeadline }.min()
      clients.turn(until: min(deadline, due ?? .distantFuture)) { id, packet, datagram, arrival in
        receive(id, packet, datagram, arrival)
      }
      for event in clients.events { note(event) }
      inbox.drain(into: &news)
      for item in news { take(item) }
      publish()
    }
  }

  private func publish() {
    let now = SystemClock.now()
    for (number, publisher) in publishers {
      guard var media = publisher.media, media.nextDeadline <= now else { continue }
      let framesBefore = media.framesMade
      clients.withPublisher(publisher.id) { client, batch in
        if let video = publisher.videoStream, client.takeKeyframeRequest(stream: video) {
          media.requestKeyframe()
          measurement.publishers[number].keyframeRequests += 1
        }
        let wall = SystemClock.wallTime()
        media.advance(at: now) { packet, payload in
          let stream = packet.isVideo ? publisher.videoStream : publisher.audioStream
          guard let stream else { return }
          let isSent = client.send(
            payload,
            PublishingStream.Packet(
              marker: packet.marker, timestamp: packet.timestamp, capturedAt: wall),
            stream: stream, at: now, into: &batch)
          if isSent, measurement.isInWindow(now) { measurement.publishers[number].packets += 1 }
        }
      }
      if measurement.isInWindow(now) {
        measurement.publishers[number].frames += media.framesMade - framesBefore
      }
      publishers[number]?.media = media
    }
  }

  private func receive(
    _ id: ClientID, _ packet: PlayedPacket, _ datagram: borrowing Span<UInt8>, _ arrival: Instant
  ) {
    guard let number = viewers[id] else { return }
    if packet.isDuplicate {
      if measurement.window != nil { measurement.viewers[number]?.duplicates += 1 }
      return
    }
    if measurement.viewers[number]?.firstFrameAt == nil,
      case .playing(let client) = clients.role(of: id),
      client.streams[packet.section].frames.framesComplete > 0
    {
      measurement.viewers[number]?.firstFrameAt = arrival
    }
    guard measurement.window != nil, let payload = datagram.slice(packet.payload),
      let stamp = PacketStamp(endOf: payload), measurement.isInWindow(stamp.sentAt)
    else { return }
    measurement.viewers[number]?.delivered += 1
    if packet.isRepair {
      measurement.viewers[number]?.repaired += 1
    } else {
      measurement.latency.record(arrival - stamp.sentAt)
    }
  }

  // MARK: Joining

  private func take(_ item: LoadNews) {
    switch item {
    case .session(let session): sessions.append(session)
    case .failed(let reason): measurement.failures.append(reason)
    case .done: isEveryoneTried = true
    case .publisher(let number, let transport, let parameters):
      addPublisher(number, transport, parameters)
    case .viewer(let number, let transport, let parameters, let requestedAt):
      addViewer(number, transport, parameters, requestedAt)
    }
  }

  private func addPublisher(
    _ number: Int, _ transport: TransportParameters, _ parameters: PublishingParameters
  ) {
    let random = identity.random
    do throws(ClientFault) {
      let id = try clients.add(transport, identity: identity, channel: settings.channel) {
        .publishing(PublishingClient(parameters, transport: $0, random: random))
      }
      let kinds = parameters.sections.map(\.kind)
      publishers[number] = Publisher(
        id: id, audioStream: kinds.firstIndex(of: .audio), videoStream: kinds.firstIndex(of: .video)
      )
    } catch {
      measurement.failures.append(error.text)
    }
  }

  private func addViewer(
    _ number: Int, _ transport: TransportParameters, _ parameters: PlayingParameters,
    _ requestedAt: Instant
  ) {
    let random = identity.random
    do throws(ClientFault) {
      let id = try clients.add(transport, identity: identity, channel: settings.channel) {
        .playing(PlayingClient(parameters, transport: $0, random: random))
      }
      viewers[id] = number
      measurement.viewers[number] = LoadViewer(
        publisher: number % settings.publishers, requestedAt: requestedAt)
    } catch {
      measurement.failures.append(error.text)
    }
  }

  private func note(_ event: ClientEvent) {
    switch event {
    case .keyframeRequested: break
    case .connected(let id):
      if let number = viewers[id] {
        measurement.viewers[number]?.connectedAt = SystemClock.now()
      } else if let number = publishers.first(where: { $0.value.id == id })?.key {
        publishers[number]?.media = SyntheticMedia(
          publisher: UInt32(number), bitrate: settings.bitrate,
          startingAt: SystemClock.now() + LoadRun.publishLead)
      }
    case .ended(let id, let end):
      measurement.failures.append("a session ended: \(end)")
      if let number = viewers[id] {
        measurement.viewers[number]?.hasEnded = true
      } else if let number = publishers.first(where: { $0.value.id == id })?.key {
        publishers[number]?.media = nil
      }
    }
  }
}
