import Testing

@testable import Messages

@Suite("Hostile room socket messages")
struct HostileInputTests {
  private let alphabet = Array("{}[]\":,\\/0123456789.eE-+nulltruefals \r\n\u{e9}".utf8)

  @Test("no truncation of an example is taken for a request, and none traps")
  func truncations() throws {
    for text in try ProtocolDocument.examples() {
      let bytes = Array(text.utf8)
      for count in 0..<bytes.count {
        let head = Array(bytes[..<count])
        #expect(!isTaken(head))
      }
    }
  }

  @Test("mutated examples keep the promises of the fuzz body")
  func mutations() throws {
    var random = SeededBytes(seed: 0x4D45_5353_4147_4553)
    for text in try ProtocolDocument.examples() {
      let bytes = Array(text.utf8)
      for _ in 0..<500 {
        fuzz(random.mutate(bytes, alphabet: alphabet))
      }
    }
  }

  @Test("bytes at random, of every length from 0 to 64, never trap")
  func noise() {
    var random = SeededBytes(seed: 1)
    for count in 0...64 {
      for _ in 0..<50 {
        fuzz(random.bytes(count, from: alphabet))
        fuzz(random.bytes(count, from: Array(0...255)))
      }
    }
  }
}

/// Runs the fuzz body on a copy of `bytes`.
private func fuzz(_ bytes: [UInt8]) {
  let copy = bytes
  MessagesFuzzBody.run(copy.span)
}

private func isTaken(_ bytes: [UInt8]) -> Bool {
  do throws(UndecodableMessage) {
    _ = try ClientMessage.decode(bytes)
    return true
  } catch {
    return false
  }
}
