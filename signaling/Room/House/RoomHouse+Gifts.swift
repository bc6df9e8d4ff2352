// Gifts: the room judges who may give, the ledger whether the coins are there, the log follows.

import Commerce
package import RoomLog

extension RoomHouse {
  /// What the ledger is asked for by a gift or a purchase of coins; nothing of the room changes.
  ///
  /// - Parameters:
  ///   - room: the store's number of this room: keys belong to it.
  ///   - spare: a key for a command that has none; never used before.
  /// - Returns: the order; with a refusal it only asks whether the key was used before: what was paid for
  ///   once gets its reply again, whatever has changed in the room since. If it was not, the refusal
  ///   stands.
  /// - Throws: what stands in the way here; whether the wallet holds enough is the ledger's to say.
  package mutating func transfer(
    _ envelope: CommandEnvelope, in room: RoomKey, spare: String
  ) throws(CommandRefusal) -> (order: TransferOrder, refusal: CommandRefusal?) {
    try HouseLimits.check(envelope)
    var newcomers = Newcomers(people: people, state: state)
    let actor = Actor(
      person: newcomers.reference(envelope.identity, name: envelope.name, among: people),
      role: envelope.role,
      device: envelope.device)
    let key = envelope.key.map { TransferKeys.Key(identity: envelope.identity, key: $0) }
    // Who asks again for the reply to the same gift gives nothing more.
    if !transferKeys.contains(key) {
      try admission.admit(
        .claim, of: envelope.identity, isStaff: state.role(of: actor).isStaff, at: envelope.atMs)
    }
    var order = TransferOrder(
      .recall, room: room, subject: envelope.identity, key: envelope.key ?? spare,
      parameters: envelope.parameters, purpose: TransferPurpose(), atMs: envelope.atMs)
    do throws(CommandRefusal) {
      // Reads only: a gift is no event before it is paid for.
      _ = try state.decide(
        envelope.command, by: CommandContext(actor: actor, atMs: envelope.atMs))
      (order.work, order.purpose) = try work(envelope)
    } catch {
      guard envelope.key != nil else { throw error }
      return (order, error)
    }
    transferKeys.add(key)
    return (order, nil)
  }

  /// The ledger has refused an order: its key is as good as new.
  package mutating func refusedTransfer(of identity: String, key: String) {
    transferKeys.remove(TransferKeys.Key(identity: identity, key: key))
  }

  private func work(
    _ envelope: CommandEnvelope
  ) throws(CommandRefusal) -> (TransferOrder.Work, TransferPurpose) {
    switch envelope.command {
    case .gift(let gift, let count):
      let host = state.people.host.flatMap { people.record($0) }?.identity
      do throws(ShopRefusal) {
        let (coins, postings) = try gifts.give(
          gift, count: count, from: envelope.identity, to: host)
        return (.gift(postings), TransferPurpose(item: gift, count: count, coins: coins))
      } catch {
        throw CommandRefusal(error)
      }
    case .buyCoins(let id):
      guard let pack = gifts.packs.first(where: { $0.id == id }) else {
        throw CommandRefusal(.unknownGift, "there is no such pack of coins")
      }
      guard let merchant = envelope.merchant else {
        throw CommandRefusal(.noCheckout, "no merchant sells coins here")
      }
      return (
        .purchase,
        TransferPurpose(
          item: id, count: 1, coins: pack.coins, merchant: merchant, priceMinor: pack.priceMinor,
          currency: pack.currency)
      )
    default: throw CommandRefusal(.badField, "this moves no coins")
    }
  }

  /// A gift is paid for: the room hears of it, once.
  ///
  /// - Returns: nil when the log has it already.
  package mutating func given(_ transfer: Transfer, name: String?, atMs: Int64) -> Pending? {
    guard let number = transfer.number, number > state.shop.gifts.lastPosting else { return nil }
    var newcomers = Newcomers(people: people, state: state)
    // Whoever was erased meanwhile gave as nobody.
    let person =
      transfer.subject.map { newcomers.reference($0, name: name, among: people) } ?? .server
    let posting = GiftPosting(
      number: number, buyer: person.buyer, gift: transfer.purpose.item,
      count: transfer.purpose.count, coins: transfer.purpose.coins)
    return serve(
      .shop(.giftPosted(posting)), atMs: atMs, newcomers: newcomers.records)
  }

  /// Whether a gift's number is the next of this room's: if not, memory has missed one.
  package func isNext(_ transfer: Transfer) -> Bool {
    transfer.number.map { $0 <= state.shop.gifts.lastPosting + 1 } ?? true
  }
}
