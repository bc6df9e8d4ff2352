// Members, a server and a disk in virtual time: random commands, cuts, crashes and refusals from one seed.

import Access
import Commerce
import Crypto
import JSON
import Room
import RoomLog
import Wire

@testable import Endpoints

/// One member over as many sockets as it takes.
struct SimulatedMember {
  let identity: String
  let role: Role
  let room: String
  let token: String
  var view: RoomView
  /// The socket, while there is one.
  var socket: UInt64?
  var isIn = false
  /// Whether the server knows that the member does not read.
  var isBehind = false
  /// Whether chat was left out for it.
  var hasGap = false
  var session = ""
  /// What the network holds for the member.
  var inbox: [JSONObject] = []
  /// Commands without a reply, oldest first, by key.
  var waiting: [(key: String, command: JSONObject)] = []
  /// By a request's `id` on this socket: its key.
  var keys: [String: String] = [:]
  var accepted: [String: JSONObject] = [:]
  var refused: [String: String] = [:]
  /// The text of each message and question, by key.
  var texts: [String: String] = [:]
  var lastKey = 0
  /// How the last `join` was refused.
  var joinRefusal: String?
}

/// A seed's whole history. `complaints` is what went wrong.
struct SimulatedRooms {
  private(set) var stage: RoomSocketStage
  private(set) var disk = SimulatedDisk()
  private(set) var members: [SimulatedMember] = []
  private(set) var complaints: [String] = []
  private(set) var crashes = 0
  private(set) var repeats = 0
  private(set) var resumes = 0
  private(set) var lags = 0
  var random: RandomSource
  private let seed: UInt64
  private var lastSocket: UInt64 = 0
  private var lastID = 0

  static let steps = 500

  init(seed: UInt64) throws {
    self.seed = seed
    random = .seeded(seed)
    stage = try RoomSocketStage(isDurable: true, seed: seed + 1)
    stage.setMerchants(["wool"])
    stage.keepsTold = true
    for room in ["demo", "other"].prefix(Int.random(in: 1...2, using: &random)) {
      for (identity, role) in SimulatedRooms.people {
        members.append(
          SimulatedMember(
            identity: identity, role: role, room: room,
            token: try stage.token(identity, role, room: room), view: RoomView(identity)))
      }
    }
  }

  private static let people: [(String, Role)] = [
    ("alice", .host), ("mona", .moderator), ("bob", .viewer), ("carl", .viewer), ("dora", .viewer),
  ]

  // MARK: History

  mutating func run() throws {
    for index in members.indices { try join(index) }
    for _ in 0..<SimulatedRooms.steps {
      stage.now = stage.now + .milliseconds(Int64(number(0...80)))
      try step()
      collect()
      guard complaints.isEmpty else { return }
    }
    try settle()
  }

  private mutating func step() throws {
    switch number(0...99) {
    case 0...42: act()
    case 43...44: trade()
    case 45...62: disk.write(number(1...4))
    case 63...80: answer(number(1...4))
    case 81...88: for index in members.indices { read(index, number(0...9)) }
    case 89...91: stage.wait(.milliseconds(Int64(number(50...700) * (flag() ? 1 : 6))))
    case 92: if flag() { cut(number(0...members.count - 1)) } else { lag() }
    case 93...97: try join(number(0...members.count - 1))
    case 98: if flag() { try crash() } else { disk.refusesNext = flag() }
    default:
      if number(0...3) == 0 { try leaveAlone() } else { try join(number(0...members.count - 1)) }
    }
  }

  private mutating func number(_ range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &random)
  }

  private mutating func flag() -> Bool { Bool.random(using: &random) }

  private mutating func pick<T>(_ items: [T]) -> T? { items.randomElement(using: &random) }

  /// Lets the process have the oldest answers of the disk.
  private mutating func answer(_ count: Int) {
    for _ in 0..<count {
      guard let answer = disk.nextAnswer() else { return }
      stage.take(answer)
      collect()
    }
  }

  /// Everybody goes for so long that sessions end and rooms leave memory.
  private mutating func leaveAlone() throws {
    for index in members.indices { cut(index) }
    for _ in 0..<3 {
      stage.wait(.seconds(40))
      disk.take(stage.takeHouseOrders())
      disk.write(100)
      answer(100)
    }
  }

  // MARK: The network

  /// Takes what the server has sent, and sees that nothing of it is ahead of the disk.
  private mutating func collect() {
    disk.take(stage.takeHouseOrders())
    for index in members.indices {
      guard let socket = members[index].socket else { continue }
      for message in stage.inbox(socket) {
        check(message, to: members[index])
        members[index].inbox.append(message)
      }
    }
  }

  private mutating func check(_ message: JSONObject, to member: SimulatedMember) {
    let isReply = message.type == "ok" && message["cursor"] != nil
    guard isReply || RoomView.isOfTheLog(message) else { return }
    let room = disk.rooms[member.room]
    if message.number("cursor") > room?.confirmed ?? 0 {
      complaints.append(
        "\(member.identity) was told \(message.type) \(message.number("cursor")), the disk is at "
          + "\(room?.confirmed ?? 0)")
    }
    guard isReply, let key = member.keys[message.text("ref")] else { return }
    if !(room?.replies.contains { $0.reply.key == key } ?? false) {
      complaints.append("\(key) was answered before it was written")
    }
  }

  /// The member's page reads some of what has come.
  private mutating func read(_ index: Int, _ count: Int) {
    let messages = members[index].inbox.prefix(count)
    members[index].inbox.removeFirst(messages.count)
    for message in messages { take(message, index) }
    if let socket = members[index].socket, stage.closed[socket] != nil,
      members[index].inbox.isEmpty
    {
      drop(index)
    }
  }

  private mutating func take(_ message: JSONObject, _ index: Int) {
    members[index].view.take(message)
    for complaint in members[index].view.complaints {
      complaints.append("\(members[index].identity) was told \(complaint)")
    }
    switch message.type {
    case "chatGap": members[index].hasGap = true
    case "joined": members[index].session = message.text("session")
    case "me" where !members[index].isIn:
      members[index].isIn = true
      for (key, command) in members[index].waiting {
        repeats += 1
        send(key, command, index)
      }
    case "error" where message["ref"] == "join": members[index].joinRefusal = message.text("code")
    case "ok", "error": settle(message, index)
    default: break
    }
  }

  private mutating func settle(_ message: JSONObject, _ index: Int) {
    guard let key = members[index].keys.removeValue(forKey: message.text("ref")) else { return }
    let code = message.text("code")
    // Nothing was done, and it may be tried again: the page does when it is in again.
    if code == "overloaded" || code == "internal" { return }
    // Asked twice: the other one may have been carried out.
    if message.type == "error", members[index].keys.values.contains(key) { return }
    members[index].waiting.removeAll { $0.key == key }
    if message.type == "ok" {
      members[index].accepted[key] = message
    } else {
      members[index].refused[key] = code
    }
  }

  /// The connection breaks: what the network held is lost.
  private mutating func cut(_ index: Int) {
    guard let socket = members[index].socket else { return }
    read(index, number(0...members[index].inbox.count))
    stage.close(socket)
    drop(index)
  }

  /// Somebody reads no more, or again.
  private mutating func lag() {
    let index = number(0...members.count - 1)
    guard let socket = members[index].socket else { return }
    members[index].isBehind.toggle()
    if members[index].isBehind {
      lags += 1
      stage.fallBehind(socket)
    } else {
      stage.drain(socket)
    }
  }

  private mutating func drop(_ index: Int) {
    members[index].socket = nil
    members[index].isBehind = false
    members[index].isIn = false
    members[index].inbox = []
    members[index].keys = [:]
  }

  private mutating func join(_ index: Int) throws {
    let member = members[index]
    guard member.socket == nil else { return }
    lastSocket += 1
    members[index].socket = lastSocket
    members[index].joinRefusal = nil
    try stage.open(lastSocket)
    var request: JSONObject = [
      "type": "join", "id": "join", "version": 1, "room": .string(member.room),
      "token": .string(member.token),
    ]
    if let cursor = member.view.cursor {
      request["cursor"] = .integer(cursor)
      resumes += 1
    }
    if !member.session.isEmpty { request["resume"] = .string(member.session) }
    stage.send(lastSocket, .object(request))
  }

  /// The process dies and another begins with what the disk has.
  private mutating func crash() throws {
    crashes += 1
    // What is read may be answered, and the process still hears it.
    for index in members.indices where members[index].socket != nil {
      read(index, number(0...members[index].inbox.count))
      drop(index)
    }
    disk.take(stage.takeHouseOrders())
    disk.write(number(0...8))
    disk.crash()
    let now = stage.now
    stage = try RoomSocketStage(isDurable: true, seed: seed + 1 + UInt64(crashes))
    stage.setMerchants(["wool"])
    stage.keepsTold = true
    stage.now = now + .seconds(1)
  }

  // MARK: Commands

  private mutating func act() {
    guard let index = pick(Array(members.indices)), members[index].isIn,
      members[index].waiting.count < 12
    else { return }
    members[index].lastKey += 1
    let member = members[index]
    let key = "\(member.identity)-\(member.lastKey)"
    var command = command(of: member)
    command["key"] = .string(key)
    if let text = command["text"], command["type"] == "say" || command["type"] == "ask" {
      members[index].texts[key] = text == .null ? nil : command.text("text")
    }
    members[index].waiting.append((key, command))
    send(key, command, index)
    // A page that is in doubt asks twice.
    if number(0...19) == 0 { send(key, command, index) }
  }

  private mutating func send(_ key: String, _ command: JSONObject, _ index: Int) {
    guard let socket = members[index].socket else { return }
    lastID += 1
    members[index].keys["\(lastID)"] = key
    var request = command
    request["id"] = .string("\(lastID)")
    stage.send(socket, .object(request))
    collect()
  }

  /// The merchant answers, or reports of some order, truly or not.
  private mutating func trade() {
    let isPaid = flag()
    if !stage.merchantCalls.isEmpty {
      stage.answerMerchant(
        number(0...5) > 0 ? .payment(url: "https://pay.example/1") : .failed(reason: "closed"))
    } else if let room = pick(["demo", "other"]),
      let order = pick(stage.core.houses[room]?.state.shop.orders.map(\.key) ?? [])
    {
      let report = isPaid ? OrderReport.paid : pick(OrderReport.allCases) ?? .failed
      stage.merchantReports(
        report, order, room: room, id: flag() ? "report-\(number(0...20))" : nil)
    }
    collect()
  }

  private mutating func id(_ list: String, _ view: RoomView) -> JSONValue {
    .integer(pick(view.ids(list)) ?? 1)
  }

  private mutating func command(of member: SimulatedMember) -> JSONObject {
    let view = member.view
    let someone = JSONValue.string(pick(["mona", "bob", "carl", "dora"]) ?? "bob")
    let isStaff = member.role.isStaff
    if member.role == .host, (view.shop.lists["listings"]?.count ?? 0) < 2 {
      return listing(.string(pick(["A", "B"]) ?? "A"), member)
    }
    if !isStaff, number(0...2) > 0, let command = eagerCommand(view.shop) { return command }
    if number(0...2) == 0 {
      return member.role == .host ? hostCommand(member) : buyerCommand(view.shop)
    }
    switch isStaff ? number(0...36) : number(0...19) {
    case 0...5:
      return ["type": "say", "text": .string("\(member.identity) says \(member.lastKey)")]
    case 6: return ["type": "ask", "text": .string("\(member.identity) asks \(member.lastKey)")]
    case 7...10:
      return [
        "type": "vote", "poll": id("polls", view), "options": [.integer(Int64(number(0...1)))],
      ]
    case 11...12:
      return ["type": "upvote", "question": id("questions", view), "on": .bool(flag())]
    case 13: return ["type": "enter", "giveaway": id("giveaways", view)]
    case 14: return ["type": "follow", "on": .bool(flag())]
    case 15: return ["type": "react", "emoji": "❤️", "count": 3]
    case 16: return ["type": "deleteMessage", "message": id("messages", view)]
    case 17...18: return ["type": "answerInvitation", "accept": .bool(number(0...3) > 0)]
    case 19: return ["type": "leaveStage"]
    case 20...22: return poll(member)
    case 23:
      return ["type": .string(pick(["closePoll", "revealPoll"]) ?? ""), "poll": id("polls", view)]
    case 24: return ["type": "pinMessage", "message": id("messages", view)]
    case 25:
      return [
        "type": "reviewMessage", "message": id("held", view), "approve": .bool(flag()),
      ]
    case 26:
      return [
        "type": "setChat", "hold": .string(pick(["off", "all", "newcomers"]) ?? "off"),
        "slowSeconds": .integer(Int64(pick([0, 0, 1]) ?? 0)), "words": ["spam"],
      ]
    case 27...28: return staffToward(someone)
    case 29: return ["type": .string(pick(["ban", "unban", "unban"]) ?? ""), "member": someone]
    case 30:
      return [
        "type": "setRole", "member": someone,
        "role": .string(pick(["viewer", "moderator", "cohost"]) ?? ""),
      ]
    case 31...32:
      return [
        "type": .string(
          pick(["answerQuestion", "dismissQuestion", "highlightQuestion"]) ?? ""),
        "question": id("questions", view),
      ]
    case 33: return ["type": "announce", "text": "Look"]
    case 34:
      return ["type": "openGiveaway", "prize": "A mug", "winners": 1, "closesAfterSeconds": 3]
    case 35:
      return [
        "type": .string(pick(["drawGiveaway", "cancelGiveaway"]) ?? ""),
        "giveaway": id("giveaways", view),
      ]
    default: return ["type": "setRoom", "title": .string("Title \(member.lastKey)")]
    }
  }

  // MARK: The shop

  private mutating func hostCommand(_ member: SimulatedMember) -> JSONObject {
    let shop = member.view.shop
    let sku = JSONValue.string(pick(["A", "B"]) ?? "A")
    switch number(0...17) {
    case 0: return ["type": "setShop", "paused": .bool(number(0...5) == 0), "merchant": "wool"]
    case 1: return listing(sku, member)
    case 2 where flag(): return ["type": "removeListing", "listing": shopID("listings", shop)]
    case 5:
      return [
        "type": "setVariant", "sku": sku, "priceMinor": .integer(Int64(number(500...900))),
      ]
    case 6...7:
      return [
        "type": "pinListing", "slot": .integer(Int64(number(1...2))),
        "listing": flag() ? shopID("listings", shop) : .null,
      ]
    case 2...4, 8...10:
      return [
        "type": "scheduleDrop", "sku": sku, "quantity": .integer(Int64(number(1...2))),
        "priceMinor": 700, "countdownSeconds": 10, "durationSeconds": 10, "perBuyer": 2,
        "mode": .string(pick(["hold", "hold", "firstPaid"]) ?? ""), "holdSeconds": 30,
      ]
    case 11: return ["type": "cancelDrop", "drop": shopID("drops", shop)]
    case 12...13, 16:
      return [
        "type": "openLot", "sku": sku, "startMinor": 100, "durationSeconds": 10,
        "reserveMinor": .integer(Int64(pick([1, 1, 150, 5000]) ?? 1)), "softSeconds": 3,
      ]
    case 14: return ["type": .string(pick(["closeLot", "cancelLot"]) ?? ""), "lot": lotID(shop)]
    case 15: return ["type": "putVoucher", "code": "TEN", "kind": "percent", "value": 10]
    case 17: return ["type": "refundOrder", "order": .integer(Int64(number(1...400)))]
    default:
      return ["type": "orderListings", "listings": [shopID("listings", shop)]]
    }
  }

  private mutating func listing(_ sku: JSONValue, _ member: SimulatedMember) -> JSONObject {
    [
      "type": "putListing", "reference": sku, "title": .string("Thing \(member.lastKey)"),
      "currency": "EUR",
      "variants": [["sku": sku, "priceMinor": 1000, "units": .integer(Int64(number(5...30)))]],
    ]
  }

  /// What one came for: a unit that is to be had now, or what becomes of one's hold.
  private mutating func eagerCommand(_ shop: ShopView) -> JSONObject? {
    if let hold = pick(shop.own["holds"] ?? []), number(0...3) == 0 {
      return ["type": flag() ? "checkout" : "releaseHold", "hold": hold["id"] ?? 1]
    }
    if case .object(let lot)? = shop.head["lot"], lot["stage"] == "open", flag() {
      return [
        "type": "bid", "lot": lot["id"] ?? 1,
        "amountMinor": .integer(lot.number("nextMinor") + Int64(number(0...50))),
      ]
    }
    let open = (shop.lists["drops"] ?? []).filter {
      $0["stage"] == "window" || $0["stage"] == "open"
    }
    return pick(open).map { ["type": "claim", "drop": $0["id"] ?? 1] }
  }

  private mutating func buyerCommand(_ shop: ShopView) -> JSONObject {
    let sku = JSONValue.string(pick(["A", "B"]) ?? "A")
    switch number(0...19) {
    case 0...5: return ["type": "claim", "drop": shopID("drops", shop)]
    case 6: return ["type": "leaveDrop", "drop": shopID("drops", shop)]
    case 7...9:
      return [
        "type": "bid", "lot": lotID(shop), "amountMinor": .integer(Int64(number(100...2000))),
        "maxMinor": 3000,
      ]
    case 10...11:
      return ["type": "setCart", "sku": sku, "quantity": .integer(Int64(number(0...2)))]
    case 12: return ["type": "applyVoucher", "code": "TEN"]
    case 13...16:
      guard let hold = pick(shop.own["holds"] ?? []) else { return ["type": "checkout"] }
      return ["type": "checkout", "hold": hold["id"] ?? .null]
    case 17:
      return ["type": "releaseHold", "hold": pick(shop.own["holds"] ?? [])?["id"] ?? 1]
    case 18: return ["type": "cancelOrder", "order": pick(shop.own["orders"] ?? [])?["id"] ?? 1]
    default: return ["type": "seen", "pin": shopID("pins", shop)]
    }
  }

  private mutating func shopID(_ list: String, _ shop: ShopView) -> JSONValue {
    pick(shop.lists[list] ?? [])?["id"] ?? 1
  }

  private func lotID(_ shop: ShopView) -> JSONValue {
    if case .object(let lot)? = shop.head["lot"] { lot["id"] ?? 1 } else { 1 }
  }

  private mutating func poll(_ member: SimulatedMember) -> JSONObject {
    var poll: JSONObject = [
      "type": "openPoll", "question": "Which?", "options": ["a", "b"], "changeable": .bool(flag()),
      "results": .string(pick(["live", "live", "afterVote", "afterClose"]) ?? ""),
    ]
    if flag() { poll["closesAfterSeconds"] = .integer(Int64(number(1...8))) }
    return poll
  }

  private mutating func staffToward(_ member: JSONValue) -> JSONObject {
    switch number(0...5) {
    case 0: ["type": "mute", "member": member, "on": .bool(flag())]
    case 1: ["type": "timeout", "member": member, "seconds": 1]
    case 2: ["type": "clearMessages", "member": member]
    case 3: ["type": "removeFromStage", "member": member]
    default: ["type": "inviteToStage", "member": member]
    }
  }

  // MARK: The end

  /// The network and the disk are well again: everybody who may comes back and gets every reply.
  private mutating func settle() throws {
    disk.refusesNext = false
    for index in members.indices where members[index].isBehind {
      members[index].isBehind = false
      if let socket = members[index].socket { stage.drain(socket) }
    }
    // Counters are told a little after what they count.
    var (sequences, quiet): ([Int64], Int) = ([], 0)
    for round in 0..<40 {
      for index in members.indices where members[index].hasGap { forget(index) }
      for index in members.indices {
        if members[index].joinRefusal == nil || round % 8 == 0 { try join(index) }
        // What was refused as overload is asked again.
        if round % 6 == 5, members[index].isIn {
          for (key, command) in members[index].waiting { send(key, command, index) }
        }
      }
      stage.wait(.milliseconds(600))
      collect()
      disk.write(1000)
      answer(1000)
      for index in members.indices { read(index, 10_000) }
      guard complaints.isEmpty else { return }
      let now = disk.rooms.keys.sorted().map { stage.core.houses[$0]?.state.sequence ?? 0 }
      quiet = now == sequences ? quiet + 1 : 0
      sequences = now
      if round > 8, quiet >= 2, disk.isIdle,
        members.allSatisfy({ $0.socket == nil || ($0.isIn && $0.waiting.isEmpty) })
      {
        break
      }
    }
    for member in members where member.socket != nil && !member.waiting.isEmpty {
      complaints.append("\(member.identity) has no reply to \(member.waiting.map(\.key))")
    }
    disk.checkClocks()
    complaints += disk.mistakes
    for name in disk.rooms.keys.sorted() { checkRoom(name) }
  }

  /// Who has a gap in the chat asks for the room as it stands.
  private mutating func forget(_ index: Int) {
    cut(index)
    members[index].hasGap = false
    members[index].session = ""
    members[index].view = RoomView(members[index].identity)
  }

  private mutating func checkRoom(_ name: String) {
    guard let room = disk.rooms[name] else { return }
    let replayed = room.replayed
    if replayed.ignoredCount > 0 { complaints.append("the log has events without meaning") }
    complaints += replayed.shop.violations().map { "\(name): \($0)" }
    checkVotes(room)
    checkBans(room)
    checkKeys(room, members.filter { $0.room == name })
    guard let house = stage.core.houses[name] else {
      complaints.append("\(name) is not open")
      return
    }
    if house.state != replayed { complaints.append("\(name): the log replayed is another state") }
    for member in members where member.room == name { checkMember(member, house) }
  }

  private mutating func checkMember(_ member: SimulatedMember, _ house: RoomHouse) {
    let person = house.people.person(member.identity) ?? .server
    let isBanned = house.state.isBanned(person, token: member.role, device: nil)
    if isBanned || member.socket == nil {
      if !isBanned || member.socket != nil {
        complaints.append(
          "\(member.identity) is \(isBanned ? "banned" : "not banned") and "
            + "\(member.socket == nil ? "out" : "in"): \(member.joinRefusal ?? "")")
      }
      return
    }
    let role = house.state.role(of: Actor(person: person, role: member.role))
    var wanted = RoomView(member.identity)
    let messages =
      house.snapshot(forStaff: role.isStaff).messages
      + [
        house.personal(
          member.identity, token: member.role, atMs: stage.wall.milliseconds)
      ]
    for text in messages {
      if case .object(let message)? = try? JSONValue.parse(text) { wanted.take(message) }
    }
    let (have, want) = (
      member.view.settled(isStaff: role.isStaff), wanted.settled(isStaff: role.isStaff)
    )
    if have != want {
      complaints.append("\(member.identity) has \(have.differences(from: want))")
    }
  }

  // MARK: The log

  /// For who replays one seed.
  func printLogs() {
    for (name, room) in disk.rooms.sorted(by: { $0.key < $1.key }) {
      for event in room.events {
        print(
          name, event.sequence, event.atMs, event.actor, event.kind,
          String(decoding: event.body, as: UTF8.self))
      }
    }
  }

  private mutating func checkVotes(_ room: SimulatedDisk.Room) {
    var fixed: Set<EntryID> = []
    var votes: [EntryID: [PersonID: Int]] = [:]
    for event in room.events.map({ SequencedEvent($0) }) {
      switch event.event {
      case .pollOpened(let poll) where !poll.isChangeable: fixed.insert(event.sequence)
      case .voted(let poll, _): votes[poll, default: [:]][event.actor, default: 0] += 1
      default: break
      }
    }
    for (poll, counts) in votes
    where fixed.contains(poll) && counts.values.contains(where: { $0 > 1 }) {
      complaints.append("somebody voted twice in \(poll)")
    }
    for poll in room.replayed.polls where poll.voterCount != votes[poll.id]?.count ?? 0 {
      complaints.append("poll \(poll.id) counts \(poll.voterCount) voters")
    }
  }

  private mutating func checkBans(_ room: SimulatedDisk.Room) {
    var banned: Set<PersonID> = []
    for event in room.events.map({ SequencedEvent($0) }) {
      if event.actor != .server, banned.contains(event.actor) {
        complaints.append("somebody banned did \(event.event.kind)")
      }
      switch event.event {
      case .banned(let person, _, _, _): banned.insert(person)
      case .unbanned(let person): banned.remove(person)
      default: break
      }
    }
  }

  private mutating func checkKeys(_ room: SimulatedDisk.Room, _ members: [SimulatedMember]) {
    let keys = Dictionary(grouping: room.replies) { $0.reply.key }
    let texts = Dictionary(grouping: room.texts.values.compactMap(\.body)) { $0 }
    for member in members {
      for (key, answer) in member.accepted {
        guard let replies = keys[key], replies.count == 1 else {
          complaints.append("\(key) has \(keys[key]?.count ?? 0) replies")
          continue
        }
        var told = answer
        told["type"] = nil
        told["ref"] = nil
        if (try? JSONValue.parse(replies[0].reply.body)) != .object(told) {
          complaints.append("\(key) was answered otherwise than it is stored")
        }
        if let text = member.texts[key], texts[text]?.count != 1 {
          complaints.append("\(text) is there \(texts[text]?.count ?? 0) times")
        }
      }
      for (key, code) in member.refused where keys[key] != nil {
        complaints.append("\(key) was carried out and refused as \(code)")
      }
    }
  }
}
