// From the synthetic host's frames to a publishing client's packets.

import Client
import ClientShell
import Loop
import Media
import RTP
import Wire

/// Encoders and packetizers of one session.
struct DemoFeed {
  private let host: SyntheticHost
  private var output = HostOutput()
  private var payloads = PayloadBatch()
  private var packetizers: [VP8Packetizer]
  /// By layer: the client's stream; nil for a layer the server does not take.
  private let videoStreams: [Int?]
  private let audioStream: Int?

  init(
    _ configuration: SyntheticHost.Configuration, _ parameters: PublishingParameters,
    startingAt start: Instant
  ) throws {
    host = try SyntheticHost(configuration, startingAt: start)
    packetizers = configuration.layers.map { _ in
      VP8Packetizer(
        payloadBytesMax: DemoFeed.payloadBytesMax,
        fields: VP8Packetizer.Fields(pictureID: .long, hasTemporalLayers: false))
    }
    let encodings = parameters.sections.flatMap { section in
      section.encodings.map { (kind: section.kind, rid: $0.rid) }
    }
    audioStream = encodings.firstIndex { $0.kind == .audio }
    let video = encodings.indices.filter { encodings[$0].kind == .video }
    let isSimulcast = video.contains { encodings[$0].rid != nil }
    let largest = configuration.layers.indices.min {
      configuration.layers[$0].divisor < configuration.layers[$1].divisor
    }
    videoStreams = configuration.layers.indices.map { layer in
      guard isSimulcast else { return layer == largest ? video.first : nil }
      return video.first { encodings[$0].rid == configuration.layers[layer].rid }
    }
    for layer in videoStreams.indices where videoStreams[layer] == nil {
      host.setActive(false, layer: layer)
    }
  }

  /// As browsers: with headers, extensions and tag a packet stays below 1200 bytes.
  private static let payloadBytesMax = 1100

  /// When `advance` has something to do.
  var nextDeadline: Instant { host.nextDeadline }

  /// Sends what is due; frames asked for are keyframes.
  mutating func advance(_ id: ClientID, _ clients: ClientLoop, at now: Instant) throws {
    guard now >= host.nextDeadline else { return }
    clients.withPublisher(id) { client, _ in
      for (layer, stream) in videoStreams.enumerated() {
        guard let stream, client.takeKeyframeRequest(stream: stream) else { continue }
        host.requestKeyframe(layer: layer)
      }
    }
    try host.advance(at: now, wall: SystemClock.wallTime(), into: &output)
    if let audioStream {
      for index in 0..<output.audioCount {
        let audio = output.audio(index)
        let packet = PublishingStream.Packet(
          marker: false, timestamp: audio.timestamp, capturedAt: audio.captured)
        clients.withPublisher(id) { client, batch in
          client.send(
            audio.payload.span, packet, stream: audioStream, at: SystemClock.now(), into: &batch)
        }
      }
    }
    for index in 0..<output.videoCount { try sendVideo(output.video(index), id, clients) }
  }

  private mutating func sendVideo(
    _ video: HostOutput.Video, _ id: ClientID, _ clients: ClientLoop
  ) throws {
    guard let stream = videoStreams[video.layer] else { return }
    try packetizers[video.layer].packetize(video.frame, into: &payloads)
    clients.withPublisher(id) { client, batch in
      for index in 0..<payloads.count {
        let packet = PublishingStream.Packet(
          marker: payloads.isLast(index), timestamp: video.frame.timestamp,
          capturedAt: video.captured)
        client.send(
          payloads.bytes(at: index), packet, stream: stream, at: SystemClock.now(), into: &batch)
      }
    }
  }
}
