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
        #expect(throws: UndecodableMessage.self) { _ = try ClientMessage.decode(head) }
      }
    }
  }

  @Test("mutated examples keep the promises of the fuzz body")
  func mutations() throws {
    var random = SeededBytes(seed: 0x4D45_5353_4147_4553)
    for text in try ProtocolDocument.examples() {
      let bytes = Array(text.utf8)
      for _ in 0..<500 {
        MessagesFuzzBody.run(random.mutate(bytes, alphabet: alphabet).span)
      }
    }
  }

  @Test("bytes at random, of every length from 0 to 64, never trap")
  func noise() {
    var random = SeededBytes(seed: 1)
    for count in 0...64 {
      for _ in 0..<50 {
        let bytes = (0..<count).map { _ in alphabet.randomElement(using: &random) ?? 0 }
        MessagesFuzzBody.run(bytes.span)
        MessagesFuzzBody.run(
          (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }.span)
      }
    }
  }
}
