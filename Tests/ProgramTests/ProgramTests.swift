// The `hawker` binary from outside: exit statuses, one-line errors, files it makes and does not make.

import Config
import Foundation
import JSON
import Testing

/// What one run of the binary did.
struct Outcome {
  let status: Int32
  let output: String
  let errors: String
}

@Suite("The hawker program")
struct ProgramTests {
  /// Beside the test bundle, where the build puts all products.
  private static let binary = Bundle.main.executableURL?.deletingLastPathComponent()
    .appending(path: "hawker")

  /// Runs `hawker` in an empty folder with only the given variables.
  private func hawker(
    _ arguments: String..., environment: [String: String] = [:], in folder: URL? = nil
  ) throws -> Outcome {
    try hawker(arguments, environment: environment, in: folder)
  }

  private func hawker(
    _ arguments: [String], environment: [String: String] = [:], in folder: URL? = nil
  ) throws -> Outcome {
    let process = Process()
    process.executableURL = ProgramTests.binary
    process.arguments = arguments
    process.environment = environment
    process.currentDirectoryURL = folder ?? FileManager.default.temporaryDirectory
    let output = Pipe()
    let errors = Pipe()
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    // Both are a few kilobytes, less than a pipe holds.
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let problem = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return Outcome(status: process.terminationStatus, output: text, errors: problem)
  }

  private func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "hawker-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  @Test(
    "a wrong command line ends with status 2 and one line that says what to do",
    arguments: [
      (["serv"], "hawker: unknown command \"serv\"; did you mean `hawker serve`?\n"),
      (["zzz"], "hawker: unknown command \"zzz\"; `hawker help` lists them\n"),
      (["serve", "--dta", "x"], "hawker: serve: unknown flag \"--dta\"; did you mean --data?\n"),
      (["doctor", "--jsn"], "hawker: doctor: unknown flag \"--jsn\"; did you mean --json?\n"),
      (["serve", "now"], "hawker: serve: unexpected argument \"now\"\n"),
      (["serve", "a\nb"], "hawker: serve: unexpected argument \"a?b\"\n"),
      (["serve", "--workers", "99"], "hawker: --workers: 99 is not within 1...36\n"),
      (
        ["token", "--room", "r"],
        "hawker: token: --role is needed: host, cohost, moderator, viewer, service\n"
      ),
      (["config"], "hawker: config takes sample, or check FILE\n"),
    ])
  func wrongCommandLines(arguments: [String], text: String) throws {
    let process = try hawker(arguments)
    #expect(process.status == 2)
    #expect(process.errors == text)
    #expect(process.output == "")
  }

  @Test("help names every command, and each command has help of its own")
  func help() throws {
    let overview = try hawker("help")
    #expect(overview.status == 0)
    for name in ["serve", "token", "doctor", "config", "demo", "load", "version"] {
      #expect(overview.output.contains("\n  hawker \(name) "))
    }
    for name in ["serve", "token", "doctor", "config"] {
      let help = try hawker("help", name)
      #expect(help.status == 0)
      #expect(help.output.contains("hawker \(name)"))
      #expect(help.output == (try hawker(name, "--help")).output)
    }
    #expect(try hawker("version").output.hasPrefix("hawker "))
  }

  @Test("config sample prints the sample; config check accepts it and names a wrong line")
  func config() throws {
    #expect(try hawker("config", "sample").output == ConfigText.sample)
    try withFolder { folder in
      let file = folder.appending(path: "h.conf")
      try ConfigText.sample.write(to: file, atomically: true, encoding: .utf8)
      #expect(try hawker("config", "check", file.path).output == "ok\n")
      try "http = 127.0.0.1:1\nudp-prt = 1\n".write(to: file, atomically: true, encoding: .utf8)
      let check = try hawker("config", "check", "h.conf", in: folder)
      #expect(check.status == 1)
      #expect(
        check.errors == "hawker: h.conf:2: unknown key \"udp-prt\"; did you mean \"udp-port\"?\n")
      #expect(try hawker("config", "check", "none.conf", in: folder).status == 1)
    }
  }

  @Test("a token is signed with the configured secret, which is never printed")
  func token() throws {
    let secret = "sixteen-characters-or-more"
    let environment = ["HAWKER_API_KEY": "shop", "HAWKER_API_SECRET": secret]
    let made = try hawker(
      "token", "--room", "demo", "--role", "host", "--identity", "me", environment: environment)
    #expect(made.status == 0)
    let parts = made.output.split(separator: ".")
    #expect(parts.count == 3)
    #expect(made.output.hasSuffix("\n"))
    let wrong = try hawker(
      "token", "--room", "de mo", "--role", "host", "--identity", "me", environment: environment)
    #expect(wrong.status == 2)
    let short = try hawker(
      "token", "--room", "r", "--role", "host", "--identity", "me",
      environment: ["HAWKER_API_KEY": "shop", "HAWKER_API_SECRET": "short-secret"])
    #expect(short.status == 1)
    #expect(!(short.errors + wrong.errors).contains("secret\n"))
    #expect(!short.errors.contains("short-secret"))
  }

  @Test(
    "a wrong flag of token is named, with what is allowed",
    arguments: [
      (["--role", "owner"], "--role: \"owner\" is not one of host, cohost"),
      (["--role", "host"], "--room is needed: [A-Za-z0-9_-]{1,64}"),
      (["--role", "host", "--room", "a b"], "--room: \"a b\" is not [A-Za-z0-9_-]{1,64}"),
      (["--role", "host", "--room", "*"], "--room: * is for --role service only"),
      (["--role", "host", "--room", "r"], "--identity is needed: 1 to 128 printable"),
      (["--role", "host", "--room", "r", "--identity", ""], "--identity: must be 1 to 128"),
      (["--role", "host", "--room", "r", "--identity", "anon-1"], "--identity: anon- begins"),
      (
        ["--role", "host", "--room", "r", "--identity", "i", "--ttl", "6"],
        "--ttl: \"6\" is not a whole number and s, m, h or d"
      ),
      (
        ["--role", "host", "--room", "r", "--identity", "i", "--ttl", "99999d"], "--ttl: \"99999d\""
      ),
      (["--role", "host", "--room", "r", "--identity", "i", "--name", "a\tb"], "--name: must be"),
      (["--role"], "--role needs a value"),
      (["--rol", "host"], "unknown flag \"--rol\"; did you mean --role?"),
    ])
  func tokenFlags(flags: [String], text: String) throws {
    let made = try hawker(["token"] + flags)
    #expect(made.status == 2 && made.output.isEmpty)
    #expect(made.errors.hasPrefix("hawker: token: " + text), "\(made.errors)")
    #expect(made.errors.split(separator: "\n").count == 1)
  }

  @Test("without keys a token is refused, and nothing is made")
  func tokenWithoutKeys() throws {
    try withFolder { folder in
      let made = try hawker(
        "token", "--room", "r", "--role", "viewer", "--identity", "me", "--data", "d", in: folder)
      #expect(made.status == 1)
      #expect(made.errors.contains("start `hawker serve` once"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }
  }

  @Test("the first start makes a private keys file, the next one uses it")
  func keysFile() throws {
    try withFolder { folder in
      // A start that ends by itself, after the keys: its port is no port of this machine.
      let flags = ["--http", "192.0.2.77:1", "--udp-port", "0", "--data", "d/e"]
      let first = try hawker(
        "serve", flags[0], flags[1], flags[2], flags[3], flags[4], flags[5], in: folder)
      #expect(first.status == 1)
      let path = folder.appending(path: "d/e/keys").path
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
      let made = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/d/e")
      // Who can't listen makes no database.
      #expect(made.sorted() == ["keys", "revocations"])
      let keys = try String(contentsOfFile: path, encoding: .utf8)
      _ = try hawker(
        "serve", flags[0], flags[1], flags[2], flags[3], flags[4], flags[5], in: folder)
      #expect(try String(contentsOfFile: path, encoding: .utf8) == keys)
      let one = try hawker(
        "token", "--room", "r", "--role", "viewer", "--identity", "me", "--data", "d/e", in: folder)
      #expect(one.status == 0)
      let edited = keys.replacing("\n", with: "\r\n") + "second another-secret-of-mine\r\n"
      try edited.write(toFile: path, atomically: true, encoding: .utf8)
      let two = try hawker(
        "token", "--room", "r", "--role", "viewer", "--identity", "me", "--data", "d/e", in: folder)
      #expect(two.status == 0)
      try "half a line\n".write(toFile: path, atomically: true, encoding: .utf8)
      let torn = try hawker("serve", flags[0], flags[1], flags[4], flags[5], in: folder)
      #expect(torn.errors == "hawker: d/e/keys must hold one or two lines: key secret\n")
    }
  }

  @Test("doctor says the same as text and as JSON, and leaves nothing behind")
  func doctor() throws {
    try withFolder { folder in
      let made = try hawker(
        "doctor", "--json", "--http", "127.0.0.1:0", "--udp-port", "0", in: folder)
      let fields = try JSONFields(document: try JSONValue.parse(Array(made.output.utf8)))
      #expect(try fields.bool("ok") == (made.status == 0))
      let text = try hawker("doctor", "--http", "127.0.0.1:0", "--udp-port", "0", in: folder)
      #expect(text.status == made.status)
      #expect(text.output.contains("\nok    http port: "))
      #expect(text.output.contains("\nok    media path: UDP and TCP arrive"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }
  }

  @Test("doctor fails, by name, on what would keep the server from working")
  func doctorFailures() throws {
    let address = try hawker("doctor", "--http", "192.0.2.77:1", "--udp-port", "0")
    #expect(address.status == 1)
    #expect(
      address.output.contains("\nFAIL  http port: 192.0.2.77:1 is not an address of this machine"))
    let certificate = try hawker(
      "doctor", "--http", "127.0.0.1:0", "--udp-port", "0", "--tls-cert", "none", "--tls-key",
      "none")
    #expect(certificate.status == 1)
    #expect(certificate.output.contains("\nFAIL  certificate: cannot read none: no such file"))
    let wrong = try hawker("doctor", "--json", "--workers", "0")
    #expect(wrong.status == 1)
    #expect(
      wrong.output.contains(#""name":"configuration","fact":"--workers: 0 is not within 1...36""#))
  }
}
