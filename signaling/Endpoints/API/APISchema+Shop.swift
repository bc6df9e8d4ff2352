// The things of a room's shop as the REST API answers them.

import Commerce
import JSON

extension APISchema {
  // MARK: Answers

  static let orders = APISchema(
    name: "Orders",
    schema: closed(
      [("orders", list(order)), ("next", nullable("integer")), ("revenue", revenue)],
      optional: ["revenue"]), uses: [person])

  static let pinHistory = APISchema(
    name: "PinHistory",
    schema: closed([
      ("pins", list(pin([("endedAtMs", nullable("integer"))]))), ("next", nullable("integer")),
    ]))

  static let leaderboard = APISchema(
    name: "Leaderboard", schema: closed([("leaderboard", leaders)]), uses: [person])

  // MARK: Parts

  static let shop = closed(
    [
      ("currency", nullable("string")), ("paused", boolean), ("holdSeconds", count),
      ("merchant", nullable("string")), ("lot", orNull(lot)), ("leaderboard", leaders),
      ("gifts", list(gift)), ("packs", list(pack)), ("revenue", revenue),
    ], optional: ["merchant", "revenue"])

  static let listing = closed([
    ("id", sequence), ("reference", string), ("title", string),
    ("description", nullable("string")), ("images", list(string)), ("url", nullable("string")),
    ("variants", list(variant)),
  ])

  static let variant = closed(
    [
      ("sku", string), ("title", nullable("string")), ("priceMinor", count),
      ("compareAtMinor", nullable("integer")), ("available", count), ("sold", count),
    ] + units, optional: Set(units.map(\.0)))

  /// What the room's team is told of units.
  static let units: Properties = [
    ("units", count), ("held", count), ("reserved", count), ("pending", count),
    ("unanswered", count),
  ]

  private static let gift = closed([("id", string), ("emoji", string), ("coins", count)])

  private static let pack = closed([
    ("id", string), ("coins", count), ("priceMinor", count), ("currency", string),
  ])

  static func pin(_ more: Properties = []) -> JSONValue {
    closed(
      [
        ("id", sequence), ("slot", count), ("listing", sequence), ("atMs", time),
        ("mediaTimeMs", nullable("integer")),
      ] + more)
  }

  static let drop = closed([
    ("id", sequence), ("listing", nullable("integer")), ("sku", string), ("quantity", count),
    ("priceMinor", count), ("perBuyer", count), ("mode", words(DropDraft.Mode.self)),
    ("holdSeconds", count), ("countdownSeconds", count), ("durationSeconds", count),
    ("stage", words(Drop.Stage.self)), ("startsAtMs", nullable("integer")), ("windowMs", count),
    ("endsAtMs", nullable("integer")), ("endWhy", nullable("string")), ("settled", boolean),
    ("remaining", count), ("sold", count), ("waiting", count), ("commitment", string),
    ("seed", nullable("string")),
  ])

  static let lot = closed([
    ("id", sequence), ("listing", nullable("integer")), ("sku", string),
    ("stage", words(Lot.Stage.self)), ("startMinor", count), ("priceMinor", count),
    ("nextMinor", count), ("bids", count), ("leader", personOrNull), ("reserveMet", boolean),
    ("winner", personOrNull), ("startsAtMs", time), ("endsAtMs", time),
    ("closesAtMs", nullable("integer")), ("softClose", boolean), ("softSeconds", count),
  ])

  static let voucher = closed([
    ("code", string), ("kind", words(VoucherDraft.Kind.self)), ("value", count),
    ("minimumMinor", nullable("integer")), ("usesMax", nullable("integer")), ("perBuyer", count),
    ("startsAtMs", nullable("integer")), ("endsAtMs", nullable("integer")), ("uses", count),
  ])

  static let order = closed(
    [
      ("id", sequence), ("status", words(OrderStatus.self)),
      (
        "lines",
        list(closed([("sku", string), ("quantity", count), ("priceMinor", count)]))
      ), ("totalMinor", count), ("discountMinor", count), ("voucher", nullable("string")),
      ("currency", nullable("string")), ("untilMs", time), ("atMs", time),
      ("hold", nullable("integer")), ("claim", nullable("integer")),
      ("reason", nullable("string")), ("paymentURL", nullable("string")),
      ("member", personOrNull),
    ], optional: ["paymentURL", "member"])

  static let revenue = closed([
    ("paidCount", count), ("paidMinor", count), ("refundedCount", count),
    ("refundedMinor", count),
  ])

  static let leaders = list(closed([("member", personOrNull), ("coins", count)]))
}
