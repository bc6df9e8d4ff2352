// Hooks whose answer is waited for: price check, checkout, chat review. A deadline, then the fallback.

package import JSON

/// What a shop is asked. The raw value is the topic an endpoint must have.
package enum SyncHookKind: String, Hashable, Sendable, CaseIterable {
  case priceCheck = "price.check"
  case createCheckout = "checkout.create"
  case reviewChat = "chat.review"
}

/// One question, ready to be sent.
package struct SyncCall: Hashable, Sendable {
  /// The asker's number.
  package var number: UInt64
  package var kind: SyncHookKind
  /// Which endpoint is asked.
  package var endpoint: Int64
  /// The `webhook-id`; a repeat of the same question has the same.
  package var id: String
  package var body: [UInt8]
  package var deadlineMs: Int64

  package init(
    number: UInt64, kind: SyncHookKind, endpoint: Int64, id: String, body: [UInt8],
    deadlineMs: Int64
  ) {
    self.number = number
    self.kind = kind
    self.endpoint = endpoint
    self.id = id
    self.body = body
    self.deadlineMs = deadlineMs
  }
}

/// What came back.
package enum SyncAnswer: Hashable, Sendable {
  /// A 2xx with this object.
  case answered(JSONObject)
  /// No answer in time, another status, or not an object: the fallback counts. The text is for the log.
  case failed(String)

  /// Judges an answer.
  package init(status: Int, body: [UInt8]) {
    guard (200..<300).contains(status) else {
      self = .failed("answered \(status)")
      return
    }
    guard case .object(let object)? = try? JSONValue.parse(body) else {
      self = .failed("the answer is no JSON object")
      return
    }
    self = .answered(object)
  }
}

/// What a shop says of a message: `{"verdict":"allow"|"modify"|"deny","text":…}`.
package enum ReviewVerdict: Hashable, Sendable {
  case allow
  case modify(String)
  case deny

  /// Reads an answer; nil when it is none of these.
  package init?(_ object: JSONObject) {
    let fields = JSONFields(object)
    switch try? fields.string("verdict") {
    case "allow": self = .allow
    case "deny": self = .deny
    case "modify":
      guard let text = try? fields.string("text") else { return nil }
      self = .modify(text)
    default: return nil
    }
  }
}

/// What a shop says to a checkout: `{"url":"https://…"}` or `{"error":"…"}`.
package enum CheckoutVerdict: Hashable, Sendable {
  case url(String)
  /// Refused by the shop; the text may be shown to the buyer.
  case refused(String)

  /// Characters of a refusal that are kept.
  static let textMax = 200

  /// Reads an answer; nil when it is neither, or the URL is none we would send a buyer to.
  ///
  /// - Parameter isPlainAllowed: whether `http:` is taken: where the operator allowed the shop's own
  ///   address without TLS.
  package init?(_ object: JSONObject, isPlainAllowed: Bool) {
    let fields = JSONFields(object)
    if let text = try? fields.string("url") {
      guard let url = HookURL(text), url.isSecure || isPlainAllowed else { return nil }
      self = .url(text)
    } else if let text = try? fields.string("error") {
      self = .refused(String(text.prefix(CheckoutVerdict.textMax)))
    } else {
      return nil
    }
  }
}

/// What a shop says of an order's prices: `{"variants":[{"sku":…,"priceMinor":…}]}`, those that are others
/// than asked about, or `{"error":"…"}`.
package enum PriceVerdict: Hashable, Sendable {
  /// By SKU; those that are not there stand.
  case prices([String: Int64])
  /// Not to be sold so; the text may be shown to the buyer.
  case refused(String)

  /// Lines an order may have, and more than that is no answer.
  static let variantsMax = 50

  /// Reads an answer; nil when it is neither.
  package init?(_ object: JSONObject) {
    let fields = JSONFields(object)
    if let text = try? fields.string("error") {
      self = .refused(String(text.prefix(CheckoutVerdict.textMax)))
      return
    }
    guard object["variants"] != nil else {
      guard object.members.isEmpty else { return nil }
      self = .prices([:])
      return
    }
    guard let rows = try? fields.fieldsArray("variants"), rows.count <= PriceVerdict.variantsMax
    else { return nil }
    var prices: [String: Int64] = [:]
    for row in rows {
      guard let sku = try? row.string("sku"), let price = try? row.int("priceMinor"), price > 0
      else { return nil }
      prices[sku] = price
    }
    self = .prices(prices)
  }
}
