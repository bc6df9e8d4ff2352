// The control plane of the simulated world: what WHIP, WHEP and the room would order.

import Client
import Crypto
package import DTLS
import ICE
package import MediaControl
import MediaWorker
import RTP
import Wire

extension World {
  /// Both directions of a client's network path.
  package struct Network: Sendable {
    package var up: LinkConditions
    package var down: LinkConditions
    package init(up: LinkConditions, down: LinkConditions) {
      self.up = up
      self.down = down
    }
    /// The same both ways.
    package init(_ conditions: LinkConditions = LinkConditions()) {
      self.init(up: conditions, down: conditions)
    }
  }

  /// What a viewer asks for.
  package struct ViewerScript: Sendable {
    package var selection = LayerSelection.automatic
    package var hasRTX = true
    package var hasAudio = true
    /// The worker that owns it; nil for the least burdened.
    package var owner: Int?
    package init() {}
  }

  // MARK: Joining

  /// A host begins to publish.
  ///
  /// - Parameter fingerprint: what its offer said of its certificate; nil for the truth.
  @discardableResult
  package func addHost(
    _ script: HostScript, network: Network = Network(), owner: Int? = nil,
    offering fingerprint: CertificateFingerprint? = nil
  ) throws(DTLSFailure) -> SimulatedHost {
    let endpoint = makeEndpoint(network, owner: owner ?? 0)
    var (server, client) = makeParameters(for: endpoint)
    if let fingerprint { server.fingerprints = [fingerprint] }
    let video = makeTrack()
    let audio = script.hasAudio ? makeTrack() : nil
    let host = SimulatedHost(
      script, endpoint: endpoint,
      client: PublishingClient(
        publishing(script), transport: try makeTransport(client), random: fork()),
      video: video, audio: audio, random: fork(), at: now)
    let media = receiving(script, video: video, audio: audio)
    execute(.addPeer(endpoint.peer, server, media), on: endpoint.owner)
    enter(host)
    return host
  }

  /// A viewer begins to watch `host`; nil: to wait for somebody.
  @discardableResult
  package func addViewer(
    of host: SimulatedHost?, _ script: ViewerScript = ViewerScript(), network: Network = Network()
  ) throws(DTLSFailure) -> SimulatedViewer {
    let endpoint = makeEndpoint(network, owner: script.owner ?? viewers.count % workers.count)
    let (server, client) = makeParameters(for: endpoint)
    let media = sending(script)
    let viewer = SimulatedViewer(
      endpoint: endpoint,
      client: PlayingClient(
        World.playing(media), transport: try makeTransport(client), random: fork()), at: now)
    execute(.addPeer(endpoint.peer, server, media), on: endpoint.owner)
    if let host { attach(viewer, to: host, script.selection) }
    enter(viewer)
    return viewer
  }

  /// Gives `viewer` the tracks of `host` (or none).
  package func attach(
    _ viewer: SimulatedViewer, to host: SimulatedHost?, _ selection: LayerSelection = .automatic
  ) {
    if let host {
      follow(host.video, .video, host.script.layers.map(\.rid), host, by: viewer.endpoint.owner)
      if let audio = host.audio { follow(audio, .audio, [nil], host, by: viewer.endpoint.owner) }
    }
    let (peer, owner) = (viewer.endpoint.peer, viewer.endpoint.owner)
    execute(.attach(peer, section: 0, track: host?.video, selection), on: owner)
    if viewer.client.streams.count > 1 {
      execute(.attach(peer, section: 1, track: host?.audio, .automatic), on: owner)
    }
  }

  /// Changes a viewer's layer.
  package func select(_ selection: LayerSelection, for viewer: SimulatedViewer) {
    execute(.select(viewer.endpoint.peer, section: 0, selection), on: viewer.endpoint.owner)
  }

  /// Ends a peer, as a DELETE or a newer POST would.
  package func remove(_ endpoint: SimulatedEndpoint) {
    execute(.removePeer(endpoint.peer), on: endpoint.owner)
  }

  private func follow(
    _ track: TrackID, _ kind: MediaKind, _ rids: [String?], _ host: SimulatedHost,
    by worker: WorkerIndex
  ) {
    let owner = host.endpoint.owner
    guard worker != owner,
      following.insert(Following(track: track, worker: worker)).inserted
    else { return }
    let description = TrackDescription(id: track, kind: kind, rids: rids)
    execute(.follow(description, owner: owner), on: worker)
  }

  /// Gives a worker one command, at once.
  package func execute(_ command: MediaCommand, on worker: WorkerIndex) {
    turn(Int(worker.rawValue)) { $0.execute(command, at: now, wall: wall) }
  }

  // MARK: Making

  private func fork() -> RandomSource { .seeded(random.next()) }

  private func makeTrack() -> TrackID {
    defer { nextTrack += 1 }
    return TrackID(nextTrack)
  }

  private func makeEndpoint(_ network: Network, owner: Int) -> SimulatedEndpoint {
    defer { nextPeer += 1 }
    let ip = IPAddress(ipv4: 0x0A01_0000 + nextPeer)
    return SimulatedEndpoint(
      peer: PeerID(nextPeer), owner: WorkerIndex(UInt8(owner)),
      address: SocketAddress(ip: ip, port: 40_000),
      up: SimulatedLink(network.up, random: fork()),
      down: SimulatedLink(network.down, random: fork()))
  }

  private func makeParameters(for endpoint: SimulatedEndpoint)
    -> (server: TransportParameters, client: TransportParameters)
  {
    let ufrag = WorkerUfrag.make(owner: endpoint.owner, random: random.iceCharacters(7))
    let local = ICECredentials(ufrag: ufrag, password: random.iceCharacters(24))
    let remote = ICECredentials.random(from: &random)
    let candidate = RemoteCandidate(
      transport: .udp, address: World.serverAddress, priority: 2_130_706_431)
    return (
      TransportParameters(
        local: local, remote: remote, iceRole: .lite, dtlsRole: .server,
        fingerprints: [clientIdentity.fingerprint]),
      TransportParameters(
        local: remote, remote: local, iceRole: .controlling, dtlsRole: .client,
        fingerprints: [serverIdentity.fingerprint], candidates: [candidate])
    )
  }

  private func makeTransport(_ parameters: TransportParameters) throws(DTLSFailure)
    -> ClientTransport
  {
    let transport = try ClientTransport(
      parameters, identity: clientIdentity, random: fork(), at: now)
    transport.watchNonces()
    return transport
  }

  private static let vp8 = PayloadFormat(payloadType: 96, codec: .vp8, rtxPayloadType: 97)
  private static let opus = PayloadFormat(payloadType: 111, codec: .opus)
  private static let feedback: FeedbackSet = [.nack, .pli, .fir, .transportWide]

  private static func feedback(of script: HostScript, _ kind: MediaKind) -> FeedbackSet {
    let congestion: FeedbackSet = script.knowsOnlyREMB ? .remb : .transportWide
    return kind == .video ? congestion.union([.nack, .pli, .fir]) : congestion.union(.nack)
  }

  private static func extensions(of script: HostScript) -> ExtensionMap {
    var map = extensions
    if script.knowsOnlyREMB { map[.transportSequence] = 0 }
    return map
  }

  private static func vp8(hasRTX: Bool) -> PayloadFormat {
    var format = vp8
    if !hasRTX { format.rtxPayloadType = nil }
    return format
  }

  private static let extensions: ExtensionMap = {
    var map = ExtensionMap()
    map[.absSendTime] = 2
    map[.transportSequence] = 3
    map[.mid] = 4
    map[.rid] = 10
    map[.repairedRID] = 11
    return map
  }()

  private func publishing(_ script: HostScript) -> PublishingParameters {
    var sections = [
      PublishingSection(
        index: 0, mid: "0", kind: .video, format: World.vp8(hasRTX: script.hasRTX),
        encodings: script.layers.map { layer in
          PublishingEncoding(
            rid: layer.rid, ssrc: makeSSRC(), rtxSSRC: script.hasRTX ? makeSSRC() : nil)
        }, feedback: World.feedback(of: script, .video))
    ]
    if script.hasAudio {
      sections.append(
        PublishingSection(
          index: 1, mid: "1", kind: .audio, format: World.opus,
          encodings: [PublishingEncoding(ssrc: makeSSRC())],
          feedback: World.feedback(of: script, .audio)))
    }
    return PublishingParameters(
      sections: sections, extensions: World.extensions(of: script), cname: "host")
  }

  private func makeSSRC() -> SSRC { SSRC(truncatingIfNeeded: random.next()) | 1 }

  private func receiving(_ script: HostScript, video: TrackID, audio: TrackID?) -> MediaParameters {
    var receives = [
      ReceiveSection(
        index: 0, mid: "0", kind: .video, track: video,
        formats: [World.vp8(hasRTX: script.hasRTX)],
        encodings: script.layers.map { AnnouncedEncoding(rid: $0.rid) },
        feedback: World.feedback(of: script, .video))
    ]
    if let audio {
      receives.append(
        ReceiveSection(
          index: 1, mid: "1", kind: .audio, track: audio, formats: [World.opus],
          encodings: [AnnouncedEncoding()], feedback: World.feedback(of: script, .audio)))
    }
    return MediaParameters(
      receives: receives, sends: [], extensions: World.extensions(of: script),
      reducedSizeRTCP: true,
      cname: "server")
  }

  private func sending(_ script: ViewerScript) -> MediaParameters {
    var sends = [
      SendSection(
        index: 0, mid: "0", kind: .video, ssrc: makeSSRC(),
        rtxSSRC: script.hasRTX ? makeSSRC() : nil, formats: [World.vp8(hasRTX: script.hasRTX)],
        feedback: World.feedback)
    ]
    if script.hasAudio {
      sends.append(
        SendSection(
          index: 1, mid: "1", kind: .audio, ssrc: makeSSRC(), rtxSSRC: nil, formats: [World.opus],
          feedback: [.nack, .transportWide]))
    }
    return MediaParameters(
      receives: [], sends: sends, extensions: World.extensions, reducedSizeRTCP: true,
      cname: "server")
  }

  private static func playing(_ media: MediaParameters) -> PlayingParameters {
    PlayingParameters(
      sections: media.sends.map { section in
        PlayingSection(
          index: section.index, mid: section.mid, kind: section.kind, formats: section.formats,
          ssrc: section.ssrc, rtxSSRC: section.rtxSSRC, feedback: section.feedback)
      }, extensions: media.extensions, reducedSizeRTCP: true, cname: "viewer")
  }
}
