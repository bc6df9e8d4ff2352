// The conformance kit: what a receiver has to take, and what it has to refuse.

import Crypto
import Glibc
import HTTP
import HookDelivery
import Hooks
import JSON
import Loop
import Wire

/// Tries one receiver.
struct ReceiverKit {
  let url: HookURL
  let keys: [HookKey]
  let rules: AddressRules
  let authorities: String?
  let asks: Bool

  /// What a try is to come to.
  private enum Wanted {
    case taken
    case refused
  }

  private struct Case {
    let name: String
    let wanted: Wanted
    let headers: HookHeaders?
    let body: [UInt8]
    var pieces = 1
  }

  /// Runs every case; the exit status.
  func run() throws -> Int32 {
    guard let client = try HookProbe(rules: rules, authorities: authorities) else {
      return Terminal.failure("hooks test: TLS could not be set up")
    }
    var failures = 0
    for item in cases() {
      let result = client.send(
        to: url, item.headers, body: item.body, pieces: item.pieces,
        within: HookLimits.totalLimit)
      let (isRight, text) = judge(result, item.wanted)
      if !isRight { failures += 1 }
      Terminal.write("\(isRight ? "pass" : "FAIL")  \(item.name): \(text)\n", to: 1)
    }
    if asks { failures += askAboutRepeat() ? 0 : 1 }
    Terminal.write(failures == 0 ? "all right\n" : "\(failures) wrong\n", to: 1)
    return failures == 0 ? 0 : 1
  }

  private func judge(_ result: HookProbe.Result, _ wanted: Wanted) -> (Bool, String) {
    switch (result, wanted) {
    case (.failed(let text), _): (false, text)
    case (.answered(let status), .taken):
      ((200..<300).contains(status), "answered \(status), a 2xx is right")
    case (.answered(let status), .refused):
      ((400..<500).contains(status), "answered \(status), a 4xx is right")
    }
  }

  private func askAboutRepeat() -> Bool {
    Terminal.write(
      "????  a repeated message: was its second copy without effect in your shop? [y/n] ", to: 1)
    let answer = readLine() ?? ""
    return answer.lowercased().hasPrefix("y")
  }

  // MARK: Cases

  private func cases() -> [Case] {
    var random = RandomSource.system
    let now = SystemClock.wallTime().milliseconds / 1000
    func id() -> String { "hwk_test_" + String(random.next(), radix: 16) }
    func signed(_ id: String, at seconds: Int64, _ body: [UInt8], by keys: [HookKey]? = nil)
      -> HookHeaders
    {
      HookSignature.sign(id: id, seconds: seconds, body: body, keys: keys ?? self.keys)
    }
    let body = HookPayload.body(type: HookTopic.test, atMs: now * 1000, data: ["room": "test"])
    let other = HookKey.makeSymmetric(&random)
    let repeated = id()
    let good = signed(id(), at: now, body)
    var list = [
      Case(name: "a good signature", wanted: .taken, headers: good, body: body),
      Case(
        name: "two signatures, as while a secret is changed", wanted: .taken,
        headers: signed(id(), at: now, body, by: [other] + keys), body: body),
      Case(
        name: "a topic it does not know", wanted: .taken,
        headers: signed(id(), at: now, unknownTopic(now)), body: unknownTopic(now)),
      Case(
        name: "a message", wanted: .taken, headers: signed(repeated, at: now, body), body: body),
      Case(
        name: "the same message again", wanted: .taken,
        headers: signed(repeated, at: now + 1, body), body: body),
      Case(
        name: "a body that comes in pieces", wanted: .taken, headers: signed(id(), at: now, body),
        body: body, pieces: 4),
      Case(
        name: "a changed body", wanted: .refused, headers: signed(id(), at: now, body),
        body: body + [0x20]),
      Case(
        name: "another's signature", wanted: .refused,
        headers: signed(id(), at: now, body, by: [other]), body: body),
      Case(
        name: "a message of ten minutes ago", wanted: .refused,
        headers: signed(id(), at: now - 600, body), body: body),
      Case(
        name: "a message of ten minutes ahead", wanted: .refused,
        headers: signed(id(), at: now + 600, body), body: body),
      Case(name: "no webhook headers at all", wanted: .refused, headers: nil, body: body),
    ]
    let reserved = id()
    for (name, id, body) in [
      ("a question about prices", id(), question(SyncHookKind.priceCheck.rawValue, now)),
      ("units that are asked for", reserved, question(HookTopic.stockReserve, now)),
      ("the same units again", reserved, question(HookTopic.stockReserve, now)),
    ] {
      list.append(
        Case(name: name, wanted: .taken, headers: signed(id, at: now, body), body: body))
    }
    var headers = signed(id(), at: now, body)
    headers.id += "x"
    list.append(Case(name: "a changed id", wanted: .refused, headers: headers, body: body))
    headers = signed(id(), at: now, body)
    headers.timestamp = String(now + 1)
    list.append(Case(name: "a changed time", wanted: .refused, headers: headers, body: body))
    headers = signed(id(), at: now, body)
    headers.signature =
      headers.signature.split(separator: ",").dropFirst().first.map {
        "v9," + $0
      } ?? ""
    list.append(
      Case(name: "a version nobody knows", wanted: .refused, headers: headers, body: body))
    return list
  }

  /// An order, and units of its only line. No room has such a name, so what the shop reports of it is
  /// refused by every server.
  private func question(_ topic: String, _ now: Int64) -> [UInt8] {
    let line: JSONValue = ["sku": "TEST", "quantity": 1, "priceMinor": 100]
    return HookPayload.body(
      type: topic, atMs: now * 1000,
      data: [
        "room": "hooks.test", "order": 1, "currency": "EUR", "lines": [line], "totalMinor": 100,
        "sequence": 1, "reserve": 1, "sku": "TEST", "quantity": 1,
      ])
  }

  private func unknownTopic(_ now: Int64) -> [UInt8] {
    HookPayload.body(type: "hook.of_tomorrow", atMs: now * 1000, data: ["room": "test"])
  }
}
