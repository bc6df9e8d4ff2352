// What the open rooms want of the store, and what the store has to say to them.

package import Room
package import RoomLog
package import Store

/// An order to the store. Its answers come back as `HouseAnswer`s.
package enum HouseOrder: Sendable {
  /// Reads a room, or makes it.
  case open(room: String)
  /// Writes one decision; all of a room in order.
  case commit(CommitEntry)
  case keep(SnapshotRow, RoomKey)
  /// The room has left memory.
  case release(RoomKey)
  /// Reads the reply to a command whose key was used before.
  case lookUp(room: String, row: Int64, number: UInt64)
  /// Reads what a query wants.
  case read(HouseReading, number: UInt64)
  /// Moves coins, once for each key.
  case transfer(TransferOrder, number: UInt64)
  /// How many watch each open room, for the lists of other processes; nobody waits for it.
  case noteViewers([RoomKey: Int])
  /// Reads what these wallets hold now.
  case readWallets([Int64])
  /// Erases one person everywhere; rooms in memory have forgotten them.
  case erase(identity: String, number: UInt64)
  /// Changes something about webhooks; number 0: nobody waits for it.
  case change(HookChange, number: UInt64)
  /// Looks for rooms whose clock runs though nobody may have them in memory.
  case findDue(after: DuePlace?)
  /// Keeps to the policy of retention; nobody waits for it.
  case upkeep
}

/// A room as it was read, ready to be entered.
package struct OpenedRoom: Sendable {
  package var key: RoomKey
  package var house: RoomHouse
  /// Events since the newest snapshot.
  package var tailCount: Int
  /// Gifts that are paid for and not in the log yet, in order.
  package var gifts: [Transfer]
  package init(key: RoomKey, house: RoomHouse, tailCount: Int, gifts: [Transfer] = []) {
    self.key = key
    self.house = house
    self.tailCount = tailCount
    self.gifts = gifts
  }
}

/// An answer of the store.
package enum HouseAnswer: Sendable {
  /// Nil when it could not be read; the store has said why in the log.
  case opened(room: String, OpenedRoom?)
  /// Another process has the room.
  case elsewhere(room: String, RoomOwner)
  case committed(RoomKey, ticket: UInt64, replyRow: Int64?)
  /// The decision is not on the disk and never will be: memory is ahead of it.
  case refused(RoomKey, ticket: UInt64)
  /// The room is not this process's any more: what memory knows of it may be behind.
  case lost(RoomKey)
  /// Another process has erased these.
  case forgotten([ErasedPerson])
  /// The endpoints of webhooks are these now: another process may have changed them.
  case endpoints([HookEndpointRow])
  /// Tokens were revoked or restored, maybe by another process.
  case revocations([RevocationRow])
  /// Nil when the row is gone.
  case found(room: String, number: UInt64, StoredReply?)
  /// Nil when it could not be read.
  case read(number: UInt64, HouseReadResult?)
  case transferred(number: UInt64, TransferOutcome)
  /// What wallets hold; none where that could not be read.
  case wallets([WalletRow])
  /// Who now is nobody; nil when it could not be done.
  case erased(number: UInt64, [ErasedPerson]?)
  case changed(number: UInt64, HookChanged)
  /// Rooms whose clock runs, at most `HousesLimits.dueRoomsMax`.
  case due([DueRoom])
  /// The row could not be read: whether it is there is not known.
  case unread(number: UInt64)
}

/// Who waits for the answer to a command.
package enum Waiter: Hashable, Sendable {
  /// A room socket's session, and the request's `id`.
  case socket(UInt64, ref: String?)
  /// A request of the REST API.
  case request(RequestTicket)
}

/// What a waiter is told, or what follows from what is now on the disk; in order.
package enum HouseNews: Sendable {
  /// A command was carried out: an HTTP status and a JSON object.
  case done(Waiter, status: Int, body: [UInt8])
  case refused(Waiter, CommandRefusal)
  /// A key is in use by a command that is not committed yet: REST answers 409.
  case running(Waiter)
  /// A purchase of coins is noted: its merchant is to be asked for a payment page.
  case purchased(room: String, Transfer)
  /// What members are told of one decision.
  case frames(room: String, [Frame])
  /// What one socket is given to stand where the room stands; from here on it gets frames.
  case caughtUp(room: String, socket: UInt64, [[UInt8]])
  /// What is one socket's member's own, as of an event; in order with its frames.
  case own(room: String, socket: UInt64, sequence: Int64, [UInt8])
  /// These events are on the disk: what they mean for media, sessions and permissions.
  case happened(room: String, [SequencedEvent])
  /// Who may come in and publish is on the disk: who waits to be told can be.
  case settled(room: String)
  /// A member's right to publish may have changed, and that is on the disk.
  case reconsider(room: String, PersonID, hasNewRole: Bool)
  /// The room can be entered, or (false) can't be opened.
  case opened(room: String, Bool)
  /// Another process has the room.
  case elsewhere(room: String, RoomOwner)
}
