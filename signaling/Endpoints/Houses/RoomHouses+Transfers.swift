// Coins: the room judges, the ledger posts, the room's log follows.

import Commerce
import JSON
import Room
import RoomLog
import Wire

/// A transfer on its way to the ledger.
struct Transferring: Sendable {
  let room: String
  /// Who asked.
  let subject: String
  /// The display name of who gives.
  let name: String
  let waiter: Waiter?
  /// What the room said to it: told unless the key was used before.
  var refusal: CommandRefusal?
  /// Whose key it is, where a room remembers it.
  var key: (identity: String, key: String)?
  /// Who asked was erased meanwhile: nothing of theirs is written again.
  var isErased = false
}

extension RoomHouses {
  /// Orders what a gift or a purchase of coins wants of the ledger.
  mutating func transfer(
    _ envelope: CommandEnvelope, in room: String, for waiter: Waiter?
  ) -> Bool {
    let spare = Hex.text(envelope.seed)
    let judged = update(room) { open, news -> (order: TransferOrder, refusal: CommandRefusal?)? in
      do throws(CommandRefusal) {
        return try open.house.transfer(envelope, in: open.key, spare: spare)
      } catch {
        if let waiter {
          open.hold(.refused(waiter, error), until: open.house.state.sequence, &news)
        }
        return nil
      }
    }
    guard let judged else { return false }
    if let judged {
      var transferring = Transferring(
        room: room, subject: envelope.identity, name: envelope.name, waiter: waiter)
      transferring.refusal = judged.refusal
      transferring.key = envelope.key.map { (envelope.identity, $0) }
      order(judged.order, transferring)
    }
    return true
  }

  /// Sends an order to the ledger; its outcome comes by `take`.
  mutating func order(_ order: TransferOrder, _ transferring: Transferring) {
    lastTransfer += 1
    pendingCount += 1
    transfers[lastTransfer] = transferring
    orders.append(.transfer(order, number: lastTransfer))
  }

  /// The ledger has an outcome, on the disk.
  mutating func take(_ outcome: TransferOutcome, of number: UInt64) {
    guard let transferring = transfers.removeValue(forKey: number) else { return }
    pendingCount -= 1
    if let key = transferring.key, !outcome.isPosted {
      _ = update(transferring.room) { open, _ in
        open.house.refusedTransfer(of: key.identity, key: key.key)
      }
    }
    switch outcome {
    case .posted(var transfer):
      if let wallet = transfer.wallet { changed(wallet: wallet) }
      if transferring.isErased { transfer.subject = nil }
      done(transfer, transferring)
      switch transfer.kind {
      case .gift:
        tell(
          of: transfer, by: transferring.name, in: transferring.room, atMs: transfer.atMs)
      case .purchase: news.append(.purchased(room: transferring.room, transfer))
      case .deposit, .refund: break
      }
    // The same answer as the first time, byte for byte.
    case .repeated(let transfer), .done(let transfer): done(transfer, transferring)
    case .mismatch:
      refuse(
        transferring,
        CommandRefusal(.idempotencyMismatch, "this key was used with other parameters"))
    case .insufficient(let balance):
      refuse(
        transferring, CommandRefusal(.insufficientCoins, "the wallet holds \(balance) coins"))
    case .unsettled(let count):
      refuse(
        transferring,
        CommandRefusal(.limit, "\(count) of your purchases of coins are not paid: pay them first"))
    case .unknown:
      refuse(
        transferring,
        transferring.refusal
          ?? CommandRefusal(.unknownOrder, "there is no such purchase or transfer"))
    case .failed:
      refuse(
        transferring,
        CommandRefusal(
          .overloaded, "the server could not write this down",
          retryAfterMs: HousesLimits.storeRetryMs))
    }
  }

  // MARK: Wallets

  /// A wallet holds something else, by this process's doing or another's: it is read, and its owner told.
  mutating func changed(wallet account: Int64) {
    changedWallets.add(account)
    readWallets()
  }

  /// Wallets were read: those that changed meanwhile are next.
  mutating func walletsRead() {
    changedWallets.finish()
    readWallets()
  }

  private mutating func readWallets() {
    if let accounts = changedWallets.begin() { orders.append(.readWallets(accounts)) }
  }

  private mutating func done(_ transfer: Transfer, _ transferring: Transferring) {
    guard let waiter = transferring.waiter else { return }
    let name = transfer.kind == .purchase ? "purchase" : "transfer"
    let body: JSONObject = [
      name: .integer(transfer.id), "coins": .integer(transfer.purpose.coins),
      "balance": .integer(transfer.balance),
    ]
    news.append(.done(waiter, status: 200, body: JSONValue.object(body).write()))
  }

  private mutating func refuse(_ transferring: Transferring, _ refusal: CommandRefusal) {
    if let waiter = transferring.waiter { news.append(.refused(waiter, refusal)) }
  }

  /// Has a paid gift go into its room's log. A room that is not open finds it when it opens.
  mutating func tell(of gift: Transfer, by name: String?, in room: String, atMs: Int64) {
    guard let house = self[room] else { return }
    guard house.isNext(gift) else {
      // Read once for a gift that is missing; a log that can't take it is not read for ever.
      let missing = house.state.shop.gifts.lastPosting + 1
      guard giftsSought[room] != missing else { return }
      giftsSought[room] = missing
      return discard(room)
    }
    take(in: room, atMs: atMs) { house in
      house.given(gift, name: name, atMs: atMs).map { [$0] } ?? []
    }
  }
}

extension TransferOutcome {
  /// Whether the key has its reply in the ledger.
  fileprivate var isPosted: Bool {
    switch self {
    case .posted, .repeated, .done: true
    case .mismatch, .insufficient, .unknown, .unsettled, .failed: false
    }
  }
}
