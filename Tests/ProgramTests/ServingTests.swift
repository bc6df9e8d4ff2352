// `hawker serve` as a process: what outlives it, what signals do, what its peers hear of its end.

import Foundation
import FoundationNetworking
import JSON
import Testing

/// A process whose lines are read as they come.
final class LiveProcess {
  private let process = Process()
  private let output = Pipe()
  private var text = ""

  /// Standard output and errors come as one.
  init(_ arguments: [String], in folder: URL) throws {
    let binary = Bundle.main.executableURL?.deletingLastPathComponent().appending(path: "hawker")
    process.executableURL = binary
    process.arguments = arguments
    process.environment = [:]
    process.currentDirectoryURL = folder
    process.standardOutput = output
    process.standardError = output
    try process.run()
  }

  deinit { if process.isRunning { process.terminate() } }

  struct Ended: Error { let text: String }

  /// Waits for a line that holds `part`, and gives what follows it in that line.
  func rest(after part: String) throws -> String {
    while true {
      for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
        if let range = line.range(of: part) { return String(line[range.upperBound...]) }
      }
      let more = output.fileHandleForReading.availableData
      guard !more.isEmpty else { throw Ended(text: text) }
      text += String(decoding: more, as: UTF8.self)
    }
  }

  /// All it prints until it ends, and its exit status.
  func all() throws -> (String, Int32) {
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (text, process.terminationStatus)
  }

  func signal(_ number: Int32) { kill(process.processIdentifier, number) }

  /// Asks it to end and waits; its exit status.
  func end() -> Int32 {
    process.terminate()
    process.waitUntilExit()
    return process.terminationStatus
  }
}

@Suite("A serving hawker", .serialized, .timeLimit(.minutes(3)))
struct ServingTests {
  private func withFolder(_ body: (URL) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "hawker-\(UUID())")
    try FileManager.default.createDirectory(
      at: folder.appending(path: "web/watch"), withIntermediateDirectories: true)
    try "<!doctype html>".write(
      to: folder.appending(path: "web/watch/index.html"), atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(folder)
  }

  private static let secrets = ["--api-key", "test", "--api-secret", "sixteen-characters"]

  /// A server on ports of the kernel's choice, and its HTTP address.
  private func serve(_ flags: [String] = [], in folder: URL) throws -> (LiveProcess, String) {
    let process = try LiveProcess(
      ["serve", "--http", "127.0.0.1:0", "--udp-port", "0", "--data", "data", "--web", "web"]
        + ["--workers", "1"] + ServingTests.secrets + flags, in: folder)
    let ready = try process.rest(after: "ready http=")
    return (process, String(ready.split(separator: " ")[0]))
  }

  private func token(_ role: String, _ identity: String, in folder: URL) throws -> String {
    let process = try LiveProcess(
      ["token", "--room", "demo", "--role", role, "--identity", identity] + ServingTests.secrets,
      in: folder)
    return "ey" + (try process.rest(after: "ey"))
  }

  private func ask(
    _ method: String, _ url: String, token: String?, body: String? = nil
  ) async throws -> (status: Int, text: String) {
    var request = URLRequest(url: try #require(URL(string: url)))
    request.httpMethod = method
    if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
    if let body {
      request.setValue("application/json", forHTTPHeaderField: "Content-Type")
      request.httpBody = Data(body.utf8)
    }
    let (data, response) = try await URLSession.shared.data(for: request)
    let status = (response as? HTTPURLResponse)?.statusCode ?? 0
    return (status, String(decoding: data, as: UTF8.self))
  }

  @Test("a revocation outlives the process; its file is private, and one server's at a time")
  func revocations() async throws {
    try await withFolder { folder in
      let (host, vera) = try (
        token("host", "alice", in: folder), token("viewer", "vera", in: folder)
      )
      let (first, address) = try serve(in: folder)
      let path = "/api/v1/rooms/demo/tokens"
      let revoked = try await ask(
        "POST", "http://\(address)\(path)/revoke", token: host, body: #"{"identity":"vera"}"#)
      #expect(revoked.status == 200)
      let file = folder.appending(path: "data/revocations").path
      #expect(try String(contentsOfFile: file, encoding: .utf8).contains("vera"))
      let attributes = try FileManager.default.attributesOfItem(atPath: file)
      #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
      let other = try LiveProcess(
        ["serve", "--http", "127.0.0.1:0", "--udp-port", "0", "--data", "data", "--web", "web"]
          + ServingTests.secrets, in: folder)
      _ = try other.rest(after: "another hawker serves with the data folder")
      // Killed, not stopped: what was answered is on the disk.
      first.signal(SIGKILL)
      _ = first.end()
      let (second, next) = try serve(in: folder)
      #expect(try await ask("POST", "http://\(next)\(path)", token: vera).status == 401)
      let lifted = try await ask(
        "DELETE", "http://\(next)\(path)/revoke?identity=vera", token: host)
      #expect(lifted.status == 204)
      #expect(second.end() == 0)
      let (third, last) = try serve(in: folder)
      #expect(try await ask("POST", "http://\(last)\(path)", token: vera).status == 201)
      #expect(third.end() == 0)
      try "half a line\n".write(toFile: file, atomically: true, encoding: .utf8)
      let broken = try LiveProcess(
        ["serve", "--data", "data", "--web", "web"] + ServingTests.secrets, in: folder)
      _ = try broken.rest(after: "data/revocations has a line that is no revocation")
    }
  }

  @Test("verify-draw repeats a draw from the pages of a log exported over REST")
  func draws() async throws {
    try await withFolder { folder in
      let host = try token("host", "alice", in: folder)
      let (server, address) = try serve(in: folder)
      let room = "http://\(address)/api/v1/rooms/demo"
      let opened = try await ask(
        "POST", room + "/giveaways", token: host,
        body: #"{"prize":"A mug","rule":"everyone","winners":2}"#)
      guard case .object(let reply) = try JSONValue.parse(Array(opened.text.utf8)),
        case .integer(let id)? = reply["giveaway"]
      else { throw LiveProcess.Ended(text: opened.text) }
      for identity in ["vera", "bob", "carol"] {
        let viewer = try token("viewer", identity, in: folder)
        let entered = try await ask(
          "POST", room + "/giveaways/\(id)/enter", token: viewer, body: "{}")
        #expect(entered.status == 200)
      }
      let undrawn = try await ask("GET", room + "/log", token: host)
      let drawn = try await ask("POST", room + "/giveaways/\(id)/draw", token: host, body: "{}")
      #expect(drawn.status == 200)
      let log = try await ask("GET", room + "/log", token: host).text
      #expect(server.end() == 0)
      let lines = log.split(separator: "\n", omittingEmptySubsequences: false)
      let files = [
        "log": log, "undrawn": undrawn.text, "half1": lines[..<4].joined(separator: "\n") + "\n",
        "half2": lines[4...].joined(separator: "\n"),
        "forged": log.replacingOccurrences(of: "\"seed\":\"", with: "\"seed\":\"00")
          .replacingOccurrences(of: "\"kind\":\"entered\"", with: "\"kind\":\"stageLeft\""),
      ]
      for (name, text) in files {
        try text.write(to: folder.appending(path: name), atomically: true, encoding: .utf8)
      }
      func verify(_ arguments: String...) throws -> (String, Int32) {
        let process = try LiveProcess(["verify-draw"] + arguments, in: folder)
        return try process.all()
      }
      let right = try verify("log")
      #expect(right.1 == 0 && right.0.hasPrefix("giveaway \(id) is right: of 3 entries, "))
      #expect(try verify("half1", "half2") == right)
      #expect(try verify("log", "--giveaway", "\(id)") == right)
      let early = try verify("undrawn")
      #expect(early == ("giveaway \(id) is not drawn yet\n", 0))
      #expect(try verify("undrawn", "--giveaway=\(id)").1 == 1)
      #expect(try verify("half1").1 == 1)
      let forged = try verify("forged")
      #expect(forged.1 == 1 && !forged.0.contains("right"))
      let none = try verify("log", "--giveaway", "99")
      #expect(none == ("hawker: verify-draw: the log has no giveaway 99\n", 1))
      #expect(try verify("absent").1 == 1)
    }
  }

  @Test("SIGTERM ends it with 0, and a publisher is told at once instead of hearing silence")
  func farewell() async throws {
    try await withFolder { folder in
      let host = try token("host", "alice", in: folder)
      let (server, address) = try serve(in: folder)
      let demo = try LiveProcess(
        [
          "demo", "host", "--url", "http://\(address)/whip/demo", "--token", host, "--size",
          "160x90", "--fps", "5", "--single",
        ], in: folder)
      _ = try demo.rest(after: "live ")
      #expect(server.end() == 0)
      // Not "the server is silent", which a client only knows after seconds.
      #expect(try demo.rest(after: "demo host: the ").hasPrefix("session ended: closedByServer"))
      #expect(demo.end() == 0)
    }
  }

  @Test("SIGHUP reads the certificate again, which the log tells, and ends nothing")
  func reload() async throws {
    try await withFolder { folder in
      let openssl = Process()
      openssl.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
      openssl.arguments =
        ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        + ["-subj", "/CN=localhost", "-keyout", "k.pem", "-out", "c.pem"]
      openssl.currentDirectoryURL = folder
      openssl.standardError = Pipe()
      try openssl.run()
      openssl.waitUntilExit()
      let (server, address) = try serve(
        ["--tls-cert", "c.pem", "--tls-key", "k.pem", "--log-level", "info"], in: folder)
      #expect(address.hasPrefix("127.0.0.1:"))
      server.signal(SIGHUP)
      _ = try server.rest(after: "\"certificate read again\"")
      #expect(server.end() == 0)
    }
  }
}
