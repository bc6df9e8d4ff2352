// Who may do what, and what a ban or the end of a room takes away.

package import Access
import Commerce

/// Whom a command is for.
package enum Authority: String, Hashable, Sendable {
  case anyone, staff, host, server

  /// Whether a role has it.
  package func includes(_ role: Role) -> Bool {
    switch self {
    case .anyone: true
    case .staff: role.isStaff
    case .host: role.isHost
    case .server: false
    }
  }
}

extension RoomCommand {
  /// Whom this command is for. Deleting is for anyone here: whose message it is decides.
  package var authority: Authority {
    switch self {
    case .say, .deleteMessage, .answerInvitation, .leaveStage, .follow, .react, .vote, .ask,
      .upvote, .enter, .seen, .gift, .buyCoins:
      .anyone
    case .pinMessage, .reviewMessage, .setChat, .openPoll, .closePoll, .revealPoll, .answerQuestion,
      .dismissQuestion, .highlightQuestion, .caption:
      .staff
    case .toward(_, .setRole): .host
    case .toward: .staff
    case .openGiveaway, .drawGiveaway, .cancelGiveaway, .schedule, .announce, .setRoom, .endRoom:
      .host
    case .shop(let command):
      switch command.authority {
      case .anyone: .anyone
      case .staff: .staff
      case .host: .host
      case .server: .server
      }
    case .server: .server
    }
  }

  /// Whether it makes sense after the end: looking after what was said, following the host, drawing,
  /// paying for what is held, and what becomes of orders.
  private var isForEndedRooms: Bool {
    switch self {
    case .deleteMessage, .toward(_, .clearMessages), .toward(_, .ban), .toward(_, .unban), .follow,
      .drawGiveaway, .cancelGiveaway, .setRoom, .reviewMessage, .server:
      true
    case .shop(let command): command.isForEndedRooms
    case .say, .pinMessage, .setChat, .toward, .answerInvitation, .leaveStage, .react, .openPoll,
      .vote, .closePoll, .revealPoll, .ask, .upvote, .answerQuestion, .dismissQuestion,
      .highlightQuestion, .openGiveaway, .enter, .schedule, .announce, .endRoom,
      .seen, .gift, .buyCoins, .caption:
      false
    }
  }

  fileprivate func checkEnd(_ phase: ShowPhase) throws(CommandRefusal) {
    if phase == .ended, !isForEndedRooms {
      throw CommandRefusal(.roomEnded, "the room has ended")
    }
  }
}

extension ShopCommand {
  /// What was held before the end can be paid or given back, and orders take their way.
  fileprivate var isForEndedRooms: Bool {
    switch self {
    case .checkout(hold: .some), .releaseHold, .leaveDrop, .cancelOrder, .refundOrder, .shipOrder,
      .setShop, .cancelDrop, .cancelLot, .server:
      true
    case .putListing, .importListings, .removeListing, .orderListings, .setVariant, .pinListing,
      .scheduleDrop, .startDrop, .claim, .openLot, .bid, .closeLot, .setCart, .applyVoucher,
      .checkout(hold: nil), .putVoucher, .removeVoucher:
      false
    }
  }
}

extension RoomState {
  /// The role an actor has here.
  package func role(of actor: Actor) -> Role { people.role(of: actor.person, token: actor.role) }

  /// Whether a member is kept out, by identity or by device. A host can't be.
  package func isBanned(
    _ person: PersonID, token: Role?, device: DeviceHint?, mark: IdentityMark? = nil
  ) -> Bool {
    if people.role(of: person, token: token).isHost { return false }
    if people[person].isBanned { return true }
    if let mark, people.bannedMarks[mark] != nil { return true }
    // Staff share their devices with nobody.
    guard !people.role(of: person, token: token).isStaff, let device else { return false }
    return people.bannedDevices[device] != nil
  }

  /// Whether an actor is kept out.
  package func isBanned(_ actor: Actor) -> Bool {
    isBanned(actor.person, token: actor.role, device: actor.device, mark: actor.mark)
  }

  /// Whether a member may publish: by role, or as a guest on stage.
  package func mayPublish(_ actor: Actor) -> Bool {
    guard !isBanned(actor) else { return false }
    return role(of: actor).mayPublish || people.isOnStage(actor.person)
  }

  func authorize(_ command: RoomCommand, _ context: CommandContext) throws(CommandRefusal) {
    let actor = context.actor
    guard (0...EngineLimits.timeMsMax).contains(context.atMs) else {
      throw CommandRefusal(.badField, "the server's clock is out of range")
    }
    guard actor.person.rawValue <= EngineLimits.peopleMax else {
      throw CommandRefusal(.limit, "the room has known \(EngineLimits.peopleMax) people")
    }
    if case .server = command {
      guard actor.person == .server else {
        throw CommandRefusal(.forbidden, "only the server does this")
      }
      return
    }
    // A ban keeps its own standing, so that unbanned moderators are moderators again.
    if isBanned(actor) {
      throw CommandRefusal(.banned, "you are banned from this room")
    }
    try command.checkEnd(show.phase)
    guard command.authority.includes(role(of: actor)) else {
      throw CommandRefusal(.forbidden, "this is for the room's \(command.authority.rawValue)")
    }
  }
}
