// The configuration: precedence, checks, and a sample file that documents every key.

import Config
import RTP
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
  }

  @Test(
    "a wrong value is named with its place",
    arguments: [
      (["--workers", "99"], "--workers: \"99\" is not 1...36"),
      (["--udp-port", "70000"], "--udp-port: \"70000\" is not 0...65535"),
      (["--http", "localhost"], "--http: \"localhost\" is not ADDR:PORT"),
      (["--media-ip", "1.2.3"], "--media-ip: \"1.2.3\" is not IP[,IP...]"),
      (["--tls-cert", "x"], "tls-cert and tls-key go together: tls-key is missing"),
      (["--store", "postgres://x"], "--store: \"postgres://x\" is not sqlite"),
      (["--redis", "redis://x"], "--redis: redis is not supported yet"),
      (["--prefer-codec", "opus"], "--prefer-codec: \"opus\" is not vp8|h264|vp9|av1"),
    ])
  func wrongValues(flags: [String], text: String) {
    #expect(throws: ConfigError(text)) { try configuration(flags) }
  }

  @Test("unknown keys and repeated ones in a file are named with their line")
  func wrongFile() {
    #expect(throws: ConfigError("f.conf:2: unknown key \"htpp\"")) {
      try configuration(file: "# a comment\nhtpp = 1\n")
    }
    #expect(throws: ConfigError("f.conf:2: data was set before, at f.conf:1")) {
      try configuration(file: "data = a\ndata = b\n")
    }
    #expect(throws: ConfigError("f.conf:1: expected key = value")) {
      try configuration(file: "nonsense\n")
    }
  }

  @Test("the sample documents every key and, uncommented line by line, is a valid file")
  func sample() throws {
    for key in ConfigKey.allCases { #expect(ConfigText.sample.contains("#\(key.rawValue) = ")) }
    _ = try ConfigSource.file(ConfigText.sample, name: "sample")
  }
}
