// From what was sent to what can be decided: typed commands, members' references, rates.

import Access
import Commerce

/// References for people who have done nothing yet; theirs for good only when a command is accepted.
///
/// It holds no table of people: the first change to one that is shared would copy it whole, and in a storm
/// of claims every command brings somebody new.
struct Newcomers {
  private var next: UInt32
  /// The new ones, and those with another name than before.
  private(set) var records: [PersonRecord] = []

  init(people: People, state: RoomState) {
    next = max(state.peopleMade, people.highest.rawValue) + 1
  }

  /// The reference of an identity.
  ///
  /// - Parameters:
  ///   - name: the display name, if it is known here.
  ///   - people: those who are known already.
  mutating func reference(
    _ identity: String, name: String?, among people: People
  ) -> PersonID {
    let name = name.map { Newcomers.cleaned($0) }
    if let person = people.person(identity) {
      if let name, people.record(person)?.name != name {
        records.append(PersonRecord(person: person, identity: identity, name: name))
      }
      return person
    }
    if let record = records.first(where: { $0.identity == identity }) { return record.person }
    let person = PersonID(next)
    next += 1
    records.append(PersonRecord(person: person, identity: identity, name: name ?? ""))
    return person
  }

  /// A name without what could disturb a page; empty when nothing is left.
  private static func cleaned(_ name: String) -> String {
    let short = String(String.UnicodeScalarView(name.unicodeScalars.prefix(HouseLimits.nameMax)))
    return (try? CleanText.clean(short, "name", max: HouseLimits.nameMax)) ?? ""
  }
}

extension HouseLimits {
  /// Characters of a display name.
  package static let nameMax = 64
  /// Characters of an identity, a token's `sub`.
  package static let identityMax = 128

  static func check(_ envelope: CommandEnvelope) throws(CommandRefusal) {
    guard (1...identityMax).contains(envelope.identity.unicodeScalars.count) else {
      throw CommandRefusal(.badField, "identity: 1 to \(identityMax) characters")
    }
    if let key = envelope.key, !(1...keyMax).contains(key.unicodeScalars.count) {
      throw CommandRefusal(.badField, "key: 1 to \(keyMax) characters")
    }
  }
}

extension RoomHouse {
  /// The command with its member as a person.
  func resolve(
    _ envelope: CommandEnvelope, _ actor: Actor, _ newcomers: inout Newcomers
  ) throws(CommandRefusal) -> RoomCommand {
    var command = envelope.command
    if case .server = command { throw CommandRefusal(.forbidden, "only the server does this") }
    if case .say(let text, _) = command {
      let newest = state.chat.messages.last { !$0.isDeleted }?.id
      if let typed = try ChatCommand.parse(text, newest: newest) { command = typed }
    }
    guard case .toward(let member, let action) = command else { return command }
    // Who may not do it learns nothing about who exists.
    guard command.authority.includes(state.role(of: actor)) else { return command }
    let person = try resolve(member, action, &newcomers)
    let identity =
      people.record(person)?.identity
      ?? newcomers.records.first { $0.person == person }?.identity
    return .toward(.person(person), complete(action, of: identity))
  }

  private func resolve(
    _ member: MemberReference, _ action: MemberCommand, _ newcomers: inout Newcomers
  ) throws(CommandRefusal) -> PersonID {
    let unknown = CommandRefusal(.unknownMember, "there is no such member, or more than one")
    switch member {
    case .person(let person): return person
    case .typed(let name):
      if let person = people.named(name) { return person }
      guard let identity = presence.named(name) else { throw unknown }
      return newcomers.reference(identity, name: presence[identity]?.name, among: people)
    case .identity(let identity):
      guard (1...HouseLimits.identityMax).contains(identity.unicodeScalars.count) else {
        throw CommandRefusal(.badField, "member: 1 to \(HouseLimits.identityMax) characters")
      }
      if let person = people.person(identity) ?? erased(identity, action) { return person }
      // Bans and roles may be given before somebody comes; what undoes them needs somebody.
      switch action {
      case .ban, .setRole, .mute(on: true): break
      case .timeout, .inviteToStage, .clearMessages, .mute, .unban, .removeFromStage:
        guard presence[identity] != nil else { throw unknown }
      }
      return newcomers.reference(identity, name: presence[identity]?.name, among: people)
    }
  }

  /// Somebody who was banned, then erased, and whose ban is about to be lifted, or given again.
  private func erased(_ identity: String, _ action: MemberCommand) -> PersonID? {
    switch action {
    case .ban, .unban: state.people.bannedMarks[IdentityMark(identity, markKey)]
    default: nil
    }
  }

  /// A ban gets the identity's mark, and that of the browser too the hint the member came with.
  private func complete(_ action: MemberCommand, of identity: String?) -> MemberCommand {
    guard case .ban(let scope, let reason, _) = action else { return action }
    let mark = identity.map { IdentityMark($0, markKey) }
    guard case .device(nil) = scope else { return .ban(scope, reason: reason, mark: mark) }
    let device = identity.flatMap { presence[$0]?.device }
    return .ban(.device(device), reason: reason, mark: mark)
  }

  /// Rates and repetitions, before anything is decided.
  mutating func admit(
    _ command: RoomCommand, _ envelope: CommandEnvelope, _ actor: Actor
  ) throws(CommandRefusal) {
    let identity = envelope.identity
    let isStaff = state.role(of: actor).isStaff
    switch command {
    case .say(let text, _):
      try admission.admit(.chat, of: identity, isStaff: isStaff, at: envelope.atMs)
      if !isStaff {
        try admission.checkDuplicate(text, of: identity, at: envelope.atMs)
      }
    case .ask: try admission.admit(.chat, of: identity, isStaff: isStaff, at: envelope.atMs)
    case .react(_, let count):
      let amount = Double(min(max(1, count), Int64(EngineLimits.reactionsMax)))
      try admission.admit(.reaction, amount, of: identity, isStaff: isStaff, at: envelope.atMs)
    case .vote, .upvote, .enter, .follow:
      try admission.admit(.vote, of: identity, isStaff: isStaff, at: envelope.atMs)
    case .seen: try admission.admit(.cart, of: identity, isStaff: isStaff, at: envelope.atMs)
    case .caption:
      try admission.admit(.caption, of: identity, isStaff: isStaff, at: envelope.atMs)
    case .shop(let command):
      if let kind = command.admission {
        try admission.admit(kind, of: identity, isStaff: isStaff, at: envelope.atMs)
      }
    default: break
    }
  }
}

extension ShopCommand {
  /// What is rationed; nil for what only hosts and their staff do.
  fileprivate var admission: Admission.Kind? {
    switch self {
    case .claim, .bid, .leaveDrop: .claim
    case .checkout: .order
    case .setCart, .applyVoucher, .releaseHold, .cancelOrder: .cart
    default: nil
    }
  }
}
