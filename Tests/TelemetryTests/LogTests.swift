// Log lines: one JSON object each, no secrets, no floods.

import Telemetry
import Testing
import Wire

@Suite("Log lines")
struct LogTests {
  func text(_ line: LogLine) -> String {
    var bytes: [UInt8] = []
    line.write(into: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  let time = WallTime(nanoseconds: 1_787_391_000_007_000_000)

  @Test("a line is one JSON object with its fields in order")
  func line() {
    let line = LogLine(
      time, .warning, "peer gone",
      ["room": "a\"b\\", "peers": 3, "share": .double(0.5), "nan": .double(.nan), "ok": true])
    #expect(
      text(line)
        == "{\"time\":\"2026-08-22T09:30:00.007Z\",\"level\":\"warning\",\"message\":\"peer gone\","
        + "\"room\":\"a\\\"b\\\\\",\"peers\":3,\"share\":0.5,\"nan\":null,\"ok\":true}\n")
  }

  @Test("no character of a value can break the line or the terminal")
  func controls() {
    let all = String(String.UnicodeScalarView((0..<0x3000).compactMap { Unicode.Scalar($0) }))
    for start in stride(from: 0, to: 0x3000, by: 256) {
      let part = String(all.unicodeScalars.dropFirst(start).prefix(256))
      let line = text(LogLine(time, .info, "m", ["v": .string(part)]))
      let controls = line.unicodeScalars.dropLast().filter {
        $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) || $0.value == 0x2028
      }
      #expect(controls.isEmpty)
    }
    #expect(text(LogLine(time, .info, "m", ["v": "\u{1b}\n"])).contains("\"\\u001b\\n\""))
  }

  @Test("a long value is cut between characters")
  func long() {
    let line = text(LogLine(time, .info, "m", ["v": .string(String(repeating: "é", count: 9999))]))
    #expect(line.utf8.count < LogLine.valueBytesMax + 150)
    #expect(line.contains("é…\"}"))
  }

  @Test("a secret is never printed, not even by its owner")
  func secrets() {
    struct Owner { let secret = Redacted("hunter2") }
    let owner = Owner()
    let secret = owner.secret
    var dumped = ""
    dump(owner, to: &dumped)
    let line = text(LogLine(time, .info, "m", ["secret": LogValue(secret)]))
    for output in ["\(secret)", "\(owner)", String(reflecting: owner), dumped, line] {
      #expect(!output.contains("hunter2"))
      #expect(output.contains("redacted"))
    }
    #expect(secret.reveal() == "hunter2")
  }

  @Test("a flood of one message is counted, others pass")
  func limiter() {
    var limiter = LogLimiter(linesMax: 2, interval: .seconds(Int64(1)))
    let second = Instant.zero + .seconds(Int64(1))
    #expect(limiter.admit("a", at: .zero) == .admitted(suppressed: 0))
    #expect(limiter.admit("a", at: .zero) == .admitted(suppressed: 0))
    for _ in 0..<5 { #expect(limiter.admit("a", at: .zero) == .suppressed) }
    #expect(limiter.admit("b", at: .zero) == .admitted(suppressed: 0))
    #expect(limiter.admit("a", at: second - TimeSpan(nanoseconds: 1)) == .suppressed)
    #expect(limiter.admit("a", at: second) == .admitted(suppressed: 6))
    #expect(limiter.admit("a", at: second) == .admitted(suppressed: 0))
  }

  @Test("messages beyond the limit of keys share one window")
  func limiterKeys() {
    var limiter = LogLimiter(linesMax: 1)
    for key in 0..<LogLimiter.keysMax { _ = limiter.admit("\(key)", at: .zero) }
    #expect(limiter.admit("new", at: .zero) == .admitted(suppressed: 0))
    #expect(limiter.admit("newer", at: .zero) == .suppressed)
  }
}
