// Who has something to lose in a shop now: such buyers keep the picture that is least late.

extension Shop {
  /// Who holds units, waits for some of a drop, or bids in the auction that is on.
  package var atStake: Set<BuyerID> {
    var found = Set(holds.map(\.value.buyer))
    for drop in drops where !drop.isSettled { found.formUnion(drop.claims.map(\.value.buyer)) }
    if let lot = liveLot { found.formUnion(lot.bids.map(\.key)) }
    return found
  }

  /// Whether somebody has something in the cart, or has bought or given here.
  package func isKnown(_ buyer: BuyerID) -> Bool {
    buyers[buyer] != nil || gifts.coins(of: buyer) > 0
  }

  /// When the next drop opens whose countdown runs, milliseconds since 1970.
  package var nextOpeningMs: Int64? {
    drops.filter { $0.stage == .scheduled }.compactMap(\.startsAtMs).min()
  }
}
