// Queries of rooms, the list of rooms, people's data: who may ask, and where the answer comes from.

import Access
import HTTP
import JSON
import Messages
import Room
import RoomLog
import Store
import Wire

/// A read for somebody who waits.
struct PendingRead: Sendable {
  /// What the answer is.
  enum Form: Sendable {
    case json
    /// JSON Lines; a `Link` leads to the next page of this path and query.
    case lines(path: String)
    /// Anyone may keep it for a moment.
    case list
    /// Only for who asked.
    case own
    /// Nothing, of an erasure.
    case nothing
  }

  let waiter: Waiter
  let form: Form
}

extension ControlCore {
  // MARK: Rooms

  /// Answers a query of a room; the answer comes when it was read, and when all it shows is on the disk.
  ///
  /// - Parameter path: of a REST request, for `Link`.
  mutating func answer(
    _ query: RoomQuery, by member: Member, device: DeviceHint?, in room: String,
    for waiter: Waiter, path: String = "", wall: WallTime
  ) throws(ControlRefusal) {
    guard let house = houses[room], let key = houses.key(of: room) else {
      throw ControlRefusal(503, "overloaded", "the server is about to stop")
    }
    try admit(member, device: device, to: room, isNew: false)
    let person = house.people.person(member.identity) ?? .server
    let role = house.state.role(of: Actor(person: person, role: member.role, device: device))
    guard query.authority.includes(role) else {
      throw ControlRefusal(
        403, "forbidden", "this is for the room's \(query.authority.rawValue)")
    }
    switch query {
    case .room:
      var body: JSONObject = [
        "room": .string(room), "viewers": .integer(Int64(viewers(in: room))),
      ]
      for member in house.whole(forStaff: role.isStaff).members { body[member.key] = member.value }
      houses.tell(waiter, JSONValue.object(body).write(), in: room)
    case .people(let after, let limit):
      let page = house.peoplePage(after: after, limit: limit, atMs: wall.milliseconds)
      houses.tell(waiter, page, in: room)
    case .audience: houses.tell(waiter, house.audienceHistory, in: room)
    case .history(let before, let limit):
      try read(.history(key, before: before, limit: limit), for: waiter)
    case .banned(let after, let limit):
      try read(.bans(key, house.banList(after: after, limit: limit)), for: waiter)
    case .audit(let before, let limit):
      try read(.audit(key, before: before, limit: limit), for: waiter)
    case .wallet(let before, let limit):
      try read(.wallet(identity: member.identity, before: before, limit: limit), for: waiter)
    case .log(let after, let limit):
      guard let cursor = after.map({ LogCursor($0) }) ?? .start else {
        throw ControlRefusal(400, "bad-message", "after: not from the Link of a page")
      }
      try read(
        .log(key, cursor, limit: limit), for: waiter, .lines(path: "\(path)?limit=\(limit)"))
    case .orders(let before, let limit):
      let page =
        role.isStaff
        ? house.orderPage(before: before, limit: limit)
        : house.orderPage(of: person, before: before, limit: limit)
      houses.tell(waiter, page, in: room)
    case .pins(let before, let limit):
      houses.tell(waiter, house.pinPage(before: before, limit: limit), in: room)
    case .leaderboard: houses.tell(waiter, house.leaderboard, in: room)
    case .orderTable(let after, let limit):
      let page = house.orderTable(after: after, limit: limit)
      tables[waiter] = page.next.map { "\(path)?limit=\(limit)&after=\($0)" } ?? ""
      houses.tell(waiter, page.text, in: room)
    }
  }

  mutating func read(
    _ reading: HouseReading, for waiter: Waiter, _ form: PendingRead.Form = .json
  ) throws(ControlRefusal) {
    houses.read(reading, number: try begin(PendingRead(waiter: waiter, form: form)))
  }

  private mutating func begin(_ read: PendingRead) throws(ControlRefusal) -> UInt64 {
    guard reads.count < HousesLimits.readsMax else { throw .tooManyReads }
    lastRead += 1
    reads[lastRead] = read
    return lastRead
  }

  // MARK: The list of rooms

  /// Lists what is live and what is to come.
  mutating func listRooms(_ call: APICall) throws(ControlRefusal) {
    let target = call.request.target
    let phase = target.parameter("phase")
    guard phase == nil || phase == "live" || phase == "upcoming" else {
      throw ControlRefusal(400, "bad-message", "phase: expected live or upcoming")
    }
    let limit = try limit(of: call, RoomListCursor.limitByDefault, max: RoomListCursor.limitMax)
    var cursor: RoomListCursor?
    if let text = target.parameter("after") {
      guard let read = RoomListCursor(text) else {
        throw ControlRefusal(400, "bad-message", "after: not the next of a page")
      }
      cursor = read
    }
    guard listBudgets.take(call.client, at: call.now) else {
      throw ControlRefusal(429, "rate", "too many requests from one address")
    }
    let earliest = ShowCursor(
      startsAtMs: max(0, call.wall.milliseconds - HousesLimits.lateLimitMs),
      room: RoomKey(rawValue: 0))
    var listing = RoomListing(
      live: nil, upcoming: phase == "live" ? nil : earliest, limit: limit)
    switch cursor?.place {
    case .upcoming(let startsAtMs, let room):
      listing.upcoming = listing.upcoming.map { _ in
        ShowCursor(startsAtMs: startsAtMs, room: RoomKey(rawValue: room))
      }
    case .live(let viewers, let room):
      let last = RoomListing.LiveRoom(name: room, viewers: viewers)
      if phase != "upcoming" {
        listing.live = liveRooms().filter { last.isBefore($0) }
        listing.after = last
      }
    case nil: if phase != "upcoming" { listing.live = liveRooms() }
    }
    try read(.rooms(listing), for: .request(call.ticket), .list)
  }

  private func limit(
    of call: APICall, _ usual: Int, max: Int
  ) throws(ControlRefusal) -> Int {
    guard let text = call.request.target.parameter("limit") else { return usual }
    guard let number = Int(text), (1...max).contains(number) else {
      throw ControlRefusal(400, "bad-message", "limit: expected an integer from 1 to \(max)")
    }
    return number
  }

  /// Lists whom the bearer of a token follows, whatever room it is for.
  mutating func listFollowing(_ call: APICall) throws(ControlRefusal) {
    let credential: Credential
    do throws(AccessRefusal) {
      credential = try access.authorize(call.request.bearer, at: call.wall)
    } catch {
      throw ControlRefusal(
        error.status, error.status == 401 ? "unauthorized" : "forbidden", error.text)
    }
    let limit = try limit(of: call, Following.limitByDefault, max: Following.limitMax)
    let after = call.request.target.parameter("after") ?? ""
    guard Credential.isText(after, max: Credential.subjectMax) else {
      throw ControlRefusal(400, "bad-message", "after: not the next of a page")
    }
    guard requestBudgets.take(MemberKey(room: "*", identity: credential.subject), at: call.now)
    else { throw ControlRefusal(429, "rate", "too many requests", retryAfterMs: 1000) }
    let live = liveRooms().map { ($0.name, $0.viewers) }
    let following = Following(
      follower: credential.subject, after: after, limit: limit,
      live: Dictionary(live, uniquingKeysWith: { first, _ in first }),
      earliestMs: max(0, call.wall.milliseconds - HousesLimits.lateLimitMs))
    try read(.following(following), for: .request(call.ticket), .own)
  }

  /// The rooms that are live here, or were a moment ago, most viewers first.
  ///
  /// Those that nobody is in have left memory: a show that a crash cut off is not listed for ever.
  private func liveRooms() -> [RoomListing.LiveRoom] {
    houses.openRooms.filter { room in
      let phase = houses[room]?.state.show.phase
      return phase == .live || phase == .away
    }.map { RoomListing.LiveRoom(name: $0, viewers: viewerCounts[$0] ?? 0) }
      .sorted { $0.isBefore($1) }
  }

  // MARK: People's data

  /// Has everything kept about one person read.
  mutating func exportPerson(_ call: APICall) throws(ControlRefusal) {
    let identity = try person(call)
    var cursor: PersonCursor?
    if let text = call.request.target.parameter("after") {
      guard let read = PersonCursor(text) else {
        throw ControlRefusal(400, "bad-message", "after: not from the Link of a page")
      }
      cursor = read
    }
    try read(
      .person(identity: identity, cursor), for: .request(call.ticket),
      .lines(path: call.request.target.path))
  }

  /// Has one person erased everywhere.
  mutating func erasePerson(_ call: APICall) throws(ControlRefusal) {
    let identity = try person(call)
    let number = try begin(PendingRead(waiter: .request(call.ticket), form: .nothing))
    houses.erase(identity, number: number)
  }

  /// The identity a path names, for a service that may know and erase anyone.
  private func person(_ call: APICall) throws(ControlRefusal) -> String {
    _ = try service(call)
    let identity = call.request.target.segments.last ?? ""
    guard !identity.isEmpty, Credential.isText(identity, max: Credential.subjectMax) else {
      throw ControlRefusal(
        400, "bad-message",
        "identity: expected 1 to \(Credential.subjectMax) characters without control characters")
    }
    return identity
  }

  /// Who asks, if it is a service of all rooms.
  func service(_ call: APICall) throws(ControlRefusal) -> Credential {
    do throws(AccessRefusal) {
      return try access.authorizeService(call.request.bearer, at: call.wall)
    } catch {
      throw ControlRefusal(
        error.status, error.status == 401 ? "unauthorized" : "forbidden", error.text)
    }
  }

  // MARK: Answers

  /// What was read for somebody.
  mutating func answer(_ number: UInt64, _ result: HouseReadResult?) {
    guard let read = reads.removeValue(forKey: number) else { return }
    guard let result else { return refuse(read.waiter, .tooManyReads) }
    switch read.waiter {
    case .socket: effects.append(.houseNews(.done(read.waiter, status: 200, body: result.body)))
    case .request(let ticket): answerWaiting(ticket, response(result, read.form))
    }
  }

  /// A person was erased, or could not be.
  mutating func erased(_ number: UInt64, _ people: [ErasedPerson]?) {
    if let people { houses.forget(people) }
    answer(number, people.map { _ in HouseReadResult(body: []) })
  }

  private func response(_ result: HouseReadResult, _ form: PendingRead.Form) -> HTTPResponse {
    switch form {
    case .json: return HTTPResponse(200, mediaType: "application/json", body: result.body)
    case .list:
      var response = HTTPResponse(200, mediaType: "application/json", body: result.body)
      response.headers.set("Cache-Control", "public, max-age=2")
      return response
    case .own:
      var response = HTTPResponse(200, mediaType: "application/json", body: result.body)
      response.headers.set("Cache-Control", "no-store")
      return response
    case .nothing: return HTTPResponse(204)
    case .lines(let path):
      var response = HTTPResponse(200, mediaType: .lines, body: result.body)
      response.headers.set("Cache-Control", "no-store")
      if let next = result.next {
        let separator = path.contains("?") ? "&" : "?"
        response.headers.set("Link", "<\(path)\(separator)after=\(next)>; rel=\"next\"")
      }
      return response
    }
  }

  private mutating func refuse(_ waiter: Waiter, _ refusal: ControlRefusal) {
    switch waiter {
    case .socket: effects.append(.readRefused(waiter, refusal))
    case .request(let ticket): answerWaiting(ticket, refusal.problem)
    }
  }
}

extension ControlRefusal {
  static let tooManyReads = ControlRefusal(503, "overloaded", "too many ask at once")
}
