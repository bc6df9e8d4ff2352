// Bodies: what shops send us, what we send, and what they answer.

import JSON
import Testing

@testable import Hooks

@Suite("Bodies of webhooks")
struct ReportTests {
  private func report(_ text: String, id: String = "evt_1") throws(MerchantReportFault)
    -> MerchantReport
  {
    try MerchantReport(merchant: "shop", id: id, body: Array(text.utf8))
  }

  @Test("each report of an order is read with its room and id")
  func orders() throws {
    for status in MerchantReport.OrderStatus.allCases {
      let read = try report(
        #"{"type":"order.\#(status.rawValue)","timestamp":"2026-11-21T10:00:00Z","data":{"room":"r","order":7,"x":1}}"#
      )
      #expect(read.event == .order(status, room: "r", order: 7))
      #expect(read.data["x"] == 1)
    }
    #expect(try report(#"{"type":"coins.paid","data":{"purchase":"p"}}"#).event == .coinsPaid)
  }

  @Test(
    "anything else is refused with what is wrong",
    arguments: [
      ("", "JSON"), ("[]", "object"), ("{}", "type"), (#"{"type":"order.paid"}"#, "data"),
      (#"{"type":"order.paid","data":{}}"#, "room"),
      (#"{"type":"order.paid","data":{"room":"r"}}"#, "order"),
      (#"{"type":"order.paid","data":{"room":"r","order":"7"}}"#, "order"),
      (#"{"type":"order.paid","data":{"room":"r","order":-1}}"#, "order"),
      (#"{"type":"order.paid","data":{"room":"r","order":9223372036854775808}}"#, "integer"),
      (#"{"type":"order.","data":{}}"#, "type"), (#"{"type":"x","data":{}}"#, "type"),
    ])
  func refused(_ text: String, _ word: String) {
    do throws(MerchantReportFault) {
      _ = try report(text)
      Issue.record("accepted")
    } catch {
      #expect(error.text.contains(word))
    }
  }

  @Test("our own message, signed with the same secret, is no report")
  func reflected() {
    let own = HookPayload.body(type: "order.paid", atMs: 0, data: ["room": "r", "order": 7])
    #expect(throws: MerchantReportFault.self) {
      try MerchantReport(merchant: "shop", id: "hwk_1", body: own)
    }
  }

  @Test("a body has type, an RFC 3339 time and data")
  func payload() {
    let body = HookPayload.body(type: "room.live", atMs: 1_700_000_000_123, data: ["room": "r"])
    #expect(
      String(decoding: body, as: UTF8.self)
        == #"{"type":"room.live","timestamp":"2023-11-14T22:13:20.123Z","data":{"room":"r"}}"#)
    _ = HookPayload.timestamp(.max)
    _ = HookPayload.timestamp(.min)
  }

  @Test("an endpoint gets the topics it names; * leaves out what must be asked for")
  func topics() {
    #expect(HookTopic.matches(["*"], "order.paid"))
    #expect(!HookTopic.matches(["*"], "viewer.joined"))
    #expect(!HookTopic.matches(["*"], "chat.review"))
    #expect(HookTopic.matches(["*", "viewer.joined"], "viewer.joined"))
    #expect(!HookTopic.matches(["order.paid"], "order.failed"))
    for text in ["", ".", "a.", ".a", "A", "a b", "a..b", "ä", "*.x"] {
      #expect(!HookTopic.isTopic(text), "\(text)")
    }
    #expect(HookTopic.isTopic("order.paid"))
  }

  @Test("answers of synchronous hooks are read, or count as none")
  func answers() {
    func read(_ text: String, _ status: Int = 200) -> JSONObject? {
      if case .answered(let object) = SyncAnswer(status: status, body: Array(text.utf8)) {
        return object
      }
      return nil
    }
    #expect(read("{}", 302) == nil)
    #expect(read("[]") == nil)
    #expect(read("{}") != nil)
    #expect(ReviewVerdict(["verdict": "allow"]) == .allow)
    #expect(ReviewVerdict(["verdict": "deny"]) == .deny)
    #expect(ReviewVerdict(["verdict": "modify", "text": "x"]) == .modify("x"))
    #expect(ReviewVerdict(["verdict": "modify"]) == nil)
    #expect(ReviewVerdict(["verdict": "no"]) == nil)
    let url = "https://shop.example/pay/1"
    #expect(CheckoutVerdict(["url": .string(url)], isPlainAllowed: false) == .url(url))
    for bad in ["javascript:alert(1)", "http://shop.example/", "//x", "https://u@x/"] {
      #expect(CheckoutVerdict(["url": .string(bad)], isPlainAllowed: false) == nil)
    }
    let plain = "http://127.0.0.1:1/pay"
    #expect(CheckoutVerdict(["url": .string(plain)], isPlainAllowed: true) == .url(plain))
    #expect(CheckoutVerdict(["error": "sold out"], isPlainAllowed: false) == .refused("sold out"))
    #expect(CheckoutVerdict([:], isPlainAllowed: false) == nil)
  }
}
