// The shop's events to frames: who is told what (PROTOCOL.md, "The shop's events").

import Commerce
import JSON
import Wire

/// What an event takes out of the shop: to be asked before it is applied.
struct ShopBefore {
  /// The hold that ends.
  var hold: Hold?
}

extension RoomHouse {
  var shopEntries: ShopRendering { ShopRendering(entries: entries) }

  func shopBefore(_ entry: SequencedEvent) -> ShopBefore {
    guard case .shop(.holdEnded(let id, _, _)) = entry.event else { return ShopBefore() }
    return ShopBefore(hold: state.shop.holds[id])
  }

  /// The frames of the shop's event that has just been applied. What is one member's own comes first, and
  /// what moves every client's cursor last: a cut between them must lose nothing.
  func shopFrames(
    _ event: ShopEvent, _ entry: SequencedEvent, before: ShopBefore
  ) -> [Frame] {
    switch event {
    case .shopSet, .listingPut, .listingRemoved, .listingsOrdered, .variantSet, .listingPinned,
      .voucherPut, .voucherRemoved:
      return shelfFrames(event, entry)
    case .dropScheduled, .dropStarted, .dropOpened, .claimed, .dropLeft, .dropDecided, .holdMade,
      .dropEnded, .dropSettled, .dropRestocked:
      return dropFrames(event, entry)
    case .holdPriced(let id, let buyer, _):
      guard let hold = state.shop.holds[id] else { return [] }
      return [own(entry, buyer, "holdPriced", [("hold", shopEntries.hold(hold))])]
    case .holdEnded(let id, let buyer, let why):
      let own = self.own(
        entry, buyer, "holdEnded", [("hold", .integer(id)), ("why", .string(why.rawValue))])
      guard let hold = before.hold else { return [own] }
      guard case .drop(let drop) = hold.source else { return [own] + stock(entry, hold.sku) }
      return [own, counter(entry, .everyone, .drop(drop))] + stock(entry, hold.sku)
    case .lotOpened, .lotStarted, .bidPlaced, .lotProlonged, .lotClosing, .lotAwarded, .lotClosed:
      return lotFrames(event, entry)
    case .cartSet, .voucherApplied:
      let cart = shopEntries.cart(state.shop.buyers[entry.actor.buyer])
      return [own(entry, entry.actor.buyer, "cartSet", [("cart", cart)])]
    case .orderMade: return orderFrames(entry.sequence, entry)
    case .orderPriced(let id, _, _), .paymentOffered(let id, _), .orderMoved(let id, _, _):
      return orderFrames(id, entry)
    case .reportRefused(let id, let report):
      return [
        message(
          entry, to: .staff,
          [("order", .integer(id)), ("report", .string(report.rawValue))])
      ]
    case .unitsAskedAgain, .merchantAwaited: return []
    case .unitsAsked(let sku, _, _), .unitsUnanswered(_, let sku):
      return [counter(entry, .staff, .units(sku))]
    case .unitsGranted(_, let sku, _), .unitsReturned(let sku, _): return stock(entry, sku)
    case .shopOver: return []
    case .gifted(let event):
      let posting = event.posting
      return [
        message(
          entry,
          [
            ("member", entries.member(posting.buyer.person)), ("gift", .string(posting.gift)),
            ("count", .integer(posting.count)), ("coins", .integer(posting.coins)),
            ("combo", .integer(event.combo)),
          ]), counter(entry, .everyone, .leaderboard),
      ]
    }
  }

  /// What is one member's own.
  private func own(
    _ entry: SequencedEvent, _ buyer: BuyerID, _ type: String, _ members: [(String, JSONValue)]
  ) -> Frame { frame(entry, .person(buyer.person), .state, type: type, members) }

  private func stock(_ entry: SequencedEvent, _ sku: SKU) -> [Frame] {
    [counter(entry, .everyone, .stock(sku)), counter(entry, .staff, .units(sku))]
  }

  private func message(
    _ entry: SequencedEvent, to audience: Audience = .everyone, _ members: [(String, JSONValue)]
  ) -> Frame { frame(entry, audience, .state, members) }

  /// What staff are told more of than others.
  private func messages(
    _ entry: SequencedEvent, _ members: (_ forStaff: Bool) -> [(String, JSONValue)]
  ) -> [Frame] {
    [message(entry, to: .staff, members(true)), message(entry, to: .viewers, members(false))]
  }

  // MARK: The shelf

  private func shelfFrames(_ event: ShopEvent, _ entry: SequencedEvent) -> [Frame] {
    let shop = state.shop
    switch event {
    case .shopSet:
      return messages(entry) { [("shop", .object(shopEntries.settings(forStaff: $0)))] }
    case .listingPut(let id, _):
      guard let listing = shop.listing(id ?? entry.sequence) else { return [] }
      return messages(entry) { [("listing", shopEntries.listing(listing, forStaff: $0))] }
    case .listingRemoved(let id): return [message(entry, [("listing", .integer(id))])]
    case .listingsOrdered:
      let ids = shop.listings.map { JSONValue.integer($0.id) }
      return [message(entry, [("listings", .array(ids))])]
    case .variantSet(let sku, _, _):
      guard let listing = shop.listing(of: sku), let variant = listing.variant(sku) else {
        return []
      }
      return messages(entry) {
        [
          ("listing", .integer(listing.id)),
          ("variant", shopEntries.variant(variant, forStaff: $0)),
        ]
      }
    case .listingPinned(let slot, _):
      let pin = shop.pins.first { $0.slot == slot }.map { JSONValue.object(shopEntries.pin($0)) }
      return [message(entry, [("slot", .integer(slot)), ("pin", pin ?? .null)])]
    case .voucherPut(let draft):
      guard let voucher = shop.vouchers[draft.code] else { return [] }
      return [message(entry, to: .staff, [("voucher", shopEntries.voucher(voucher))])]
    case .voucherRemoved(let code): return [message(entry, to: .staff, [("code", .string(code))])]
    default: return []
    }
  }

  // MARK: Drops

  private func dropFrames(_ event: ShopEvent, _ entry: SequencedEvent) -> [Frame] {
    switch event {
    case .dropScheduled: return dropFrames(entry.sequence, entry)
    case .dropStarted(let id, _), .dropOpened(let id, _, _), .dropEnded(let id, _),
      .dropSettled(let id):
      return dropFrames(id, entry)
    case .dropDecided(let id, _, _): return decided(id, entry) + dropFrames(id, entry)
    case .claimed(let event):
      let frames = claimed(
        entry.sequence, in: event.drop, by: entry.actor.buyer,
        hold: state.shop.holds[entry.sequence], entry)
      return frames + counts(entry, event.drop)
    case .holdMade(let event):
      let frames = claimed(
        event.claim, in: event.drop, by: event.buyer, hold: state.shop.holds[entry.sequence], entry)
      return frames + counts(entry, event.drop)
    case .dropRestocked(let id, _): return counts(entry, id)
    case .dropLeft(let id):
      return [own(entry, entry.actor.buyer, "dropLeft", [("drop", .integer(id))])]
        + counts(entry, id)
    default: return []
    }
  }

  /// Units go from claim to claim, and back to the shelf once nobody waits.
  private func counts(_ entry: SequencedEvent, _ id: ShopID) -> [Frame] {
    let sku = state.shop.drop(id)?.sku
    return [counter(entry, .everyone, .drop(id))] + (sku.map { stock(entry, $0) } ?? [])
  }

  private func dropFrames(_ id: ShopID, _ entry: SequencedEvent) -> [Frame] {
    guard let drop = state.shop.drop(id) else { return [] }
    return [message(entry, [("drop", shopEntries.drop(drop))])] + stock(entry, drop.sku)
  }

  private func claimed(
    _ claim: ShopID, in id: ShopID, by buyer: BuyerID, hold: Hold?, _ entry: SequencedEvent
  ) -> [Frame] {
    guard let drop = state.shop.drop(id) else { return [] }
    let members: [(String, JSONValue)] = [
      ("claim", shopEntries.claim(claim, in: drop)),
      ("hold", hold.map { shopEntries.hold($0) } ?? .null),
    ]
    return [own(entry, buyer, "claimed", members)]
  }

  /// What each claim of the opening window came to.
  private func decided(_ id: ShopID, _ entry: SequencedEvent) -> [Frame] {
    guard let drop = state.shop.drop(id) else { return [] }
    // Right after the decision a drop's holds have the numbers of their claims.
    let holds = state.shop.holds.map(\.value).filter { $0.source == .drop(id) }
    let held = Set(holds.map(\.id))
    let rendering = shopEntries
    func frame(_ claim: ShopID, _ buyer: BuyerID, _ hold: Hold?) -> Frame {
      own(
        entry, buyer, "claimed",
        [
          ("claim", rendering.claim(claim, in: drop)),
          ("hold", hold.map { rendering.hold($0) } ?? .null),
        ])
    }
    return holds.map { frame($0.id, $0.buyer, $0) }
      + drop.claims.filter { !held.contains($0.key) }.map { frame($0.key, $0.value.buyer, nil) }
  }

  // MARK: Lots

  private func lotFrames(_ event: ShopEvent, _ entry: SequencedEvent) -> [Frame] {
    switch event {
    case .lotOpened: return lotFrames(entry.sequence, entry)
    case .lotStarted(let id), .lotProlonged(let id, _), .lotClosing(let id, _),
      .lotClosed(let id, _):
      return lotFrames(id, entry)
    case .lotAwarded(let id, let buyer, _, _):
      guard let hold = state.shop.holds[entry.sequence] else { return lotFrames(id, entry) }
      return [own(entry, buyer, "holdMade", [("hold", shopEntries.hold(hold))])]
        + lotFrames(id, entry)
    case .bidPlaced(let event):
      let bid = shopEntries.bid(event.lot, maxMinor: event.maxMinor)
      var frames = [own(entry, entry.actor.buyer, "bidPlaced", [("bid", bid)])]
      if let outbid = event.outbid {
        frames.append(own(entry, outbid, "outbid", [("lot", .integer(event.lot))]))
      }
      return frames + [counter(entry, .everyone, .lot(event.lot))]
    default: return []
    }
  }

  private func lotFrames(_ id: ShopID, _ entry: SequencedEvent) -> [Frame] {
    guard let lot = state.shop.lot(id) else { return [] }
    return [message(entry, [("lot", shopEntries.lot(lot))])] + stock(entry, lot.sku)
  }

  // MARK: Orders

  private func orderFrames(_ id: ShopID, _ entry: SequencedEvent) -> [Frame] {
    guard let order = state.shop.orders[id] else { return [] }
    var frames = [
      own(
        entry, order.buyer, "orderUpdated",
        [("order", shopEntries.order(order, forStaff: false))]),
      frame(
        entry, .staff, .state, type: "orderUpdated",
        [("order", shopEntries.order(order, forStaff: true))]),
      counter(entry, .staff, .revenue),
    ]
    frames += order.lines.flatMap { stock(entry, $0.sku) }
    if let drop = order.drop { frames.append(counter(entry, .everyone, .drop(drop))) }
    // An order of the cart has emptied it.
    if case .shop(.orderMade) = entry.event, order.source == .cart {
      let cart = shopEntries.cart(state.shop.buyers[order.buyer])
      frames.insert(own(entry, order.buyer, "cartSet", [("cart", cart)]), at: 0)
    }
    return frames
  }

  // MARK: Counters

  /// A counter's message with the value of now; nil when its thing is gone.
  func shopCounter(_ key: CounterKey) -> (type: String, members: [(String, JSONValue)])? {
    let shop = state.shop
    switch key {
    case .stock(let sku):
      guard let stock = shop.stock.stock(sku) else { return nil }
      return (
        "stock",
        [
          ("sku", .string(sku)), ("available", .integer(stock.available)),
          ("sold", .integer(stock.sold)),
        ]
      )
    case .units(let sku):
      guard let stock = shop.stock.stock(sku) else { return nil }
      return ("units", [("sku", .string(sku))] + shopEntries.units(stock))
    case .drop(let id):
      guard let drop = shop.drop(id) else { return nil }
      return (
        "dropCounts",
        [
          ("drop", .integer(id)), ("remaining", .integer(drop.free)),
          ("sold", .integer(drop.sold)), ("waiting", .integer(Int64(drop.waiting))),
        ]
      )
    case .lot(let id):
      guard let lot = shop.lot(id) else { return nil }
      return ("lotState", [("lot", shopEntries.lot(lot))])
    case .leaderboard:
      return ("leaderboard", [("leaderboard", shopEntries.leaders(HouseLimits.leadersShown))])
    case .revenue: return ("revenue", [("revenue", shopEntries.revenue())])
    case .pinSeen(let pin):
      guard let seen = pinsSeen[pin] else { return nil }
      let viewers = presence.list.filter { !$0.role.isStaff }
      return (
        "pinSeen",
        [
          ("pin", .integer(pin)),
          ("seen", .integer(Int64(viewers.count { seen.contains($0.identity) }))),
          ("viewers", .integer(Int64(viewers.count))),
        ]
      )
    case .poll, .question, .giveaway, .reactionTotals, .voters, .followers: return nil
    }
  }
}

extension HouseLimits {
  /// Places of the leaderboard that everyone is told; all of them by the query.
  package static let leadersShown = 10
}
