// Coins for money: a merchant is asked for a payment page, and says when it is paid.

import Access
import Commerce
import HTTP
import JSON
import Room
import RoomLog
package import Wire

extension ControlCore {
  /// How long a payment page for coins is of use.
  private static let coinsPageMs: Int64 = 3_600_000

  /// Asks the merchant of a purchase for a payment page.
  mutating func sell(_ purchase: Transfer, in room: String) {
    let purpose = purchase.purpose
    let data: JSONObject = [
      "room": .string(room), "purchase": .integer(purchase.id),
      "buyer": purchase.subject.map { .string($0) } ?? .null, "pack": .string(purpose.item),
      "coins": .integer(purpose.coins), "currency": .string(purpose.currency),
      "totalMinor": .integer(purpose.priceMinor),
      "untilMs": .integer(purchase.atMs + ControlCore.coinsPageMs),
    ]
    effects.append(
      .callMerchant(
        MerchantCall(
          room: room, merchant: purpose.merchant, thing: .coins(purchase.id),
          untilMs: purchase.atMs + ControlCore.coinsPageMs, data: data)))
  }

  /// Tells a buyer where to pay for coins, or that it can't be done: to all of their sockets in the room.
  mutating func offer(_ purchase: Int64, _ answer: CheckoutAnswer, to call: MerchantCall) {
    guard case .string(let buyer)? = call.data["buyer"] else { return }
    var body: JSONObject = ["type": "coinsOffered", "purchase": .integer(purchase)]
    switch answer {
    case .payment(let url):
      body["paymentURL"] = .string(url)
    case .failed(let reason):
      body["paymentURL"] = .null
      body["reason"] = .string(reason)
    }
    effects.append(
      .tellMember(room: call.room, identity: buyer, JSONValue.object(body).write()))
  }

  /// Tells a member what their wallet holds: on all of their sockets here, whatever room they are in.
  mutating func tell(_ wallet: WalletRow) {
    let body: JSONObject = [
      "type": "walletChanged", "balance": .integer(wallet.balance),
      "transfer": .integer(wallet.transfer),
    ]
    effects.append(
      .tellEverywhere(identity: wallet.owner, JSONValue.object(body).write()))
  }

  /// A merchant reports by a signed callback that a purchase of coins is paid.
  ///
  /// - Parameters:
  ///   - id: the callback's own, which makes a repeat harmless.
  ///   - waiter: is answered when the coins are in the wallet.
  package mutating func coinsPaid(
    _ purchase: Int64, by merchant: String, id: String, for waiter: Waiter?, at now: Instant,
    wall: WallTime
  ) {
    clock = (now, wall)
    let order = TransferOrder(
      .settle(purchase: purchase, merchant: merchant), subject: "merchant:" + merchant, key: id,
      parameters: Array("settle \(purchase)".utf8), purpose: TransferPurpose(),
      atMs: wall.milliseconds)
    houses.order(order, Transferring(room: "", subject: "", name: "", waiter: waiter))
  }

  /// Posts a transfer back, for a service of all rooms. Whoever asks, and how often: it is posted once.
  mutating func refundTransfer(_ call: APICall) throws(ControlRefusal) {
    let asking = try service(call)
    let segments = call.request.target.segments
    guard segments.count == 5, let id = Int64(segments[3]), id > 0 else {
      throw ControlRefusal(400, "bad-message", "transfer: expected a positive integer")
    }
    guard houses.pendingCount < HousesLimits.pendingMax else { throw .tooManyReads }
    let order = TransferOrder(
      .undo(transfer: id), subject: asking.subject, key: "refund-\(id)",
      parameters: Array("undo \(id)".utf8), purpose: TransferPurpose(),
      atMs: call.wall.milliseconds)
    houses.order(
      order, Transferring(room: "", subject: "", name: "", waiter: .request(call.ticket)))
  }
}
