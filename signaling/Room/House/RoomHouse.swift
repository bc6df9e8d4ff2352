// One open room: its state, who its people are, what they wrote, and what they are told.

package import Access
package import Commerce
import JSON

/// An open room. Commands go in, decisions and frames come out; the caller owns disk and sockets.
///
/// `submit` applies a decision to memory at once, so that the next command sees it; what members are told
/// waits for the commit (`Pending`). If a commit fails the process ends, and nobody has seen the state.
package struct RoomHouse: Sendable {
  package internal(set) var state: RoomState
  package internal(set) var people: People
  package internal(set) var texts: Texts
  package internal(set) var presence = Presence()
  /// What identities are marked with in bans.
  package var markKey = IdentityMark.Key.none
  /// Where shops on this machine may have pictures without TLS: `127.0.0.1:8081`.
  package var plainShops: Set<String> = []
  /// What can be given here.
  package var gifts = GiftCatalogue.standard
  /// The ways to watch that this room lets in.
  package var tiers: Set<AudienceTier> = [.webRTC]
  /// How late they are.
  package internal(set) var delays = TierDelays()
  /// Who takes orders; nil where there is no server around: then somebody does.
  package var takers: OrderTakers?
  /// The last event known to be on disk.
  package private(set) var committedSequence: Int64
  var keys: IdempotencyIndex
  var admission = Admission()
  var transferKeys = TransferKeys()
  var recent = RecentFrames()
  /// Counters that were told.
  var countersTold: [CounterTold] = []
  /// The last event that changed who may come in or publish.
  private var rightsSequence: Int64 = 0
  /// Where the room stood when this house was made, or when something was erased from its frames.
  private(set) var openedSequence: Int64
  /// The event that last changed a person's role, among those of `recent`.
  var rolesChanged: [PersonID: Int64] = [:]
  /// Reactions since they were last fanned out, and since they were last counted in the log.
  var freshReactions: [ReactionCount] = []
  var uncountedReactions: [ReactionCount] = []
  /// By pin that is shown: who has said that their page shows it.
  var pinsSeen: [ShopID: Set<String>] = [:]
  var captions = CaptionLanguages()
  private var reactionsCountedAtMs: Int64 = 0
  private var lastTicket: UInt64 = 0

  /// An open room as the store has it.
  ///
  /// - Parameter texts: those of `state.shownTexts`; others are not looked for.
  package init(
    state: RoomState = RoomState(), people: [PersonRecord] = [], texts: [NewText] = [],
    keys: IdempotencyIndex = IdempotencyIndex()
  ) {
    self.state = state
    self.people = People(people)
    self.texts = Texts()
    for text in texts { self.texts.put(text) }
    self.keys = keys
    committedSequence = state.sequence
    openedSequence = state.sequence
    recent.begin(after: state.sequence)
  }

  // MARK: Commands

  /// Decides a command and applies it.
  package mutating func submit(_ envelope: CommandEnvelope) -> Outcome {
    if let outcome = repeated(envelope) { return outcome }
    return carryOut(envelope)
  }

  /// What a reply from the store means for the command that asked for it (`Outcome.lookUp`).
  ///
  /// - Parameter reply: nil when the row is gone: the key is as good as new.
  package mutating func judge(_ envelope: CommandEnvelope, stored reply: StoredReply?) -> Outcome {
    // Another key with the same hash is not this one.
    guard let reply, reply.subject == envelope.identity, reply.key == envelope.key else {
      // Two may have waited for the same row: the first has carried it out.
      if let key = envelope.key,
        case .running? = keys[IdempotencyIndex.hash(subject: envelope.identity, key: key)],
        let outcome = repeated(envelope)
      {
        return outcome
      }
      return carryOut(envelope)
    }
    return answer(envelope, reply.parameters) ?? .repeated(reply)
  }

  private func repeated(_ envelope: CommandEnvelope) -> Outcome? {
    guard let key = envelope.key else { return nil }
    switch keys[IdempotencyIndex.hash(subject: envelope.identity, key: key)] {
    case nil: return nil
    case .running(let ticket, let parameters):
      return answer(envelope, parameters) ?? .running(ticket: ticket)
    case .stored(let reply):
      guard reply.subject == envelope.identity, reply.key == key else { return nil }
      return answer(envelope, reply.parameters) ?? .repeated(reply)
    case .row(let row): return .lookUp(row: row)
    }
  }

  /// The refusal of a key that was used for something else.
  private func answer(_ envelope: CommandEnvelope, _ parameters: [UInt8]) -> Outcome? {
    guard parameters != envelope.parameters else { return nil }
    return .refused(
      CommandRefusal(.idempotencyMismatch, "this key was used with other parameters"), after: 0)
  }

  private mutating func carryOut(_ envelope: CommandEnvelope) -> Outcome {
    do throws(CommandRefusal) {
      return .decided(try decide(envelope))
    } catch {
      return .refused(error, after: state.sequence)
    }
  }

  private mutating func decide(_ envelope: CommandEnvelope) throws(CommandRefusal) -> Pending {
    try HouseLimits.check(envelope)
    if envelope.isServers, case .shop(.server(let command)) = envelope.command {
      return try carryOut(command, envelope)
    }
    var newcomers = Newcomers(people: people, state: state)
    let actor = Actor(
      person: newcomers.reference(envelope.identity, name: envelope.name, among: people),
      role: envelope.role,
      device: envelope.device, isFollower: envelope.isFollower,
      isSubscriber: envelope.isSubscriber, mark: mark(of: envelope.identity))
    let command = try resolve(envelope, actor, &newcomers)
    try admit(command, envelope, actor)
    var context = CommandContext(
      actor: actor, atMs: envelope.atMs, mediaTimeMs: envelope.mediaTimeMs, seed: envelope.seed,
      isReviewed: envelope.isReviewed)
    context.delayMs = delays.delayMs(of: envelope.tier)
    context.windowMs = windowMs
    context.hasMerchant = hasMerchant
    context.reservesStock = envelope.reservesStock
    context.merchant = envelope.merchant
    let decision = try state.decide(command, by: context)
    try checkShop(command, envelope)
    let caption = try captionFrame(command, envelope)
    if case .react(let emoji, let count) = command { count_(emoji, count) }
    if case .say(let text, _) = command {
      admission.note(text, of: envelope.identity, at: envelope.atMs)
    }
    var pending = take(decision, newcomers.records, made: command.madeName)
    if case .follow(let on) = command { noteFollow(on, envelope, decision, &pending) }
    if case .seen(let pin) = command { noteSeen(pin, by: envelope, &pending) }
    if let caption { pending.frames.append(caption) }
    remember(envelope, &pending)
    return pending
  }

  /// A name that does not collide with the collection's own.
  private mutating func count_(_ emoji: String, _ count: Int64) {
    RoomHouse.add(ReactionCount(emoji: emoji, count: count), to: &freshReactions)
    RoomHouse.add(ReactionCount(emoji: emoji, count: count), to: &uncountedReactions)
  }

  static func add(_ reaction: ReactionCount, to counts: inout [ReactionCount]) {
    if let index = counts.firstIndex(where: { $0.emoji == reaction.emoji }) {
      counts[index].count += reaction.count
    } else {
      counts.append(reaction)
    }
  }

  /// Applies a decision and writes what everyone is told of it.
  private mutating func take(
    _ decision: Decision, _ newcomers: [PersonRecord], made: String
  ) -> Pending {
    lastTicket += 1
    var pending = Pending(ticket: lastTicket)
    // A command that changes nothing introduces nobody.
    if !decision.events.isEmpty {
      pending.people = newcomers
      for record in newcomers { people.put(record) }
    }
    pending.events = decision.events
    pending.texts = decision.texts
    for text in decision.texts { texts.put(text) }
    for event in decision.events {
      let judged = judgedMessage(event)
      let before = shopBefore(event)
      state.apply(event)
      noteRole(event)
      if event.event.changesRights { rightsSequence = event.sequence }
      let frames = frames(of: event, judged: judged, before: before)
      recent.append(frames, of: event.sequence)
      pending.frames += frames
    }
    if !decision.events.isEmpty { texts.sweep(state) }
    pending.reflects = state.sequence
    pending.body = reply(decision, made: made)
    return pending
  }

  /// Who has a new role sees another room: frames alone don't lead there.
  private mutating func noteRole(_ entry: SequencedEvent) {
    switch entry.event {
    case .roleSet(let person, _), .roleSeen(let person, _): rolesChanged[person] = entry.sequence
    default: return
    }
    // Older ones are of no use: nobody is given frames from before.
    if rolesChanged.count > HouseLimits.recentEventsMax {
      let floor = recent.floor
      rolesChanged = rolesChanged.filter { $0.value > floor }
    }
  }

  private func reply(_ decision: Decision, made: String) -> [UInt8] {
    var object = JSONObject([("cursor", .integer(state.sequence))])
    if let id = decision.made, !made.isEmpty { object[made] = .integer(id) }
    if decision.isHeld { object["held"] = true }
    return JSONValue.object(object).write()
  }

  private func noteFollow(
    _ on: Bool, _ envelope: CommandEnvelope, _ decision: Decision, _ pending: inout Pending
  ) {
    guard !decision.events.isEmpty, let host = state.people.host.flatMap({ people.record($0) })
    else { return }
    pending.follows.append(
      FollowChange(
        host: host.identity, follower: envelope.identity, isOn: on, atMs: envelope.atMs))
  }

  private mutating func remember(_ envelope: CommandEnvelope, _ pending: inout Pending) {
    guard let key = envelope.key else { return }
    let hash = IdempotencyIndex.hash(subject: envelope.identity, key: key)
    keys.begin(hash, ticket: pending.ticket, parameters: envelope.parameters)
    pending.keyHash = hash
    pending.reply = StoredReply(
      subject: envelope.identity, key: key, parameters: envelope.parameters,
      status: pending.status, body: pending.body)
  }

  // MARK: Committing

  /// A decision is on disk.
  ///
  /// - Parameter replyRow: where the store has its reply; nil when it had no key.
  package mutating func committed(_ pending: Pending, replyRow: Int64?) {
    committedSequence = max(committedSequence, pending.reflects)
    guard let hash = pending.keyHash, let reply = pending.reply, let row = replyRow else { return }
    keys.finish(hash, reply, row: row)
  }

  /// Where the disk has to be before anybody may be told whether they may come in or publish.
  package var rightsAwaited: Int64? {
    rightsSequence > committedSequence ? rightsSequence : nil
  }

  /// Whether everything is on disk: only then a house may be closed or its state written as a snapshot.
  package var isSettled: Bool { committedSequence == state.sequence }

  // MARK: The server's own

  /// The server itself wants something; nil when that changes nothing.
  package mutating func serve(_ command: ServerCommand, atMs: Int64) -> Pending? {
    serve(command, atMs: atMs, newcomers: [])
  }

  mutating func serve(
    _ command: ServerCommand, atMs: Int64, newcomers: [PersonRecord]
  ) -> Pending? {
    var context = CommandContext(actor: .server, atMs: atMs)
    context.windowMs = windowMs
    context.hasMerchant = hasMerchant
    guard let decision = try? state.decide(.server(command), by: context),
      !decision.events.isEmpty
    else { return nil }
    return take(decision, newcomers, made: "")
  }

  /// A merchant or the ledger has something to say.
  package mutating func report(_ command: ShopServerCommand, atMs: Int64) -> Outcome {
    submit(CommandEnvelope(command, by: "server", key: nil, atMs: atMs))
  }

  /// A report that does not fit its order is recorded, and answered as a conflict.
  private mutating func carryOut(
    _ command: ShopServerCommand, _ envelope: CommandEnvelope
  ) throws(CommandRefusal) -> Pending {
    var context = CommandContext(actor: .server, atMs: envelope.atMs)
    context.windowMs = windowMs
    context.hasMerchant = hasMerchant
    try check(command)
    let decision = try state.decide(.server(.shop(command)), by: context)
    var pending = take(decision, [], made: "")
    let isRefused = decision.events.contains { entry in
      if case .shop(.reportRefused) = entry.event { true } else { false }
    }
    if isRefused {
      let refusal = CommandRefusal(.wrongState, "the order's state does not allow it")
      pending.status = refusal.code.status
      pending.body = refusal.body
    }
    remember(envelope, &pending)
    return pending
  }

  /// Somebody joined. The log learns of it when their token's role is news.
  ///
  /// - Throws: `banned`, or `room-ended`, and then they are not in.
  package mutating func arrive(
    _ arrival: Arrival, atMs: Int64
  ) throws(CommandRefusal) -> Pending? {
    var newcomers = Newcomers(people: people, state: state)
    let person = newcomers.reference(arrival.identity, name: arrival.name, among: people)
    let actor = Actor(
      person: person, role: arrival.role, device: arrival.device, mark: mark(of: arrival.identity))
    guard !state.isBanned(actor) else {
      throw CommandRefusal(.banned, "you are banned from this room")
    }
    presence.arrive(arrival, atMs: atMs)
    // A viewer who does nothing is in no table.
    guard arrival.role.isStaff || people.person(arrival.identity) != nil else { return nil }
    return serve(.arrived(person, arrival.role), atMs: atMs, newcomers: newcomers.records)
  }

  /// A member as decisions see them: somebody who has done nothing yet is not in the log.
  package func actor(_ identity: String, token: Role, device: DeviceHint? = nil) -> Actor {
    Actor(
      person: people.person(identity) ?? .server, role: token, device: device,
      mark: mark(of: identity))
  }

  /// The mark of an identity; nil where no ban has any.
  private func mark(of identity: String) -> IdentityMark? {
    state.people.bannedMarks.isEmpty ? nil : IdentityMark(identity, markKey)
  }

  /// One of a member's sessions is over.
  package mutating func depart(_ identity: String) { presence.depart(identity) }

  /// What is due by time: polls and giveaways that close, the shop's clock, reactions to be counted.
  package mutating func tick(atMs: Int64) -> [Pending] {
    var pending: [Pending] = []
    if let dueMs = state.nextClosingMs, dueMs <= atMs, let closed = serve(.closeDue, atMs: atMs) {
      pending.append(closed)
    }
    // One decision is bounded; what is left follows at once.
    for _ in 0..<HouseLimits.shopDecisionsMax {
      guard let dueMs = state.shop.nextDueMs(hasMerchant: hasMerchant), dueMs <= atMs,
        let moved = serve(.shop(.due), atMs: atMs)
      else { break }
      pending.append(moved)
    }
    let isDue = atMs - reactionsCountedAtMs >= HouseLimits.reactionsCountedMs
    if isDue, !uncountedReactions.isEmpty {
      reactionsCountedAtMs = atMs
      let counts = Array(uncountedReactions.prefix(EngineLimits.emojisMax))
      uncountedReactions = []
      if let counted = serve(.reactionsCounted(counts), atMs: atMs) { pending.append(counted) }
    }
    return pending
  }

  /// When `tick` has something to do, milliseconds since 1970; nil for not by itself.
  package var nextTickMs: Int64? {
    let reactions =
      uncountedReactions.isEmpty ? nil : reactionsCountedAtMs + HouseLimits.reactionsCountedMs
    return [state.nextDueMs(hasMerchant: hasMerchant), reactions].compactMap { $0 }.min()
  }

  // MARK: Erasure

  /// Forgets who a person is and what they wrote; what they did stays, as done by nobody.
  ///
  /// Before the store's rows go, so that nothing of theirs is written again; what was on its way
  /// to the disk then is erased there with the rest.
  package mutating func erase(_ identity: String) {
    admission.erase(identity)
    if let person = people.person(identity) { erase(person) }
  }

  /// Forgets the one a reference stands for.
  package mutating func erase(_ person: PersonID) {
    guard people.record(person) != nil else { return }
    people.erase(person)
    texts.erase(author: person)
    // Frames hold names and texts: whoever comes back gets a snapshot instead.
    recent.begin(after: state.sequence)
    openedSequence = state.sequence
  }
}

extension RoomEvent {
  /// Whether somebody may come in or publish after it who might not before, or the other way round.
  fileprivate var changesRights: Bool {
    switch self {
    case .banned, .unbanned, .roleSet, .invitationAnswered, .stageLeft, .stageRemoved, .roomSet:
      true
    default: false
    }
  }
}

extension RoomCommand {
  /// The name of what it makes in the reply.
  fileprivate var madeName: String {
    switch self {
    case .say: "message"
    case .openPoll: "poll"
    case .ask: "question"
    case .openGiveaway: "giveaway"
    case .shop(let command): command.madeName
    default: "made"
    }
  }
}

extension ShopCommand {
  fileprivate var madeName: String {
    switch self {
    case .putListing: "listing"
    case .pinListing: "pin"
    case .scheduleDrop: "drop"
    case .claim: "claim"
    case .openLot: "lot"
    case .bid: "bid"
    case .checkout: "order"
    default: "made"
    }
  }
}

extension CommandRefusal {
  /// The refusal as the body of an answer (RFC 9457).
  fileprivate var body: [UInt8] {
    let body: JSONValue = [
      "type": "about:blank", "title": "Conflict", "status": .integer(Int64(code.status)),
      "detail": .string(text), "code": .string(code.rawValue),
    ]
    return body.write()
  }
}

extension CommandEnvelope {
  /// What a merchant or the ledger has to say.
  ///
  /// - Parameter key: of a report that may come twice; the second one gets the first one's reply.
  package init(_ command: ShopServerCommand, by subject: String, key: String?, atMs: Int64) {
    self.init(
      identity: subject, name: "", role: .service, command: .shop(.server(command)), key: key,
      atMs: atMs)
    isServers = true
  }
}
