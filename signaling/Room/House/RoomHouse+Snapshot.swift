// What a member is given who joins, comes back, or has fallen too far behind.

package import Access
import Commerce
import JSON
import Wire

/// What a member gets to stand where the room stands.
package struct CatchUp: Hashable, Sendable {
  /// Messages in their order, UTF-8 JSON.
  package let messages: [[UInt8]]
  /// The state they end with: to be sent when that is committed; frames after it follow.
  package let sequence: Int64
}

extension RoomHouse {
  // MARK: Coming back

  /// The frames a member has missed; nil when a snapshot is due.
  ///
  /// Counters come with their value of now, once each.
  package func frames(after cursor: Int64, for spectator: Spectator) -> CatchUp? {
    // Which counters were told before this house was opened is not known.
    guard cursor > openedSequence, cursor <= state.sequence,
      let frames = recent.frames(after: cursor)
    else { return nil }
    // Who has got another role since then sees what was there before, too, or no more; who stands right
    // at it may have been cut off before the snapshot that followed.
    if let person = spectator.person, let changed = rolesChanged[person], changed >= cursor {
      return nil
    }
    var messages: [[UInt8]] = []
    // A counter is told some time after its event, and waits for others on its way: the cut may have come
    // between them, whatever the cursor says. So all that were ever told come again, each with its value of now.
    var counted = countersTold.map { ($0.audience, $0.key) }
    for frame in frames {
      if case .counter(let key) = frame.delivery {
        counted.append((frame.audience, key))
      } else if isFor(spectator, frame) {
        messages.append(frame.bytes)
      }
    }
    var counters: [CounterKey] = []
    for (audience, key) in counted where isFor(spectator, audience) && !counters.contains(key) {
      counters.append(key)
    }
    messages += counters.compactMap { counter($0) }
    return CatchUp(messages: messages, sequence: state.sequence)
  }

  /// A counter is told now, with the value of now.
  package mutating func tellCounter(_ key: CounterKey, to audience: Audience) -> [UInt8]? {
    countersTold.removeAll { $0.key == key && $0.audience == audience }
    guard let bytes = counter(key) else { return nil }
    if countersTold.count >= HouseLimits.countersToldMax {
      countersTold = countersTold.filter { counter($0.key) != nil }
    }
    countersTold.append(
      CounterTold(audience: audience, key: key))
    return bytes
  }

  /// Whether a member is among those a frame is for.
  package func isFor(_ spectator: Spectator, _ frame: Frame) -> Bool {
    isFor(spectator, frame.audience)
  }

  private func isFor(_ spectator: Spectator, _ audience: Audience) -> Bool {
    switch audience {
    case .everyone: true
    case .staff: spectator.isStaff
    case .viewers: !spectator.isStaff
    case .person(let person): spectator.person == person
    case .viewer(let person): !spectator.isStaff && spectator.person == person
    case .voters(let id):
      spectator.person.map { person in
        state.polls.last { $0.id == id }?.voters[person] != nil
      } ?? false
    }
  }

  // MARK: Counters

  /// A counter's message with the value of now; nil when its thing is gone.
  package func counter(_ key: CounterKey) -> [UInt8]? {
    let cursor = ("cursor", JSONValue.integer(state.sequence))
    let members: [(String, JSONValue)]
    switch key {
    case .poll(let id):
      guard let poll = state.polls.last(where: { $0.id == id }) else { return nil }
      members = [
        ("type", "pollCounts"), cursor, ("poll", .integer(id)),
        ("counts", .array(poll.counts.map { .integer(Int64($0)) })),
        ("voters", .integer(Int64(poll.voterCount))),
      ]
    case .voters(let id):
      guard let poll = state.polls.last(where: { $0.id == id }) else { return nil }
      members = [
        ("type", "pollVoters"), cursor, ("poll", .integer(id)),
        ("voters", .integer(Int64(poll.voterCount))),
      ]
    case .followers:
      members = [
        ("type", "followers"), cursor,
        ("followers", .integer(Int64(state.people.followers.count))),
      ]
    case .question(let id):
      guard let question = state.questions.question(id) else { return nil }
      members = [
        ("type", "upvotes"), cursor, ("question", .integer(id)),
        ("upvotes", .integer(Int64(question.upvotes.count))),
      ]
    case .giveaway(let id):
      guard let giveaway = state.giveaways.last(where: { $0.id == id }) else { return nil }
      members = [
        ("type", "entries"), cursor, ("giveaway", .integer(id)),
        ("entries", .integer(Int64(giveaway.entryCount))),
      ]
    case .reactionTotals:
      members = [
        ("type", "reactionTotals"), cursor, ("totals", entries.reactions(state.show.reactions)),
      ]
    case .stock, .units, .drop, .lot, .leaderboard, .revenue, .pinSeen:
      guard let shop = shopCounter(key) else { return nil }
      members = [("type", .string(shop.type)), cursor] + shop.members
    }
    return JSONValue.object(JSONObject(members)).write()
  }

  /// The reactions since this was last asked, as one message; nil when there were none.
  package mutating func takeReactions() -> [UInt8]? {
    guard !freshReactions.isEmpty else { return nil }
    let counts = entries.reactions(freshReactions)
    freshReactions = []
    return JSONValue.object(["type": "reactions", "counts": counts]).write()
  }

  // MARK: Snapshots

  /// The whole room as staff or as viewers see it: the same for all of them, so encode it once.
  package func snapshot(forStaff: Bool) -> CatchUp {
    var parts = SnapshotParts(cursor: state.sequence, head: snapshotHead(forStaff: forStaff))
    for (name, items) in snapshotLists(forStaff: forStaff) {
      for item in items { parts.add(name, item) }
    }
    return CatchUp(messages: parts.finish(), sequence: state.sequence)
  }

  func snapshotLists(forStaff: Bool) -> [(String, [JSONValue])] {
    var lists = [("messages", state.chat.messages.map { entries.message($0) })]
    if forStaff {
      lists.append(("held", state.chat.held.map { entries.message($0, isHeld: true) }))
    }
    return lists + [
      ("polls", state.polls.map { entries.poll($0, forStaff: forStaff) }),
      ("questions", state.questions.open.map { entries.question($0) }),
      ("answered", state.questions.answered.map { entries.question($0) }),
      ("giveaways", state.giveaways.map { entries.giveaway($0) }),
    ] + shopLists(forStaff: forStaff)
  }

  private func shopLists(forStaff: Bool) -> [(String, [JSONValue])] {
    let (shop, rendering) = (state.shop, shopEntries)
    var lists = [
      ("listings", shop.listings.map { rendering.listing($0, forStaff: forStaff) }),
      ("pins", shop.pins.map { .object(rendering.pin($0)) }),
      ("drops", shop.drops.map { rendering.drop($0) }),
    ]
    if forStaff { lists.append(("vouchers", shop.vouchers.map { rendering.voucher($0.value) })) }
    return lists
  }

  private func shopHead(forStaff: Bool) -> JSONValue {
    var object = shopEntries.settings(forStaff: forStaff)
    object["lot"] = state.shop.lots.last.map { shopEntries.lot($0) } ?? .null
    object["leaderboard"] = shopEntries.leaders(HouseLimits.leadersShown)
    for (name, value) in gifts.members { object[name] = value }
    if forStaff { object["revenue"] = shopEntries.revenue() }
    return .object(object)
  }

  func snapshotHead(forStaff: Bool) -> [(String, JSONValue)] {
    let show = state.show
    var members: [(String, JSONValue)] = [
      ("phase", .string(show.phase.rawValue)), ("settings", entries.settings(show.settings)),
      ("schedule", show.schedule.map { entries.schedule($0) } ?? .null),
      ("announcement", entries.text(show.announcement)),
      ("firstLiveAtMs", json(show.firstLiveAtMs)), ("endedAtMs", json(show.endedAtMs)),
      ("host", state.people.host.map { entries.member($0) } ?? .null),
      ("followers", .integer(Int64(state.people.followers.count))),
      ("chat", entries.chat(state.chat.rules, forStaff: forStaff)),
      ("pinned", state.chat.pinned.map { entries.message($0) } ?? .null),
      ("stage", entries.guests()), ("totals", entries.reactions(show.reactions)),
      ("highlighted", json(state.questions.highlighted)), ("shop", shopHead(forStaff: forStaff)),
    ]
    if forStaff {
      let invited = state.people.guests.filter { !$0.isOn }.map { entries.member($0.person) }
      members += [("invited", .array(invited)), ("peak", .integer(show.peak))]
    }
    return members
  }

  /// What is a member's own: role, silence, votes, entries. Sent after a snapshot, and when `me` changes.
  package func personal(
    _ identity: String, token: Role, device: DeviceHint? = nil, isSubscriber: Bool = false,
    atMs: Int64
  ) -> [UInt8] {
    let person = people.person(identity) ?? .server
    let standing = state.people[person]
    let actor = Actor(person: person, role: token, device: device)
    var members: [(String, JSONValue)] = [
      ("type", "me"), ("cursor", .integer(state.sequence)),
      ("role", .string(state.role(of: actor).rawValue)),
      ("publish", .bool(state.mayPublish(actor))), ("muted", .bool(standing.isMuted)),
      ("timedOutUntilMs", standing.timedOutUntilMs > atMs ? json(standing.timedOutUntilMs) : .null),
      ("follows", .bool(state.people.followers.contains(person))),
      ("subscriber", .bool(isSubscriber)),
      ("stage", .string(stage(of: person))),
    ]
    let votes = state.polls.compactMap { poll in vote(of: person, in: poll) }
    let upvoted = state.questions.open.filter { $0.upvotes.contains(person) }.map(\.id)
    let entered = state.giveaways.filter { $0.hasEntered(person) }.map(\.id)
    let held = state.chat.held.filter { $0.author == person }
    members += [
      ("votes", .array(votes)), ("upvoted", .array(upvoted.map { .integer($0) })),
      ("entered", .array(entered.map { .integer($0) })),
      ("held", .array(held.map { entries.message($0, isHeld: true) })),
      ("shop", shopEntries.own(person.buyer)),
    ]
    return JSONValue.object(JSONObject(members)).write()
  }

  func stage(of person: PersonID) -> String {
    guard let guest = state.people.guests.first(where: { $0.person == person }) else {
      return "off"
    }
    return guest.isOn ? "on" : "invited"
  }

  private func vote(of person: PersonID, in poll: Poll) -> JSONValue? {
    guard let mask = poll.voters[person] else { return nil }
    let isShown = poll.isPublic || poll.results == .afterVote
    return [
      "poll": .integer(poll.id), "options": RoomHouse.options(mask),
      "counts": isShown ? .array(poll.counts.map { .integer(Int64($0)) }) : .null,
    ]
  }
}

/// A snapshot in messages that each fit a socket: lists go on where the part before ended.
struct SnapshotParts {
  private let cursor: Int64
  private var done: [[(String, JSONValue)]] = []
  private var part: [(String, JSONValue)]
  private var lists: [(name: String, items: [JSONValue])] = []
  private var byteCount: Int

  init(cursor: Int64, head: [(String, JSONValue)]) {
    self.cursor = cursor
    part = head
    byteCount = JSONValue.object(JSONObject(head)).write().count
  }

  mutating func add(_ list: String, _ item: JSONValue) {
    let count = item.write().count
    if byteCount + count > HouseLimits.snapshotPartBytesMax, byteCount > 0 { close() }
    byteCount += count + 1
    if lists.last?.name != list { lists.append((list, [])) }
    lists[lists.count - 1].items.append(item)
  }

  private mutating func close() {
    done.append(part + lists.map { ($0.name, .array($0.items)) })
    part = []
    lists = []
    byteCount = 0
  }

  mutating func finish() -> [[UInt8]] {
    close()
    return done.enumerated().map { index, members in
      let head: [(String, JSONValue)] = [
        ("type", "snapshot"), ("cursor", .integer(cursor)), ("part", .integer(Int64(index))),
        ("last", .bool(index == done.count - 1)),
      ]
      return JSONValue.object(JSONObject(head + members)).write()
    }
  }
}
