// Merchants and the rooms' orders: who takes them, what they are asked, what they report.

package import Commerce
import Crypto
import HTTP
import Hooks
import JSON
import Room
package import Wire

extension ControlCore {
  /// Whose hook takes the orders of a room: the one it names, or the server's only one.
  func merchant(of house: RoomHouse) -> String? {
    let name = house.state.shop.settings.merchant ?? hooks.soleMerchant
    return name.flatMap { hooks.merchants(for: .createCheckout).contains($0) ? $0 : nil }
  }

  /// Whose an order is to report: whoever took it, whatever the room's settings and endpoints have
  /// become since. An order of an older log does not say: then the room's, else the only one there is.
  private func merchant(of order: ShopID, in house: RoomHouse) -> String? {
    let shop = house.state.shop
    return shop.orders[order]?.merchant ?? shop.settings.merchant ?? merchant(of: house)
      ?? hooks.soleMerchant
  }

  /// Asks the merchant whether an order's prices stand, if it wants to be, and then for a payment page.
  mutating func callMerchant(for order: ShopID, in room: String) {
    guard let house = houses[room], let data = house.checkout(of: order, in: room) else { return }
    guard let merchant = house.state.shop.orders[order]?.merchant ?? merchant(of: house) else {
      // There was one when it was ordered.
      return report(
        .checkoutAnswered(order: order, .failed(reason: "no merchant takes orders")), in: room,
        by: "", id: nil, for: nil)
    }
    if checkPrices(of: order, in: room, by: merchant) { return }
    effects.append(
      .callMerchant(
        MerchantCall(
          room: room, merchant: merchant, thing: .order(order), untilMs: data.untilMs,
          data: data.body)))
  }

  /// Asks again for the pages and prices that were asked for when the process before this one died.
  mutating func callMerchants(in room: String) {
    for order in houses[room]?.ordersBeingCreated ?? [] {
      callMerchant(for: order, in: room)
    }
    checkPrices(houses[room]?.unpricedHolds(of: nil) ?? [], in: room)
  }

  /// A merchant has said what an order costs, or its fallback has: on the disk, it is asked for the page.
  mutating func priced(
    _ order: ShopID, _ answer: PriceAnswer, in room: String, by merchant: String
  ) {
    report(.pricesChecked(order: order, answer), in: room, by: merchant, id: nil, for: nil)
  }

  /// A merchant has answered a call, or has not in time.
  package mutating func answered(
    _ call: MerchantCall, _ answer: CheckoutAnswer, at now: Instant, wall: WallTime
  ) {
    clock = (now, wall)
    switch call.thing {
    case .order(let order):
      report(
        .checkoutAnswered(order: order, answer), in: call.room, by: call.merchant, id: nil,
        for: nil)
    case .coins(let purchase): offer(purchase, answer, to: call)
    }
  }

  /// A merchant reports of an order by a signed callback.
  ///
  /// - Parameters:
  ///   - id: the report's own (`webhook-id`): a second one with it gets the first one's reply, and has no
  ///     effect of its own.
  ///   - waiter: is answered when it is on the disk: 200; 409 for a report that does not fit the order,
  ///     which is recorded; `unknown-order` for one that is not this merchant's.
  package mutating func reported(
    _ report: OrderReport, of order: ShopID, in room: String, by merchant: String, id: String?,
    for waiter: Waiter?, at now: Instant, wall: WallTime
  ) {
    clock = (now, wall)
    self.report(
      .orderReported(order: order, report), in: room, by: merchant, id: id,
      canonical: Array("order.\(report.rawValue) \(order)".utf8), for: waiter)
  }

  /// A merchant has something to say to a room.
  ///
  /// - Parameter canonical: what its id stands for: the same id with something else is refused.
  mutating func report(
    _ command: ShopServerCommand, in room: String, by merchant: String, id: String?,
    canonical: [UInt8] = [], for waiter: Waiter?
  ) {
    let parked = ParkedReport(
      command: command, merchant: merchant, id: id, canonical: canonical, waiter: waiter)
    guard require(room) else {
      guard (parkedReports[room]?.count ?? 0) < HousesLimits.parkedMax else {
        return refuse(waiter, .tooManyReads)
      }
      parkedReports[room, default: []].append(parked)
      return
    }
    take(parked, in: room)
  }

  private mutating func take(_ parked: ParkedReport, in room: String) {
    guard let house = houses[room] else { return refuse(parked.waiter, .tooManyReads) }
    switch parked.command {
    case .orderReported(let order, _) where merchant(of: order, in: house) != parked.merchant:
      return refuse(
        parked.waiter, ControlRefusal(404, "unknown-order", "the order is another merchant's"))
    case .stockGranted where owner(of: room) != parked.merchant,
      .listingsPut where owner(of: room) != parked.merchant:
      return refuse(
        parked.waiter, ControlRefusal(403, "forbidden", "the room is not this merchant's"))
    default: break
    }
    var envelope = CommandEnvelope(
      parked.command, by: "merchant/\(parked.merchant)", key: parked.id,
      atMs: clock.wall.milliseconds)
    if parked.id != nil { envelope.parameters = SHA256.digest(parked.canonical.span) }
    guard houses.submit(envelope, in: room, for: parked.waiter) else {
      return refuse(parked.waiter, .tooManyReads)
    }
  }

  /// A room that reports waited for is open, or can't be opened.
  mutating func releaseReports(_ room: String, isOpen: Bool) {
    for parked in parkedReports.removeValue(forKey: room) ?? [] {
      if isOpen { take(parked, in: room) } else { refuse(parked.waiter, .tooManyReads) }
    }
  }

  private mutating func refuse(_ waiter: Waiter?, _ refusal: ControlRefusal) {
    guard case .request(let ticket)? = waiter else { return }
    answerWaiting(ticket, refusal.problem)
  }
}
