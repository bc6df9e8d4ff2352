// TLS over real sockets, with certificates made for the test.

import COpenSSL
import HTTP
import Testing
import Web

@Suite("TLS on the loopback", .timeLimit(.minutes(1)))
struct TLSTests {
  /// Writes a new P-256 key and a certificate of that serial number.
  @safe
  private func makeCertificate(in folder: TemporaryFolder, serial: UInt64) throws {
    guard let key = unsafe shim_EVP_EC_gen("P-256"), let certificate = unsafe X509_new() else {
      throw ClientFailure.handshake
    }
    defer { unsafe EVP_PKEY_free(key) }
    defer { unsafe X509_free(certificate) }
    let name = unsafe X509_get_subject_name(certificate)
    unsafe ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial)
    unsafe X509_gmtime_adj(X509_getm_notBefore(certificate), -3600)
    unsafe X509_gmtime_adj(X509_getm_notAfter(certificate), 86_400)
    unsafe X509_NAME_add_entry_by_txt(name, "CN", 0x1001, "localhost", -1, -1, 0)
    unsafe X509_set_issuer_name(certificate, name)
    unsafe X509_set_pubkey(certificate, key)
    unsafe X509_sign(certificate, key, EVP_sha256())
    for file in ["cert.pem", "key.pem"] {
      try folder.write(file, "")
      let output = unsafe BIO_new_file(folder.path + "/" + file, "w")
      defer { unsafe BIO_free(output) }
      let status =
        unsafe file == "cert.pem"
        ? PEM_write_bio_X509(output, certificate)
        : PEM_write_bio_PrivateKey(output, key, nil, nil, 0, nil, nil)
      try #require(status == 1)
    }
  }

  private func files(_ folder: TemporaryFolder) -> TLSFiles {
    TLSFiles(certificate: folder.path + "/cert.pem", key: folder.path + "/key.pem")
  }

  @Test("requests, large answers and WebSockets work over TLS with ALPN")
  func roundTrip() throws {
    let folder = try TemporaryFolder()
    try makeCertificate(in: folder, serial: 1)
    let application = try TestApplication { $0.tls = files(folder) }
    let client = try application.connect()
    #expect(try client.startTLS() == "http/1.1")
    #expect(client.serverSerial == 1)
    let body = (0..<1_500_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
    try client.write("GET /big HTTP/1.1\r\nHost: test\r\n\r\n")
    application.answer(
      try application.asked(), HTTPResponse(200, mediaType: "image/png", body: body))
    #expect(try client.response().body == body)
    try client.openWebSocket()
    let id = try application.opened()
    let text = String(repeating: "long ", count: 10_000)
    try client.send(text)
    guard case .message(id, let bytes) = try application.event() else {
      throw ClientFailure.malformed
    }
    application.server.post(.send(id, bytes))
    #expect(try client.message() == text)
    application.server.post(.close(id, .normal, ""))
    #expect(try client.message() == nil)
    #expect(try client.read().isEmpty)
    #expect(application.server.counters.failedHandshakes == 0)
  }

  @Test(
    "a reloaded certificate is used for new connections; one that cannot be read changes nothing")
  func reload() throws {
    let folder = try TemporaryFolder()
    try makeCertificate(in: folder, serial: 1)
    let application = try TestApplication { $0.tls = files(folder) }
    let old = try application.connect()
    _ = try old.startTLS()
    try makeCertificate(in: folder, serial: 2)
    application.server.post(.reloadCertificate)
    #expect(application.waitUntil { $0.certificateReloads == 1 })
    let new = try application.connect()
    _ = try new.startTLS()
    #expect(new.serverSerial == 2)
    try folder.write("cert.pem", "nonsense")
    application.server.post(.reloadCertificate)
    #expect(application.waitUntil { $0.failedCertificateReloads == 1 })
    let newer = try application.connect()
    _ = try newer.startTLS()
    #expect(newer.serverSerial == 2)
    for client in [old, newer] {
      try client.write("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
      application.answer(try application.asked(), .text(200, "fine"))
      #expect(try client.response().status == 200)
    }
  }

  @Test("failed handshakes are counted: plain HTTP, no protocol in common")
  func failures() throws {
    let folder = try TemporaryFolder()
    try makeCertificate(in: folder, serial: 1)
    let application = try TestApplication { $0.tls = files(folder) }
    let plain = try application.connect()
    try plain.write("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
    _ = try plain.readToEnd()
    #expect(application.waitUntil { $0.failedHandshakes == 1 })
    let foreign = try application.connect()
    #expect(throws: ClientFailure.self) { try foreign.startTLS(offering: ["h2"]) }
    #expect(application.waitUntil { $0.failedHandshakes == 2 && $0.connections == 0 })
  }

  @Test("certificates that cannot be used are refused at start by name")
  func unusable() throws {
    let folder = try TemporaryFolder()
    let other = try TemporaryFolder()
    try makeCertificate(in: folder, serial: 1)
    try makeCertificate(in: other, serial: 2)
    let certificate = folder.path + "/cert.pem"
    for (files, failure) in [
      (TLSFiles(certificate: "/nowhere", key: "/nowhere"), TLSFailure.unreadableCertificate),
      (TLSFiles(certificate: certificate, key: "/nowhere"), .unreadableKey),
      (TLSFiles(certificate: certificate, key: other.path + "/key.pem"), .keyMismatch),
    ] {
      #expect(throws: WebStartFailure.certificate(failure)) {
        try TestApplication { $0.tls = files }
      }
    }
  }
}
