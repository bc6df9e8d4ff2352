// A shop's receiver for the tests: a real server whose answers are scripted, and canaries.

import ClientTLS
import COpenSSL
import Crypto
import Foundation
import HTTP
import HookDelivery
import Hooks
import Loop
import RoomLog
import Synchronization
import Testing
import Web
import Wire

let loopback = IPAddress(ipv4: 0x7F00_0001)

/// A message as it came.
struct Received: Sendable {
  let headers: HookHeaders
  let target: String
  let body: [UInt8]
}

/// A server on a free port of the loopback.
final class Receiver: Sendable {
  let server: WebServer
  var address: SocketAddress { server.address }

  /// - Parameter answer: what a message is answered; nil: nothing, ever.
  init(tls: TLSFiles? = nil, answer: @escaping @Sendable (Received) -> HTTPResponse?) throws {
    let box = ReceiverBox()
    var config = WebConfig(address: SocketAddress(ip: loopback, port: 0))
    config.tls = tls
    let server = try WebServer(config) { event in
      guard case .request(let connection, let id, let request, _) = event else { return }
      let message = Received(
        headers: HookHeaders(
          id: request.headers["webhook-id"] ?? "",
          timestamp: request.headers["webhook-timestamp"] ?? "",
          signature: request.headers["webhook-signature"] ?? ""),
        target: request.target.path, body: request.body)
      box.messages.withLock { $0.append(message) }
      guard let response = answer(message) else { return }
      box.server.withLock { _ = $0?.post(.respond(connection, id, response)) }
    }
    box.server.withLock { $0 = server }
    self.server = server
    self.box = box
  }

  private let box: ReceiverBox

  deinit {
    box.server.withLock { $0 = nil }
    server.stop()
  }

  var messages: [Received] { box.messages.withLock { $0 } }
}

private final class ReceiverBox: Sendable {
  let server = Mutex<WebServer?>(nil)
  let messages = Mutex<[Received]>([])
}

/// A listener nobody may connect to.
final class Canary {
  let listener: TCPListener

  init(_ ip: IPAddress = loopback) throws {
    listener = try TCPListener(binding: SocketAddress(ip: ip, port: 0))
  }

  var port: UInt16 { listener.address.port }

  /// Whether anybody did.
  func wasContacted() throws -> Bool { try listener.accept() != nil }
}

/// A disk in memory, and a dispatcher on it.
final class Sending: Sendable {
  struct State: Sendable {
    var rows: [HookDeliveryRow] = []
    var answers: [UInt64: SyncAnswer] = [:]
    var disabled: [Int64] = []
  }

  private let state: SharedState
  let dispatcher: HookDispatcher
  let key: HookKey
  private let endpoints: [HookEndpointRow]

  final class SharedState: Sendable {
    let value = Mutex(State())
  }

  init(
    _ urls: [String], allowing allowed: Set<SocketAddress> = [], authorities: String? = nil
  ) throws {
    let state = SharedState()
    self.state = state
    key = .symmetric([UInt8](repeating: 9, count: 32))
    let ports = HookPorts(
      load: { endpoint, limit, done in
        done(
          state.value.withLock { state in
            Array(
              state.rows.filter { $0.endpoint == endpoint && $0.state == .waiting }
                .sorted { $0.dueMs < $1.dueMs }.prefix(limit))
          })
      },
      change: { change, done in
        state.value.withLock { state in
          guard case .attempted(let attempt) = change,
            let index = state.rows.firstIndex(where: { $0.id == attempt.delivery })
          else { return }
          state.rows[index].attempts = attempt.attempts
          state.rows[index].state = attempt.state
          state.rows[index].dueMs = attempt.dueMs
          state.rows[index].lastStatus = attempt.status
          state.rows[index].lastError = attempt.error
        }
        done(.done(made: nil))
      },
      answered: { number, answer in state.value.withLock { $0.answers[number] = answer } },
      disabled: { endpoint, _ in state.value.withLock { $0.disabled.append(endpoint) } })
    dispatcher = try HookDispatcher(
      rules: AddressRules(allowing: allowed),
      context: try #require(TLSClientContext(authorities: authorities)), random: .seeded(1),
      ports: ports)
    let text = key.text
    endpoints = urls.enumerated().map { index, url in
      HookEndpointRow(
        id: Int64(index + 1), merchant: "m\(index)", url: url, keys: [text], topics: ["*"],
        deadlineMs: 3000, createdMs: 0)
    }
    dispatcher.set(endpoints)
  }

  deinit { dispatcher.stop() }

  /// Gives each endpoint this many messages.
  func make(_ count: Int, for ids: [Int64]) {
    let now = SystemClock.wallTime().milliseconds
    state.value.withLock { state in
      for id in ids {
        for _ in 0..<count {
          let number = Int64(state.rows.count + 1)
          state.rows.append(
            HookDeliveryRow(
              id: number, endpoint: id, message: "hwk_\(number)", topic: "hook.test",
              body: Array("{\"type\":\"hook.test\",\"n\":\(number)}".utf8), dueMs: now,
              createdMs: now))
        }
      }
    }
    dispatcher.notice(Set(ids))
  }

  var now: State { state.value.withLock { $0 } }

  /// Waits until the state is so.
  func wait(seconds: Int64 = 20, _ condition: (State) -> Bool) -> Bool {
    let deadline = SystemClock.now() + .seconds(seconds)
    while SystemClock.now() < deadline {
      if condition(now) { return true }
      usleep(2000)
    }
    return false
  }
}

/// A certificate for 127.0.0.1 and shop.localhost, signed by itself.
final class TestCertificate {
  let folder: String
  var files: TLSFiles { TLSFiles(certificate: folder + "/cert.pem", key: folder + "/key.pem") }

  @safe
  init(names: String = "IP:127.0.0.1,DNS:shop.localhost") throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "hawker-hook-\(UUID())").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    guard let key = unsafe shim_EVP_EC_gen("P-256"), let certificate = unsafe X509_new() else {
      throw NoCertificate()
    }
    defer { unsafe EVP_PKEY_free(key) }
    defer { unsafe X509_free(certificate) }
    let name = unsafe X509_get_subject_name(certificate)
    unsafe X509_set_version(certificate, 2)
    unsafe ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), 1)
    unsafe X509_gmtime_adj(X509_getm_notBefore(certificate), -3600)
    unsafe X509_gmtime_adj(X509_getm_notAfter(certificate), 86_400)
    unsafe X509_NAME_add_entry_by_txt(name, "CN", 0x1001, "receiver", -1, -1, 0)
    unsafe X509_set_issuer_name(certificate, name)
    unsafe X509_set_pubkey(certificate, key)
    let extensions = unsafe X509V3_EXT_conf_nid(nil, nil, NID_subject_alt_name, names)
    unsafe X509_add_ext(certificate, extensions, -1)
    unsafe X509_EXTENSION_free(extensions)
    unsafe X509_sign(certificate, key, EVP_sha256())
    for file in ["cert.pem", "key.pem"] {
      let output = unsafe BIO_new_file(folder + "/" + file, "w")
      defer { unsafe BIO_free(output) }
      let status =
        unsafe file == "cert.pem"
        ? PEM_write_bio_X509(output, certificate)
        : PEM_write_bio_PrivateKey(output, key, nil, nil, 0, nil, nil)
      try #require(status == 1)
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }
}

private struct NoCertificate: Error {}
