// The configuration: precedence, checks, and a sample file that documents every key.

@testable import Config
import Foundation
import Hooks
import Nodes
import RTP
import Telemetry
import Testing
import Wire

@Suite("Configuration")
struct ConfigTests {
  private func configuration(
    _ flags: [String] = [], _ environment: [String: String] = [:], file: String = ""
  ) throws -> ServerConfiguration {
    let (source, rest) = try ConfigSource.flags(flags)
    #expect(rest.isEmpty)
    let merged = source.over(.environment(environment)).over(try .file(file, name: "f.conf"))
    return try ServerConfiguration(merged)
  }

  @Test("without anything set, the defaults are the contract's")
  func defaults() throws {
    let configuration = try configuration()
    #expect(configuration.http == SocketAddress("127.0.0.1:8080"))
    #expect(configuration.udpPort == 7000)
    #expect(configuration.preferCodec == .vp8)
    #expect(configuration.workers == nil)
    #expect(configuration.apiKey == nil)
    #expect(configuration.logLevel == .info)
  }

  @Test("flags win over variables, variables over the file")
  func precedence() throws {
    let file = "udp-port = 1\nhttp = 127.0.0.1:1\nworkers = 1\n"
    let configuration = try configuration(
      ["--udp-port=3"], ["HAWKER_UDP_PORT": "2", "HAWKER_HTTP": "[::1]:2"], file: file)
    #expect(configuration.udpPort == 3)
    #expect(configuration.http == SocketAddress("[::1]:2"))
    #expect(configuration.workers == 1)
  }

  @Test("lists are given by commas or by repeating the key")
  func lists() throws {
    let configuration = try configuration(
      ["--media-ip", "192.0.2.1,2001:db8::1"],
      file: "allowed-origin = https://a.example\nallowed-origin = https://b.example\n")
    #expect(configuration.mediaAddresses.map(\.description) == ["192.0.2.1", "2001:db8::1"])
    #expect(configuration.allowedOrigins == ["https://a.example", "https://b.example"])
    let repeated = try self.configuration(["--media-ip=192.0.2.1", "--media-ip", "192.0.2.2"])
    #expect(repeated.mediaAddresses.map(\.description) == ["192.0.2.1", "192.0.2.2"])
    #expect(try self.configuration(["--workers=1", "--workers=2"]).workers == 2)
  }

  @Test(
    "a wrong value is named with its place",
    arguments: [
      (["--workers", "99"], "--workers: 99 is not within 1...36"),
      (["--workers", "0"], "--workers: 0 is not within 1...36"),
      (
        ["--workers", "99999999999999999999"],
        "--workers: 99999999999999999999 is not within 1...36"
      ),
      (["--udp-port", "70000"], "--udp-port: 70000 is not within 0...65535"),
      (["--http", "localhost"], "--http: \"localhost\" is not ADDR:PORT"),
      (["--media-ip", "1.2.3"], "--media-ip: \"1.2.3\" is not IP[,IP...]"),
      (["--tls-cert", "x"], "tls-cert and tls-key go together: tls-key is missing"),
      (["--media-ip", "0.0.0.0"], "--media-ip: \"0.0.0.0\" is not IP[,IP...]"),
      (
        ["--store", "mysql://u:pw@x"],
        "--store: this value is not sqlite|postgres://USER:PASSWORD@HOST/DATABASE"
      ),
      (["--log-level", "loud"], "--log-level: \"loud\" is not debug|info|warning|error"),
      (
        ["--allowed-origin", "https://a.example/"],
        "--allowed-origin: \"https://a.example/\" is not ORIGIN[,ORIGIN...]"
      ),
      (
        ["--public-url", "https://a.example/"],
        "--public-url: \"https://a.example/\" is not http(s)://HOST[:PORT]"
      ),
      (["--public-url", "*"], "--public-url: \"*\" is not http(s)://HOST[:PORT]"),
      (
        ["--retention-days", "0"], "--retention-days: 0 is not within 1...3650"
      ),
      (
        ["--trusted-proxies", "10.0.0.1/8"],
        "--trusted-proxies: \"10.0.0.1/8\" is not CIDR[,CIDR...]"
      ),
      (["--data", "--workers"], "--data needs a value: DIR"),
      (["--workers"], "--workers needs a value: 1...36"),
      (
        ["--redis", "localhost:6379"],
        "--redis: this value is not redis(s)://[[USER]:PASSWORD@]HOST[:PORT]"
      ),
      (["--prefer-codec", "opus"], "--prefer-codec: \"opus\" is not vp8|h264|vp9|av1"),
    ])
  func wrongValues(flags: [String], text: String) {
    #expect(throws: ConfigError(text)) { try configuration(flags) }
  }

  @Test("unknown keys and repeated ones in a file are named with their line")
  func wrongFile() {
    #expect(throws: ConfigError("f.conf:2: unknown key \"htpp\"; did you mean \"http\"?")) {
      try configuration(file: "# a comment\nhtpp = 1\n")
    }
    #expect(throws: ConfigError("f.conf:2: data was set before, at f.conf:1")) {
      try configuration(file: "data = a\ndata = b\n")
    }
    #expect(throws: ConfigError("f.conf:1: expected key = value")) {
      try configuration(file: "nonsense\n")
    }
  }

  @Test("a key that is nearly right is told the right name")
  func hints() {
    #expect(throws: ConfigError("f.conf:1: unknown key \"worker\"; did you mean \"workers\"?")) {
      try configuration(file: "worker = 2\n")
    }
    #expect(NearestName.hint("udp-prot", among: ConfigKey.names).contains("\"udp-port\""))
    #expect(NearestName.hint("zzz", among: ConfigKey.names) == "")
    #expect(NearestName.hint(String(repeating: "w", count: 100_000), among: ConfigKey.names) == "")
  }

  @Test("a wrong number in the environment or in a file is named with its place")
  func places() {
    #expect(throws: ConfigError("HAWKER_WORKERS: 0 is not within 1...36")) {
      try configuration([], ["HAWKER_WORKERS": "0"])
    }
    #expect(throws: ConfigError("f.conf:3: x is not within 0...65535")) {
      try configuration(file: "# one\n\nudp-port = x\n")
    }
  }

  @Test("a configuration never prints its secret")
  func secrets() throws {
    let secret = "sixteen-characters-or-more"
    let configuration = try configuration(["--api-key", "k"], ["HAWKER_API_SECRET": secret])
    #expect(configuration.apiKey?.secret == secret)
    #expect(!"\(configuration)".contains(secret))
    #expect(!String(reflecting: configuration).contains(secret))
    let store = try self.configuration([], ["HAWKER_STORE": "postgres://shop:tulips@db/hawker"])
    #expect(store.store == .postgres(url: "postgres://shop:tulips@db/hawker"))
    #expect(!"\(store)".contains("tulips") && !String(reflecting: store).contains("tulips"))
    #expect(throws: ConfigError("api-key and api-secret go together: api-key is missing")) {
      try self.configuration(["--api-secret", secret])
    }
  }

  @Test("lines end in any way, values hold what follows the first equals sign")
  func lines() throws {
    let configuration = try configuration(file: "data=a=b\r\n\t# x\r\n  workers\t=\t3  ")
    #expect(configuration.data == "a=b")
    #expect(configuration.workers == 3)
    #expect(throws: ConfigError("f.conf:3: expected key = value")) {
      try self.configuration(file: "# x\r\n\r\nnonsense\r\n")
    }
  }

  @Test("any text as a file is refused, or read and written again, never a trap")
  func anyText() {
    var seed: UInt64 = 7
    let alphabet = Array("=#\n\r\t ,\"hworkersdata-ip0123.:[]\u{0}\u{301}é".unicodeScalars)
    for _ in 0..<2_000 {
      var text = String.UnicodeScalarView()
      for _ in 0..<40 {
        seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        text.append(alphabet[Int(seed >> 33) % alphabet.count])
      }
      ConfigFuzzBody.run(Array(String(text).utf8).span)
      ConfigFuzzBody.run(Array("workers=3\nmedia-ip = \(text)\nmedia-ip=::1\n".utf8).span)
    }
  }

  @Test("the sample documents every key, and each line works once it is no comment any more")
  func sample() throws {
    for key in ConfigKey.allCases {
      #expect(ConfigText.sample.contains("\n#\(key.rawValue) = "))
      #expect(ConfigText.sample.contains(key.environmentName + "."))
      #expect(ConfigText.help.contains("  --\(key.rawValue) "))
    }
    let used = ConfigText.sample.split(separator: "\n").compactMap { line -> Substring? in
      let isKey = ConfigKey.allCases.contains { line.hasPrefix("#\($0.rawValue) = ") }
      // What is not supported yet is refused, as the next line asserts.
      return isKey && !line.hasPrefix("#redis") ? line.dropFirst() : nil
    }
    #expect(used.count == ConfigKey.allCases.count - 1)
    let configuration = try configuration(file: used.joined(separator: "\n"))
    #expect(configuration.mediaAddresses.count == 2)
    #expect(configuration.tls != nil)
    #expect(throws: ConfigError.self) { try self.configuration(file: "redis = http://x") }
  }

  @Test("an example and a fallback are within their range")
  func ranges() {
    for key in ConfigKey.allCases {
      guard let range = key.range else { continue }
      #expect(Int(key.example).map(range.contains) == true)
      #expect(key.form == "\(range.lowerBound)...\(range.upperBound)")
    }
  }

  @Test("config/hawker.conf is what `hawker config sample` prints")
  func sampleFile() throws {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let file = try String(contentsOf: URL(filePath: "/\(root)/config/hawker.conf"), encoding: .utf8)
    #expect(file == ConfigText.sample)
  }
}

@Suite("What configured merchants are told")
struct HookTopicsTests {
  private func hooks(_ flags: String...) throws -> [HookTarget] {
    let hook = ["--hook", "shop=https://shop.example/hooks,other=https://other.example/"]
    return try ServerConfiguration(try ConfigSource.flags(hook + flags).0).hooks
  }

  @Test("topics are named one by one, by family, or all at once, each merchant's own")
  func named() throws {
    let hooks = try hooks(
      "--hook-topics", "shop=*+price.check, other=stock.*", "--hook-topics", "shop=chat.review+*")
    #expect(hooks[0].topics == ["*", "price.check", "chat.review"])
    #expect(hooks[1].topics == ["stock.reserve", "stock.return"])
    let one = try self.hooks("--hook-topics", "other=order.paid")
    #expect(one.map(\.topics) == [nil, ["order.paid"]])
    #expect(try self.hooks().map(\.topics) == [nil, nil])
  }

  @Test(
    "a topic nobody sends, and a merchant without a hook, are refused by name",
    arguments: [
      ("shop=order.payed", "\"order.payed\" is no topic; did you mean \"order.paid\"?"),
      ("shop=*+nothing.*", "\"nothing.*\" is no topic"), ("shop=", "\"\" is no topic"),
      ("shop=order.paid+", "\"\" is no topic"), ("shop=.*", "\".*\" is no topic"),
      ("shop=hook.test", "\"hook.test\" is no topic"), ("shop=ord.*", "\"ord.*\" is no topic"),
      ("shap=*", "the merchant shap has no hook"),
      ("shop", "\"shop\" is not NAME=TOPIC[+TOPIC...][,NAME=...]"),
    ])
  func refused(value: String, text: String) {
    #expect(throws: ConfigError("--hook-topics: " + text)) { try hooks("--hook-topics", value) }
  }

  @Test("the topics one may name are those that docs/hooks.md says, and all that need asking for")
  func documented() throws {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let text = try String(contentsOf: URL(filePath: "/\(root)/docs/hooks.md"), encoding: .utf8)
    let rows = text.split(separator: "\n").filter { $0.hasPrefix("| `") }
    let told = rows.flatMap { row in
      row.split(separator: "|")[0].split(separator: "`").map(String.init).filter {
        $0.contains(".")
      }
    }
    #expect(Set(told) == Set(HookTopic.known).union([HookTopic.test]))
    #expect(HookTopic.onRequest.isSubset(of: HookTopic.known))
    #expect(HookTopic.known.allSatisfy(HookTopic.isTopic))
    #expect(Set(HookTopic.known).count == HookTopic.known.count)
  }
}

@Suite("The HLS tier's settings")
struct HLSSettingsTests {
  private func configuration(_ flags: String...) throws -> ServerConfiguration {
    try ServerConfiguration(try ConfigSource.flags(flags).0)
  }

  @Test("a template leads to a room's playlist")
  func template() throws {
    let hls = try #require(
      try configuration("--hls", "https://live.example:8443/hls/{room}/index.m3u8").hls)
    #expect(hls.url(of: "de-mo_1") == "https://live.example:8443/hls/de-mo_1/index.m3u8")
    #expect(hls.origin == "https://live.example:8443")
    let own = try #require(try configuration("--hls", "/hls/{room}/index.m3u8").hls)
    #expect(own.url(of: "demo") == "/hls/demo/index.m3u8")
    #expect(own.origin == nil)
  }

  @Test(
    "what can't be a playlist's URL is refused by name",
    arguments: [
      "", "hls", "https://live.example/hls/index.m3u8", "https://{room}.example/index.m3u8",
      "https://live.example/{room}", "https://live.example/a{room}/i", "ftp://a/{room}/i",
      "//evil.example/{room}/i", "https:///{room}/i", "https://u@a/{room}/i",
      "https://a/{room}/{room}/i", "https://a/{room}/i\"", "https://a/{room}/i\r\nX: y",
      "https://a/{room}/i>", "https://a;script-src/{room}/i",
      "https://a/" + String(repeating: "a", count: 600) + "/{room}/i",
    ])
  func refused(template: String) throws {
    #expect(throws: ConfigError.self) { try configuration("--hls", template) }
  }

  @Test("licence services are named by key system, and asked by TLS except on this machine")
  func licences() throws {
    let hls = "https://a/{room}/i.m3u8"
    let both = try configuration(
      "--hls", hls, "--hls-licences",
      "com.widevine.alpha=https://shop.example:8443/w?room={room}&x=1",
      "--hls-licences", "org.w3.clearkey=http://127.0.0.1:81/k"
    ).hlsLicences
    #expect(both.map(\.keySystem) == ["com.widevine.alpha", "org.w3.clearkey"])
    #expect(both.map { $0.url(of: "de-mo") }.first == "https://shop.example:8443/w?room=de-mo&x=1")
    #expect(both.map(\.origin) == ["https://shop.example:8443", "http://127.0.0.1:81"])
    #expect(throws: ConfigError.self) {
      try configuration("--hls-licences", "org.w3.clearkey=https://a/k")
    }
    for wrong in [
      "https://a/k", "org.w3.clearkey=", "=https://a/k", "org.w3.clearkey=http://a/k",
      "org.w3.clearkey=http://127.0.0.1.evil.example/k", "org.w3.clearkey=https://a",
      "org.w3.clearkey=https://u@a/k", "org.w3.clearkey=https://{room}.a/k",
      "org/w3=https://a/k", "org.w3.clearkey=https://a/k\r\nX: y", "a=https:///k",
      "a=https://a/{rom}", "a=http://[::1]:81/k", "a=https://a;script-src/k", "a=https://a'b/k",
      "a=https://a/" + String(repeating: "a", count: 600),
    ] {
      #expect(throws: ConfigError.self, "\(wrong)") {
        try configuration("--hls", hls, "--hls-licences", wrong)
      }
    }
  }

  @Test("a budget of viewers without an HLS tier is refused, and one out of range")
  func budget() throws {
    let hls = "https://a/{room}/i.m3u8"
    #expect(try configuration("--hls", hls, "--webrtc-viewers", "400").webRTCViewers == 400)
    #expect(try configuration("--hls", hls).webRTCViewers == nil)
    #expect(throws: ConfigError.self) { try configuration("--webrtc-viewers", "400") }
    #expect(throws: ConfigError.self) { try configuration("--access-key", "hls.key") }
    for wrong in ["0", "-1", "100001", "x"] {
      #expect(throws: ConfigError.self) {
        try configuration("--hls", hls, "--webrtc-viewers", wrong)
      }
    }
  }
}
