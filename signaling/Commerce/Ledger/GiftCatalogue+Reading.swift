// A server's own gifts, packs of coins and split, from a JSON text.

package import JSON
import Wire

extension GiftCatalogue {
  /// What a page lays out in one dialog.
  package static let giftsMax = 50
  package static let packsMax = 20
  /// A name is in every posting and every message of the gift.
  static let idMax = 32
  /// Characters of an emoji: families and flags are long sequences.
  static let emojiMax = 16

  /// Reads `{"gifts":[{"id","emoji","coins"}],"packs":[{"id","coins","priceMinor","currency"}],
  /// "hostPercent":70}`; what is absent is as in `standard`.
  ///
  /// - Throws: the first member that is wrong, of another type, out of range or named twice.
  package init(_ fields: JSONFields) throws(JSONMismatch) {
    self = .standard
    if fields.object["gifts"] != nil {
      let rows = try fields.fieldsArray("gifts")
      gifts = []
      for row in rows { gifts.append(try Gift(row)) }
      try GiftCatalogue.check(gifts.map(\.id), "gifts", atMost: GiftCatalogue.giftsMax, fields)
    }
    if fields.object["packs"] != nil {
      let rows = try fields.fieldsArray("packs")
      packs = []
      for row in rows { packs.append(try Pack(row)) }
      try GiftCatalogue.check(packs.map(\.id), "packs", atMost: GiftCatalogue.packsMax, fields)
    }
    hostPercent = try fields.optionalInt("hostPercent", in: 0...100) ?? hostPercent
  }

  private static func check(
    _ ids: [String], _ key: String, atMost max: Int, _ fields: JSONFields
  ) throws(JSONMismatch) {
    guard ids.count <= max, Set(ids).count == ids.count else {
      throw fields.refusal(
        key, expected: "at most \(max), each id once", found: "\(ids.count) items")
    }
  }

  /// A name as it is on the wire.
  fileprivate static func id(_ fields: JSONFields) throws(JSONMismatch) -> String {
    let id = try fields.string("id")
    guard ShopText.isName(id, max: idMax), id == id.lowercased() else {
      throw fields.refusal("id", expected: "1…\(idMax) of a–z 0–9 . _ -", found: "another text")
    }
    return id
  }
}

extension Gift {
  fileprivate init(_ fields: JSONFields) throws(JSONMismatch) {
    let text = try fields.string("emoji")
    guard let emoji = try? VisibleText.clean(text, max: GiftCatalogue.emojiMax) else {
      throw fields.refusal(
        "emoji", expected: "1…\(GiftCatalogue.emojiMax) characters", found: "another text")
    }
    self.init(
      id: try GiftCatalogue.id(fields), emoji: emoji,
      coins: try fields.int("coins", in: 1...GiftCatalogue.coinsMax))
  }
}

extension GiftCatalogue.Pack {
  fileprivate init(_ fields: JSONFields) throws(JSONMismatch) {
    let currency = try fields.string("currency")
    guard ShopText.isCurrency(currency) else {
      throw fields.refusal("currency", expected: "three capital letters", found: "another text")
    }
    self.init(
      id: try GiftCatalogue.id(fields),
      coins: try fields.int("coins", in: 1...GiftCatalogue.packCoinsMax),
      priceMinor: try fields.int("priceMinor", in: 1...ShopLimits.minorMax), currency: currency)
  }
}
