// What a merchant is asked for: a payment page for an order that is on the disk.

package import Commerce
package import JSON

/// One request for a payment page. Its answer is a command of the server's (`ControlCore.answered`); it
/// is made again when the process has died before that, so a merchant may get it twice.
package struct MerchantCall: Hashable, Sendable {
  package var room: String
  /// Whose hook is called.
  package var merchant: String
  package var thing: MerchantThing
  /// When the order's units go back, milliseconds since 1970: no page is of use after it.
  package var untilMs: Int64
  /// What the merchant is told: `room`, `order`, `buyer` (its identity), `currency`, `lines`,
  /// `discountMinor`, `voucher`, `totalMinor`, `untilMs`.
  package var data: JSONObject
  /// The same for the same thing, so that a question asked twice is one to the merchant.
  package var id: String {
    switch thing {
    case .order(let order): "hwk_order-\(room)-\(order)"
    case .coins(let purchase): "hwk_coins-\(purchase)"
    }
  }
  package init(
    room: String, merchant: String, thing: MerchantThing, untilMs: Int64, data: JSONObject
  ) {
    self.room = room
    self.merchant = merchant
    self.thing = thing
    self.untilMs = untilMs
    self.data = data
  }
}

/// What a buyer is to pay for.
package enum MerchantThing: Hashable, Sendable {
  /// An order of the room.
  case order(ShopID)
  /// A purchase of coins, by its number in the ledger.
  case coins(Int64)
}

/// What a merchant has to say to an order, while its room is being opened.
struct ParkedReport: Sendable {
  let command: ShopServerCommand
  let merchant: String
  /// The report's own id, so that it counts once; nil for an answer.
  let id: String?
  let canonical: [UInt8]
  let waiter: Waiter?
}
