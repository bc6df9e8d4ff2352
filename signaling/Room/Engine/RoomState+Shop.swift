// The shop within its room: commands with the room's people and clock, events at their place in its log.

import Access
package import Commerce

extension PersonID {
  /// The same person as the shop knows them.
  package var buyer: BuyerID { BuyerID(rawValue) }
}

extension BuyerID {
  /// The same buyer as the room knows them.
  package var person: PersonID { PersonID(rawValue) }
}

extension RoomState {
  func decide(
    _ command: ShopCommand, _ context: CommandContext, _ draft: inout Draft
  ) throws(CommandRefusal) {
    let role = role(of: context.actor)
    var shopContext = ShopContext(
      buyer: context.actor.person.buyer, isStaff: role.isStaff, isHost: role == .host,
      // A clock that was set back stands still.
      atMs: max(context.atMs, shopAtMs), delayMs: context.delayMs,
      windowMs: context.windowMs, seed: context.seed, hasMerchant: context.hasMerchant,
      reservesStock: context.reservesStock)
    shopContext.merchant = context.merchant
    do throws(ShopRefusal) {
      draft.add(
        try shop.decide(command, by: shopContext, firstSequence: draft.nextSequence),
        at: shopContext.atMs)
    } catch {
      throw CommandRefusal(error)
    }
  }

  /// Coins are not taken while nothing is sold.
  func checkSales() throws(CommandRefusal) {
    guard !shop.settings.isPaused else {
      throw CommandRefusal(.salesPaused, "the host has paused all sales")
    }
  }

  func checkPin(_ pin: ShopID) throws(CommandRefusal) {
    guard shop.pins.contains(where: { $0.id == pin }) else {
      throw CommandRefusal(.unknownPin, "the pin is not shown any more")
    }
  }

  mutating func applyShop(_ event: ShopEvent, _ entry: SequencedEvent) -> Bool {
    shopAtMs = max(shopAtMs, entry.atMs)
    return shop.apply(
      event,
      at: ShopPlace(
        sequence: entry.sequence, atMs: entry.atMs, mediaTimeMs: entry.mediaTimeMs,
        buyer: entry.actor.buyer))
  }
}
