// What the DTLS tests share: two endpoints and a seeded network in virtual time.

import SRTP
import Testing
import Wire

@testable import DTLS

/// SplitMix64: a seed replays a run.
struct Seeded: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
  /// True in `percent` of all calls.
  mutating func chance(_ percent: UInt64) -> Bool { next() % 100 < percent }
}

/// One identity for all tests, made at a fixed time: a key costs a millisecond.
func makeIdentity() throws -> DTLSIdentity {
  try DTLSIdentity(now: WallTime(nanoseconds: 1_750_000_000_000_000_000))
}

/// What the network does to a datagram.
struct Weather {
  var lossPercent: UInt64 = 0
  var duplicatePercent: UInt64 = 0
  /// A datagram takes 5 ms and up to this much more, so that later ones overtake it.
  var jitterMilliseconds: UInt64 = 1
}

/// A client and a server with a network between them.
final class Association {
  let client: DTLSEndpoint
  let server: DTLSEndpoint
  private(set) var now = Instant.zero
  /// What the inputs came to, `.inProgress` left out.
  private(set) var clientOutcomes: [OnDTLS] = []
  private(set) var serverOutcomes: [OnDTLS] = []
  /// Every datagram ever sent, before the network.
  private(set) var fromClient: [[UInt8]] = []
  private(set) var fromServer: [[UInt8]] = []
  private var flying: [(at: Instant, toServer: Bool, bytes: [UInt8])] = []
  private var random: Seeded
  var weather: Weather
  /// Loses what the server sends until then, whatever the weather.
  var serverMutedUntil = Instant.zero
  /// Called before each delivery; may inject into either endpoint.
  var onDelivery: ((Association) -> Void)?

  init(
    clientProfiles: [SRTPProfile] = SRTPProfile.preferred,
    serverProfiles: [SRTPProfile] = SRTPProfile.preferred,
    clientExpects: [CertificateFingerprint]? = nil,
    serverExpects: [CertificateFingerprint]? = nil, weather: Weather = Weather(), seed: UInt64 = 1
  ) throws {
    let clientIdentity = try makeIdentity()
    let serverIdentity = try makeIdentity()
    client = try DTLSEndpoint(
      identity: clientIdentity, role: .client,
      fingerprints: clientExpects ?? [serverIdentity.fingerprint], profiles: clientProfiles)
    server = try DTLSEndpoint(
      identity: serverIdentity, role: .server,
      fingerprints: serverExpects ?? [clientIdentity.fingerprint], profiles: serverProfiles)
    self.weather = weather
    random = Seeded(state: seed)
  }

  func start() {
    note(server.start(at: now), isServer: true)
    note(client.start(at: now), isServer: false)
    collect()
  }

  /// Runs until nothing is under way and nothing is due, or `limit` has passed.
  func run(limit: TimeSpan = .milliseconds(30_000)) {
    let end = now + limit
    while let next = nextEvent(), next <= end { step() }
  }

  /// Goes to the next delivery or deadline and does it.
  func step() {
    guard let next = nextEvent() else { return }
    now = next
    if let index = flying.firstIndex(where: { $0.at <= now }) {
      let datagram = flying.remove(at: index)
      onDelivery?(self)
      deliver(datagram.bytes, toServer: datagram.toServer)
    }
    note(client.advance(at: now), isServer: false)
    note(server.advance(at: now), isServer: true)
    collect()
  }

  func deliver(_ bytes: [UInt8], toServer: Bool) {
    let outcome = (toServer ? server : client).receive(bytes.span, at: now)
    note(outcome, isServer: toServer)
    collect()
  }

  /// Puts what the endpoints want to send on the network.
  func collect() {
    for datagram in client.takeDatagrams() {
      fromClient.append(datagram)
      send(datagram, toServer: true)
    }
    for datagram in server.takeDatagrams() {
      fromServer.append(datagram)
      send(datagram, toServer: false)
    }
  }

  var clientKeys: KeyingMaterial? { keys(clientOutcomes) }
  var serverKeys: KeyingMaterial? { keys(serverOutcomes) }

  private func keys(_ outcomes: [OnDTLS]) -> KeyingMaterial? {
    for case .established(let material) in outcomes { return material }
    return nil
  }

  private func note(_ outcome: OnDTLS, isServer: Bool) {
    guard outcome != .inProgress else { return }
    if isServer { serverOutcomes.append(outcome) } else { clientOutcomes.append(outcome) }
  }

  private func nextEvent() -> Instant? {
    (flying.map(\.at) + [client.nextDeadline, server.nextDeadline].compactMap { $0 }).min()
  }

  private func send(_ bytes: [UInt8], toServer: Bool) {
    if !toServer, now < serverMutedUntil { return }
    for _ in 0..<(random.chance(weather.duplicatePercent) ? 2 : 1)
    where !random.chance(weather.lossPercent) {
      let delay = 5 + Int64(random.next() % weather.jitterMilliseconds)
      flying.append((now + .milliseconds(delay), toServer, bytes))
    }
  }
}

/// A record in clear with a made-up sequence number.
func clearRecord(type: UInt8, epoch: UInt16 = 0, _ fragment: [UInt8]) -> [UInt8] {
  [type, 0xFE, 0xFD, UInt8(epoch >> 8), UInt8(epoch & 0xFF), 0, 0, 0, 0, 0, 99]
    + [UInt8(fragment.count >> 8), UInt8(fragment.count & 0xFF)] + fragment
}
