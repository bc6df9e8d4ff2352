// Handshakes between our two roles, under every weather, in virtual time.

import SRTP
import Testing
import Wire

@testable import DTLS

@Suite("DTLS handshake, RFC 6347 and 5764")
struct HandshakeTests {
  @Test("both sides hold the same keys, each in its own order")
  func keys() throws {
    let association = try Association()
    association.start()
    association.run()
    let client = try #require(association.clientKeys)
    let server = try #require(association.serverKeys)
    #expect(client.profile == .aeadAES128GCM && server.profile == .aeadAES128GCM)
    #expect(client.local == server.remote && client.remote == server.local)
    #expect(client.local != client.remote)
    #expect(client.local.key.count == 16 && client.local.salt.count == 12)
    #expect(association.client.nextDeadline == nil && association.server.nextDeadline == nil)
    #expect(association.client.discards == 0 && association.server.discards == 0)
  }

  @Test("the keys carry SRTP from either side to the other")
  func srtp() throws {
    let association = try Association(serverProfiles: [.aes128CMSHA1])
    association.start()
    association.run()
    let client = try #require(association.clientKeys)
    let server = try #require(association.serverKeys)
    for (from, to) in [(client, server), (server, client)] {
      var sender = try SRTPSender(profile: from.profile, key: from.local)
      var receiver = try SRTPReceiver(profile: to.profile, key: to.remote)
      var packet: [UInt8] = [0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 1, 2, 3]
      let plain = packet
      packet += Array(repeating: 0, count: 20)
      var span = packet.mutableSpan
      let length = try sender.protectRTP(&span, length: 15, headerLength: 12, rolloverCounter: 0)
      let back = try receiver.unprotectRTP(&span, length: length)
      #expect(Array(packet[0..<back]) == plain)
    }
  }

  @Test(
    "the server's order of profiles decides",
    arguments: [
      (
        [SRTPProfile.aes128CMSHA1, .aeadAES128GCM], SRTPProfile.preferred, SRTPProfile.aeadAES128GCM
      ),
      (SRTPProfile.preferred, [.aes128CMSHA1, .aeadAES128GCM], .aes128CMSHA1),
      ([.aes128CMSHA1], SRTPProfile.preferred, .aes128CMSHA1),
    ])
  func profiles(_ client: [SRTPProfile], _ server: [SRTPProfile], _ chosen: SRTPProfile) throws {
    let association = try Association(clientProfiles: client, serverProfiles: server)
    association.start()
    association.run()
    #expect(association.serverKeys?.profile == chosen)
    #expect(association.clientKeys?.profile == chosen)
  }

  @Test("no common profile is a failure without keys")
  func noProfile() throws {
    let association = try Association(
      clientProfiles: [.aes128CMSHA1], serverProfiles: [.aeadAES128GCM])
    association.start()
    association.run()
    #expect(association.serverOutcomes.contains(.failed(.noCommonProfile)))
    #expect(association.serverKeys == nil && association.clientKeys == nil)
  }

  @Test("a flight lost is sent again after 100 ms, 200 ms, 400 ms, to 2 s, until 10 s have passed")
  func schedule() throws {
    let client = try DTLSEndpoint(identity: makeIdentity(), role: .client, fingerprints: [])
    var sentAt: [Int64] = []
    var now = Instant.zero
    var outcome = client.start(at: now)
    while outcome == .inProgress {
      if !client.takeDatagrams().isEmpty { sentAt.append(now.nanoseconds / 1_000_000) }
      now = try #require(client.nextDeadline)
      outcome = client.advance(at: now)
    }
    #expect(sentAt == [0, 100, 300, 700, 1500, 3100, 5100, 7100, 9100])
    #expect(outcome == .failed(.timedOut))
    #expect(now == Instant.zero + DTLSEndpoint.handshakeTimeMax)
    #expect(client.nextDeadline == nil)
  }

  @Test("before the deadline nothing is sent again, however often advance is called")
  func notEarly() throws {
    let client = try DTLSEndpoint(identity: makeIdentity(), role: .client, fingerprints: [])
    _ = client.start(at: .zero)
    #expect(client.takeDatagrams().count == 1)
    for _ in 0..<50 {
      _ = client.advance(at: Instant(nanoseconds: 99_999_999))
      _ = client.receive([UInt8](repeating: 0xFF, count: 40).span, at: .zero)
    }
    #expect(client.takeDatagrams().isEmpty)
    _ = client.advance(at: Instant(nanoseconds: 100_000_000))
    #expect(client.takeDatagrams().count == 1)
  }

  @Test("a server that hears nothing gives up after 10 s")
  func silentClient() throws {
    let server = try DTLSEndpoint(identity: makeIdentity(), role: .server, fingerprints: [])
    #expect(server.start(at: .zero) == .inProgress)
    #expect(server.nextDeadline == Instant.zero + DTLSEndpoint.handshakeTimeMax)
    #expect(server.advance(at: Instant.zero + DTLSEndpoint.handshakeTimeMax) == .failed(.timedOut))
  }

  @Test("loss, duplication and reordering delay a handshake but do not end it", arguments: 1...20)
  func weather(_ seed: Int) throws {
    let association = try Association(
      weather: Weather(lossPercent: 15, duplicatePercent: 15, jitterMilliseconds: 120),
      seed: UInt64(seed))
    association.start()
    association.run()
    let client = try #require(association.clientKeys)
    let server = try #require(association.serverKeys)
    #expect(client.local == server.remote && client.remote == server.local)
    #expect(association.clientOutcomes.count == 1 && association.serverOutcomes.count == 1)
  }

  @Test("the server's last flight, lost, comes again whenever the client repeats its own")
  func lastFlight() throws {
    let association = try Association()
    association.start()
    // The first flight of the server arrives, its last does not, three times over.
    association.step()
    association.serverMutedUntil = .zero + .milliseconds(500)
    association.run(limit: .milliseconds(450))
    #expect(association.serverKeys != nil && association.clientKeys == nil)
    let sent = association.fromServer.count
    #expect(sent == 4)
    association.run()
    #expect(association.clientKeys != nil)
    #expect(association.fromServer.count == sent + 1)
    #expect(association.serverOutcomes.count == 1)
  }

  @Test(
    "a ClientHello cut in two datagrams, as browsers send it, is put together in either order",
    arguments: [false, true])
  func fragments(_ isReversed: Bool) throws {
    let client = try DTLSEndpoint(identity: makeIdentity(), role: .client, fingerprints: [])
    _ = client.start(at: .zero)
    let sent = client.takeDatagrams()
    let hello = try #require(sent.first)
    let header = Array(hello[13..<25])
    let body = Array(hello[25...])
    let half = body.count / 2
    let pieces = [0..<half, half..<body.count].map { range in
      let fragment =
        Array(header[0..<6]) + [0, UInt8(range.lowerBound >> 8), UInt8(range.lowerBound & 0xFF)]
        + [0, UInt8(range.count >> 8), UInt8(range.count & 0xFF)] + Array(body[range])
      var record = clearRecord(type: 22, fragment)
      record[10] = UInt8(range.lowerBound == 0 ? 0 : 1)
      return record
    }
    let server = try DTLSEndpoint(identity: makeIdentity(), role: .server, fingerprints: [])
    _ = server.start(at: .zero)
    for (number, piece) in (isReversed ? pieces.reversed() : pieces).enumerated() {
      #expect(server.takeDatagrams().isEmpty, "before piece \(number)")
      #expect(server.receive(piece.span, at: .zero) == .inProgress)
    }
    #expect(!server.takeDatagrams().isEmpty)
    #expect(server.discards == 0)
  }

  @Test("no datagram is longer than 1200 bytes and each is whole records")
  func datagrams() throws {
    let association = try Association(weather: Weather(lossPercent: 20), seed: 5)
    association.start()
    association.run()
    for datagram in association.fromClient + association.fromServer {
      #expect(datagram.count <= 1200)
      #expect(DatagramPacker.pack(datagram) == [datagram])
    }
  }

  @Test("the extended master secret is used")
  func extendedMasterSecret() throws {
    let identity = try makeIdentity()
    let client = try OpenSSLSession(
      identity: identity, role: .client, fingerprints: [identity.fingerprint],
      profiles: SRTPProfile.preferred)
    let server = try OpenSSLSession(
      identity: identity, role: .server, fingerprints: [identity.fingerprint],
      profiles: SRTPProfile.preferred)
    for _ in 0..<8 {
      _ = client.handshake()
      for datagram in DatagramPacker.pack(client.takeOutput()) {
        server.feed(datagram.span)
        _ = server.handshake()
      }
      for datagram in DatagramPacker.pack(server.takeOutput()) {
        client.feed(datagram.span)
        _ = client.handshake()
      }
    }
    #expect(client.selectedProfile != nil)
    #expect(client.hasExtendedMasterSecret && server.hasExtendedMasterSecret)
  }

  @Test("keying material prints nothing of itself")
  func redacted() throws {
    let material = try #require(
      KeyingMaterial(
        profile: .aeadAES128GCM, exported: Array(repeating: 173, count: 56), role: .client))
    var dumped = ""
    dump(OnDTLS.established(material), to: &dumped)
    #expect(!dumped.contains("173"))
    #expect(!"\(OnDTLS.established(material))".contains("173"))
  }

  @Test("exported bytes are cut as client key, server key, client salt, server salt")
  func cut() throws {
    let exported = Array(UInt8(0)..<60)
    let client = try #require(
      KeyingMaterial(profile: .aes128CMSHA1, exported: exported, role: .client))
    let server = try #require(
      KeyingMaterial(profile: .aes128CMSHA1, exported: exported, role: .server))
    #expect(client.local.key == Array(0..<16) && client.remote.key == Array(16..<32))
    #expect(client.local.salt == Array(32..<46) && client.remote.salt == Array(46..<60))
    #expect(server.local == client.remote && server.remote == client.local)
    #expect(KeyingMaterial(profile: .aes128CMSHA1, exported: [1], role: .client) == nil)
  }
}
