import Negotiation
import RTP
import SDP
import Testing

@Suite("Answers to real browsers' offers, as golden files")
struct GoldenAnswerTests {
  static let cases: [(String, AnswerPolicy.Role, Codec, String)] = [
    ("chromium-156-offer", .publisher, .vp8, "chromium-156-publisher"),
    ("chromium-156-offer", .publisher, .h264, "chromium-156-publisher-h264"),
    ("chromium-156-offer", .viewer, .vp8, "chromium-156-viewer"),
    ("chromium-156-offer", .mixed, .vp8, "chromium-156-mixed"),
    ("chromium-156-offer-simulcast-vp8", .publisher, .vp8, "chromium-156-publisher-simulcast"),
    ("firefox-153-offer-simulcast", .publisher, .vp8, "firefox-153-publisher-simulcast"),
  ]

  @Test("the answer is the golden one", arguments: cases)
  func golden(_ offer: String, _ role: AnswerPolicy.Role, _ codec: Codec, _ name: String) throws {
    let text = try Samples.answer(Samples.offer(offer), role, prefer: codec).answer.text
    #expect(try text == Samples.golden(name, written: text))
  }
}
