// Who is let in: the fingerprint is the whole trust (RFC 8122).

import COpenSSL
import SRTP
import Testing
import Wire

@testable import DTLS

@Suite("DTLS fingerprints, RFC 8122")
struct FingerprintTests {
  static let wrong = CertificateFingerprint(
    algorithm: .sha256, digest: Array(repeating: 7, count: 32))

  @Test("a client refuses a server of another certificate; nobody gets keys")
  func wrongServer() throws {
    let association = try Association(clientExpects: [Self.wrong])
    association.start()
    association.run()
    #expect(association.clientOutcomes == [.failed(.fingerprintMismatch)])
    #expect(association.clientKeys == nil && association.serverKeys == nil)
  }

  @Test("a server refuses a client of another certificate; nobody gets keys")
  func wrongClient() throws {
    let association = try Association(serverExpects: [Self.wrong])
    association.start()
    association.run()
    #expect(association.serverOutcomes == [.failed(.fingerprintMismatch)])
    #expect(association.clientKeys == nil && association.serverKeys == nil)
  }

  @Test("no fingerprints admit nobody")
  func none() throws {
    let association = try Association(serverExpects: [])
    association.start()
    association.run()
    #expect(association.serverOutcomes == [.failed(.fingerprintMismatch)])
  }

  @Test("a digest under another algorithm's name does not match")
  func algorithmMatters() throws {
    let identity = try makeIdentity()
    let mislabelled = CertificateFingerprint(
      algorithm: .sha384, digest: identity.fingerprint.digest)
    let association = try Association(clientExpects: [mislabelled])
    association.start()
    association.run()
    #expect(association.clientOutcomes == [.failed(.fingerprintMismatch)])
  }

  @Test(
    "any one matching fingerprint of any algorithm admits",
    arguments: [CertificateFingerprint.Algorithm.sha256, .sha384, .sha512])
  func algorithms(_ algorithm: CertificateFingerprint.Algorithm) throws {
    let serverIdentity = try makeIdentity()
    let clientIdentity = try makeIdentity()
    let ssl = unsafe SSL_CTX_get0_certificate(serverIdentity.context)
    let certificate = unsafe try #require(ssl)
    let digest = unsafe CertificateFingerprint(of: certificate, algorithm)
    let fingerprint = try #require(digest)
    let client = try DTLSEndpoint(
      identity: clientIdentity, role: .client, fingerprints: [Self.wrong, fingerprint])
    let server = try DTLSEndpoint(
      identity: serverIdentity, role: .server, fingerprints: [clientIdentity.fingerprint])
    _ = server.start(at: .zero)
    var outcome = client.start(at: .zero)
    for _ in 0..<4 {
      for datagram in client.takeDatagrams() { _ = server.receive(datagram.span, at: .zero) }
      for datagram in server.takeDatagrams() {
        let next = client.receive(datagram.span, at: .zero)
        if next != .inProgress { outcome = next }
      }
    }
    guard case .established = outcome else {
      Issue.record("not established: \(outcome)")
      return
    }
  }

  @Test("two identities have different certificates")
  func unique() throws {
    let first = try makeIdentity().fingerprint
    let second = try makeIdentity().fingerprint
    #expect(first != second)
    #expect(first.algorithm == .sha256 && first.digest.count == 32)
  }
}
