// What a client knows of a room: PROTOCOL.md's snapshot, `me` and events, applied as a page would.

import JSON

/// The room as one client was told of it. Says what it was told twice or out of order.
struct RoomView: Equatable {
  private(set) var cursor: Int64?
  private(set) var complaints: [String] = []
  private(set) var head = JSONObject()
  private(set) var lists: [String: [JSONObject]] = [:]
  private(set) var stage: Set<String> = []
  private(set) var invited: Set<String> = []
  private(set) var me = JSONObject()
  private(set) var votes: [Int64: JSONValue] = [:]
  private(set) var upvoted: Set<Int64> = []
  private(set) var entered: Set<Int64> = []
  private(set) var shop = ShopView()
  let identity: String

  init(_ identity: String) { self.identity = identity }

  private static let counters: Set<String> = [
    "pollCounts", "pollVoters", "upvotes", "entries", "reactionTotals", "followers", "me",
  ]
  /// Of the media, whose cursor is another one, and of nothing that lasts.
  private static let others: Set<String> = [
    "joined", "ok", "error", "pong", "bye", "tracks", "trackAdded", "trackRemoved", "trackStatus",
    "roomState", "permissions", "reactions", "caption", "connectionEnded", "chatGap",
  ]

  static func isOfTheLog(_ message: JSONObject) -> Bool { !others.contains(message.type) }

  // MARK: Being told

  mutating func take(_ message: JSONObject) {
    guard RoomView.isOfTheLog(message) else { return }
    if message.type == "snapshot" { return takeSnapshot(message) }
    let next = message.number("cursor")
    let isOwn = ShopView.isOwn(message)
    let isCounter =
      RoomView.counters.contains(message.type) || ShopView.counters.contains(message.type)
    if let cursor, isCounter ? next < cursor : next <= cursor {
      complaints.append("\(message.type) \(next) after \(cursor)")
    }
    if !isOwn { cursor = next }
    if message.type == "me" { return takeMe(message) }
    if shop.take(message) { return }
    if !takeChat(message), !takePoll(message), !takeQuestion(message), !takeGiveaway(message) {
      takePeople(message)
      takeShow(message)
    }
  }

  private mutating func takeSnapshot(_ message: JSONObject) {
    if message["part"] == 0 {
      let old = complaints
      self = RoomView(identity)
      complaints = old
      for member in message.members {
        if case .array = member.value, member.key != "totals" { continue }
        head[member.key] = member.value
      }
      for gone in ["type", "part", "last", "cursor", "shop"] { head[gone] = nil }
      stage = Set(message.objects("stage").map { $0.text("identity") })
      invited = Set(message.objects("invited").map { $0.text("identity") })
    }
    for list in ["messages", "held", "polls", "questions", "answered", "giveaways"] {
      lists[list, default: []] += message.objects(list)
    }
    shop.takeSnapshot(message)
    cursor = message.number("cursor")
  }

  private mutating func takeMe(_ message: JSONObject) {
    shop.takeMe(message)
    for name in ["role", "muted", "timedOutUntilMs", "follows", "stage"] {
      me[name] = message[name]
    }
    votes = [:]
    for vote in message.objects("votes") { votes[vote.number("poll")] = vote["options"] }
    upvoted = message.numbers("upvoted")
    entered = message.numbers("entered")
  }

  // MARK: Chat

  private mutating func takeChat(_ message: JSONObject) -> Bool {
    switch message.type {
    case "said":
      let said = message.object("message")
      if said["held"] == true { put(said, "held") } else { show(said) }
    case "messageDeleted":
      let id = message.number("message")
      remove { $0.number("id") == id }
    case "messagesCleared":
      let member = message["member"]
      remove { $0["member"] == member }
    case "messageReviewed":
      let id = message.object("message").number("id")
      lists["held"]?.removeAll { $0.number("id") == id }
      if message["approved"] == true { show(message.object("message")) }
    case "messagePinned": head["pinned"] = message["message"]
    case "chatSet": head["chat"] = message["chat"]
    default: return false
    }
    return true
  }

  private mutating func show(_ said: JSONObject) {
    put(said, "messages")
    lists["messages"] = lists["messages"]?.suffix(200)
  }

  private mutating func remove(_ isGone: (JSONObject) -> Bool) {
    for (index, said) in (lists["messages"] ?? []).enumerated() where isGone(said) {
      lists["messages"]?[index]["text"] = .null
      lists["messages"]?[index]["deleted"] = true
    }
    lists["held"]?.removeAll(where: isGone)
    if case .object(let pinned)? = head["pinned"], isGone(pinned) { head["pinned"] = .null }
  }

  /// Puts an item in its place by id.
  private mutating func put(_ item: JSONObject, _ list: String) {
    let id = item.number("id")
    var items = lists[list] ?? []
    let index = items.firstIndex { $0.number("id") >= id } ?? items.count
    if index < items.count, items[index].number("id") == id { items.remove(at: index) }
    items.insert(item, at: index)
    lists[list] = items
  }

  private mutating func change(_ id: Int64, _ list: String, _ name: String, _ value: JSONValue?) {
    guard let index = lists[list]?.firstIndex(where: { $0.number("id") == id }) else { return }
    lists[list]?[index][name] = value
  }

  // MARK: Taking part

  private mutating func takePoll(_ message: JSONObject) -> Bool {
    switch message.type {
    case "pollOpened", "pollClosed", "pollRevealed": put(message.object("poll"), "polls")
    case "pollCounts":
      change(message.number("poll"), "polls", "counts", message["counts"])
      change(message.number("poll"), "polls", "voters", message["voters"])
    case "pollVoters":
      change(message.number("poll"), "polls", "voters", message["voters"])
    case "voted": votes[message.number("poll")] = message["options"]
    default: return false
    }
    return true
  }

  private mutating func takeQuestion(_ message: JSONObject) -> Bool {
    let id = message.number("question")
    switch message.type {
    case "asked": put(message.object("question"), "questions")
    case "upvoted":
      if message["on"] == true { upvoted.insert(id) } else { upvoted.remove(id) }
    case "upvotes":
      change(id, "questions", "upvotes", message["upvotes"])
      change(id, "answered", "upvotes", message["upvotes"])
    case "questionAnswered":
      let answered = lists["questions"]?.filter { $0.number("id") == id } ?? []
      lists["questions"]?.removeAll { $0.number("id") == id }
      lists["answered", default: []] += answered
      upvoted.remove(id)
    case "questionDismissed":
      lists["questions"]?.removeAll { $0.number("id") == id }
      upvoted.remove(id)
      if head["highlighted"] == message["question"] { head["highlighted"] = .null }
    case "questionHighlighted": head["highlighted"] = message["question"]
    default: return false
    }
    return true
  }

  private mutating func takeGiveaway(_ message: JSONObject) -> Bool {
    switch message.type {
    case "giveawayOpened", "giveawayClosed", "giveawayDrawn", "giveawayCancelled":
      put(message.object("giveaway"), "giveaways")
    case "entries":
      change(message.number("giveaway"), "giveaways", "entries", message["entries"])
    case "entered": entered.insert(message.number("giveaway"))
    default: return false
    }
    return true
  }

  // MARK: People and the show

  private mutating func takePeople(_ message: JSONObject) {
    let member = message.object("member").text("identity")
    let isMine = member == identity
    switch message.type {
    case "muted": if isMine { me["muted"] = message["on"] }
    case "timedOut": if isMine { me["timedOutUntilMs"] = message["untilMs"] }
    case "followed": me["follows"] = message["on"]
    case "stageInvited":
      invited.insert(member)
      if isMine { me["stage"] = "invited" }
    case "invitationAnswered":
      invited.remove(member)
      if message["accept"] == true { stage.insert(member) }
      if isMine { me["stage"] = message["accept"] == true ? "on" : "off" }
    case "stageLeft", "stageRemoved":
      invited.remove(member)
      stage.remove(member)
      if isMine { me["stage"] = "off" }
    default: break
    }
  }

  private mutating func takeShow(_ message: JSONObject) {
    switch message.type {
    case "announced": head["announcement"] = message["text"]
    case "roomSet": head["settings"] = message["settings"]
    case "scheduled":
      head["schedule"] = message["schedule"]
      if head["phase"] == "waiting" { head["phase"] = "scheduled" }
    case "phaseChanged": head["phase"] = message["phase"]
    case "reactionTotals": head["totals"] = message["totals"]
    case "followers": head["followers"] = message["followers"]
    case "hostSet": head["host"] = message["host"]
    case "audienceCounted": head["peak"] = message["peak"]
    default: break
    }
  }

  // MARK: Comparing

  /// What all who see the same room agree on, and what is the member's own.
  ///
  /// Without times that pages take from the events. Counts that a viewer does not see are as they were
  /// when they were last seen.
  func settled(isStaff: Bool) -> RoomView {
    var view = self
    view.cursor = nil
    view.complaints = []
    for name in ["firstLiveAtMs", "endedAtMs"] {
      view.head[name] = nil
    }
    if !isStaff {
      view.invited = []
      view.lists["held"] = nil
      for (index, poll) in (lists["polls"] ?? []).enumerated()
      where poll["open"] == true && poll["revealed"] == false && poll["results"] != "live" {
        view.lists["polls"]?[index]["counts"] = .null
      }
    }
    view.lists = view.lists.filter { !$0.value.isEmpty }
    // What is over is forgotten in time.
    let open = Set((lists["polls"] ?? []).filter { $0["open"] == true }.map { $0.number("id") })
    view.votes = votes.filter { open.contains($0.key) }
    view.entered = entered.filter { id in
      lists["giveaways"]?.contains { $0.number("id") == id && $0["stage"] == "open" } ?? false
    }
    view.shop = shop.settled(isStaff: isStaff)
    // A time that is over is none.
    view.me["timedOutUntilMs"] = nil
    return view
  }

  /// Where two differ, for people.
  func differences(from other: RoomView) -> [String] {
    var found: [String] = []
    for name in Set(head.members.map(\.key) + other.head.members.map(\.key)).sorted()
    where head[name] != other.head[name] {
      found.append("\(name): \(text(head[name])), not \(text(other.head[name]))")
    }
    for name in Set(lists.keys).union(other.lists.keys).sorted()
    where lists[name] != other.lists[name] {
      let (mine, theirs) = (lists[name] ?? [], other.lists[name] ?? [])
      let wrong = mine.filter { !theirs.contains($0) }.map { text(.object($0)) }
      let absent = theirs.filter { !mine.contains($0) }.map { text(.object($0)) }
      found.append("\(name): has \(wrong), lacks \(absent)")
    }
    if stage != other.stage { found.append("stage: \(stage), not \(other.stage)") }
    if invited != other.invited { found.append("invited: \(invited), not \(other.invited)") }
    // Whatever order they were learnt in.
    if table(me) != table(other.me) {
      found.append("me: \(text(.object(me))), not \(text(.object(other.me)))")
    }
    if votes != other.votes { found.append("votes: \(votes), not \(other.votes)") }
    if upvoted != other.upvoted { found.append("upvoted: \(upvoted), not \(other.upvoted)") }
    if entered != other.entered { found.append("entered: \(entered), not \(other.entered)") }
    return found + shop.differences(from: other.shop)
  }

  private func text(_ value: JSONValue?) -> String {
    String(decoding: (value ?? .null).write(), as: UTF8.self)
  }

  /// Ids of a list's items.
  func ids(_ list: String) -> [Int64] { (lists[list] ?? []).map { $0.number("id") } }
}

extension JSONObject {
  /// The integer at `key`, 0 when there is none.
  func number(_ key: String) -> Int64 {
    guard case .integer(let number)? = self[key] else { return 0 }
    return number
  }

  func numbers(_ key: String) -> Set<Int64> {
    guard case .array(let items)? = self[key] else { return [] }
    return Set(
      items.compactMap { item in
        guard case .integer(let number) = item else { return nil }
        return number
      })
  }
}

private func table(_ object: JSONObject) -> [String: JSONValue] {
  Dictionary(object.members.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
}
