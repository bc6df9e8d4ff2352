// Commands and queries of a room over REST.

import Access
import HTTP
import JSON
import Messages
import Room
import Wire

extension ControlCore {
  /// Carries out a command; it is answered when it is on the disk.
  mutating func carryOut(
    _ command: CommandSpecification, _ route: APIRoute, _ call: APICall
  ) throws(ControlRefusal) {
    let (room, member) = try authorizeMember(call)
    var object = try fields(of: command, call.request)
    for (name, text) in route.values(in: call.request.target.segments) where name != "room" {
      object[name] = command.value(of: name, from: text)
    }
    // The key is a header here.
    object["key"] = try idempotencyKey(call.request).map { .string($0) }
    let request: RoomRequest
    do throws(MessageRefusal) {
      request = try command.decode(JSONFields(object))
    } catch {
      throw ControlRefusal(400, error.code.rawValue, error.text)
    }
    try submit(
      request, by: member, device: nil, in: room, for: .request(call.ticket), wall: call.wall)
  }

  /// The body's members; a command that takes a table gets its rows.
  private func fields(
    of command: CommandSpecification, _ request: HTTPRequest
  ) throws(ControlRefusal) -> JSONObject {
    guard command.takesTable else { return try fields(request).object }
    let type = request.headers["Content-Type"].flatMap { MediaType($0) }
    guard type?.essence == .table else { return try fields(request, limits: .listings).object }
    do throws(MessageRefusal) {
      return try ListingCSV.fields(request.body)
    } catch {
      throw ControlRefusal(400, error.code.rawValue, error.text)
    }
  }

  /// Answers a query; its answer comes later.
  mutating func answer(
    _ query: QuerySpecification, _ call: APICall
  ) throws(ControlRefusal) {
    let (room, member) = try authorizeMember(call)
    var object = JSONObject()
    for field in query.fields {
      guard let text = call.request.target.parameter(field.name) else { continue }
      object[field.name] = field.kind.value(from: text)
    }
    let wanted: RoomQuery
    do throws(MessageRefusal) {
      wanted = try query.decode(JSONFields(object))
    } catch {
      throw ControlRefusal(400, error.code.rawValue, error.text)
    }
    try answer(
      wanted, by: member, device: nil, in: room, for: .request(call.ticket),
      path: call.request.target.path, wall: call.wall)
  }

  /// Who asks, as far as there is still something to be asked for.
  private mutating func authorizeMember(
    _ call: APICall
  ) throws(ControlRefusal) -> (room: String, Member) {
    let room = try checkedRoom(call)
    let credential = try authorize(call.request, room: room, .watch, wall: call.wall)
    // A service speaks for many, and is trusted by who runs this.
    let key = MemberKey(room: room, identity: credential.subject)
    guard credential.role == .service || requestBudgets.take(key, at: call.now) else {
      throw ControlRefusal(429, "rate", "too many requests", retryAfterMs: 1000)
    }
    return (room, Member(credential))
  }

  private func idempotencyKey(_ request: HTTPRequest) throws(ControlRefusal) -> String? {
    guard let key = request.headers["Idempotency-Key"] else { return nil }
    guard (1...HouseLimits.keyMax).contains(key.unicodeScalars.count) else {
      throw ControlRefusal(
        400, "bad-message", "Idempotency-Key: expected 1 to \(HouseLimits.keyMax) characters")
    }
    return key
  }
}

extension CommandSpecification {
  /// A field that stands in the path.
  fileprivate func value(of name: String, from text: String) -> JSONValue {
    fields.first { $0.name == name }?.kind.value(from: text) ?? .string(text)
  }
}

extension JSONLimits {
  /// For an import: a full shop of 200 listings and 1,000 variants has about 25,000 keys and values.
  static let listings = JSONLimits(
    bytesMax: JSONLimits.standard.bytesMax, depthMax: JSONLimits.standard.depthMax,
    elementsMax: 32_768, membersMax: JSONLimits.standard.membersMax)
}

extension CommandField.Kind {
  /// A value that stands in a path or a query; what is none of this kind is refused by name later.
  fileprivate func value(from text: String) -> JSONValue {
    guard case .integer = self, text.utf8.allSatisfy({ (48...57).contains($0) }),
      let number = Int64(text)
    else { return .string(text) }
    return .integer(number)
  }
}
