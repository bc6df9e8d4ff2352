// Endpoints of webhooks over REST, for services of all rooms.

import Access
import Crypto
import HTTP
import Hooks
import JSON
import RoomLog
package import Wire

extension ControlCore {
  /// Carries out an operation on webhooks; nil when it is answered later.
  mutating func performHook(
    _ operation: ServerOperation, _ call: APICall
  ) throws(ControlRefusal) -> HTTPResponse? {
    if operation == .receiveCallback {
      return try answerLater(call) { core throws(ControlRefusal) in
        try core.receiveCallback(call)
      }
    }
    try authorizeService(call)
    switch operation {
    case .listHookEndpoints:
      let list = hooks.all.map { JSONValue.object(HookRendering.endpoint($0)) }
      return .json(200, ["endpoints": .array(list)])
    case .getHookEndpoint: return .json(200, HookRendering.endpoint(try endpoint(call)))
    default: break
    }
    return try answerLater(call) { core throws(ControlRefusal) in
      switch operation {
      case .makeHookEndpoint: try core.makeEndpoint(call)
      case .changeHookEndpoint: try core.changeEndpoint(call)
      case .removeHookEndpoint: try core.removeEndpoint(call)
      case .rotateHookKeys: try core.rotateKeys(call)
      case .retireHookKeys: try core.retireKeys(call)
      case .testHookEndpoint: try core.testEndpoint(call)
      case .listHookDeliveries: try core.listDeliveries(call)
      case .replayHookDelivery: try core.replayDelivery(call)
      default: throw .noResource
      }
    }
  }

  private func authorizeService(_ call: APICall) throws(ControlRefusal) {
    do throws(AccessRefusal) {
      _ = try access.authorizeService(call.request.bearer, at: call.wall)
    } catch {
      throw ControlRefusal(
        error.status, error.status == 401 ? "unauthorized" : "forbidden", error.text)
    }
  }

  /// The endpoint the path names.
  private func endpoint(_ call: APICall) throws(ControlRefusal) -> HookEndpointRow {
    guard let row = number(in: call, at: 3).flatMap({ hooks[$0] }) else {
      throw ControlRefusal(404, "unknown-endpoint", "there is no such endpoint")
    }
    return row
  }

  private func number(in call: APICall, at index: Int) -> Int64? {
    let segments = call.request.target.segments
    guard index < segments.count, segments[index].utf8.allSatisfy({ (48...57).contains($0) })
    else { return nil }
    return Int64(segments[index])
  }

  // MARK: Making and changing

  private mutating func makeEndpoint(_ call: APICall) throws(ControlRefusal) {
    let fields = try fields(call.request)
    guard hooks.count + pendingHooks.count < HookLimits.endpointsMax else {
      throw ControlRefusal(503, "overloaded", "there are as many endpoints as there may be")
    }
    let merchant = try read(fields) { fields throws(JSONMismatch) in
      try fields.string("merchant")
    }
    guard Credential.isRoomName(merchant) else {
      throw ControlRefusal(400, "bad-message", "merchant: expected [A-Za-z0-9_-]{1,64}")
    }
    let isAsymmetric = try read(fields) { fields throws(JSONMismatch) in
      try fields.optionalBool("asymmetric") ?? false
    }
    var row = HookEndpointRow(
      merchant: merchant, url: "", keys: [try newKey(isAsymmetric: isAsymmetric).text],
      topics: [HookTopic.all], deadlineMs: HookLimits.syncDeadlineMs,
      createdMs: call.wall.milliseconds)
    guard fields.object["url"] != nil else {
      throw ControlRefusal(400, "bad-message", "url: expected a string, found nothing")
    }
    try apply(fields, to: &row)
    try change(.put(row), .made(row), call)
  }

  private mutating func newKey(isAsymmetric: Bool) throws(ControlRefusal) -> HookKey {
    guard isAsymmetric else { return HookKey.makeSymmetric(&random) }
    guard let key = HookKey.makeAsymmetric(&random) else {
      throw ControlRefusal(503, "overloaded", "no key could be made")
    }
    return key
  }

  private mutating func changeEndpoint(_ call: APICall) throws(ControlRefusal) {
    var row = try endpoint(call)
    let fields = try fields(call.request)
    if row.isConfigured, fields.object["url"] != nil { throw .configured }
    try apply(fields, to: &row)
    let disabled = try read(fields) { fields throws(JSONMismatch) in
      try fields.optionalBool("disabled")
    }
    if let disabled, disabled != (row.disabledMs != nil) {
      row.disabledMs = disabled ? call.wall.milliseconds : nil
      row.disabledWhy = disabled ? "it was disabled over REST" : nil
    }
    try change(.put(row), .changed(row), call)
  }

  /// The members that both making and changing take.
  private func apply(
    _ fields: JSONFields, to row: inout HookEndpointRow
  ) throws(ControlRefusal) {
    let range = HookLimits.syncDeadlineMsRange
    let (url, topics, deadlineMs, fallback) = try read(fields) { fields throws(JSONMismatch) in
      (
        try fields.optionalString("url"),
        try fields.optionalArray("topics") == nil ? nil : try fields.strings("topics"),
        try fields.optionalInt("deadlineMs", in: range), try fields.optionalString("fallback")
      )
    }
    if let url { row.url = try checked(url) }
    if let topics {
      guard topics.count <= HookLimits.topicsMax, topics.allSatisfy(HookTopic.isTopic) else {
        throw ControlRefusal(
          400, "bad-message",
          "topics: expected at most \(HookLimits.topicsMax) of the form order.paid, or *")
      }
      row.topics = topics
    }
    if let deadlineMs { row.deadlineMs = deadlineMs }
    if let fallback {
      guard let value = HookEndpointRow.Fallback(rawValue: fallback) else {
        throw ControlRefusal(400, "bad-message", "fallback: expected allow, hold or deny")
      }
      row.fallback = value
    }
  }

  /// A URL that may be sent to, as far as that is known before its name is looked up.
  private func checked(_ text: String) throws(ControlRefusal) -> String {
    guard let url = HookURL(text) else {
      throw ControlRefusal(400, "bad-url", "url: expected https://HOST[:PORT][/PATH]")
    }
    let rules = AddressRules(allowing: config.hookAllowed)
    if case .address(let ip) = url.host {
      let address = SocketAddress(ip: ip, port: url.port)
      guard rules.mayContact(address), url.isSecure || rules.mayBePlain(address) else {
        throw ControlRefusal(
          400, "bad-url", "url: the address is not public; --hook-allow may allow it")
      }
    } else if !url.isSecure, rules.allowed.isEmpty {
      throw ControlRefusal(400, "bad-url", "url: expected https")
    }
    return text
  }

  private mutating func removeEndpoint(_ call: APICall) throws(ControlRefusal) {
    let row = try endpoint(call)
    if row.isConfigured { throw .configured }
    try change(.remove(endpoint: row.id), .removed(row.id), call)
  }

  // MARK: Keys

  /// A new key goes first; the one before it stays until it is retired.
  private mutating func rotateKeys(_ call: APICall) throws(ControlRefusal) {
    var row = try endpoint(call)
    if row.isConfigured { throw .configured }
    let isAsymmetric = try read(try fields(call.request)) { fields throws(JSONMismatch) in
      try fields.optionalBool("asymmetric") ?? false
    }
    let key = try newKey(isAsymmetric: isAsymmetric).text
    let kind = key.prefix { $0 != "_" }
    let ofKind = row.keys.filter { $0.hasPrefix(kind + "_") }.prefix(1)
    row.keys = [key] + ofKind + row.keys.filter { !$0.hasPrefix(kind + "_") }
    try change(.put(row), .rotated(row), call)
  }

  /// Of each kind only the newest key stays.
  private mutating func retireKeys(_ call: APICall) throws(ControlRefusal) {
    var row = try endpoint(call)
    if row.isConfigured { throw .configured }
    var kinds: Set<Substring> = []
    row.keys = row.keys.filter { kinds.insert($0.prefix { $0 != "_" }).inserted }
    try change(.put(row), .rotated(row), call)
  }

  // MARK: Deliveries

  private mutating func testEndpoint(_ call: APICall) throws(ControlRefusal) {
    let row = try endpoint(call)
    let now = call.wall.milliseconds
    let body = HookPayload.body(
      type: HookTopic.test, atMs: now, data: ["endpoint": .integer(row.id)])
    let message = OutboxRow(topic: HookTopic.test, body: body, atMs: now)
    try change(.send(message, endpoint: row.id, atMs: now), .sent, call)
  }

  private mutating func listDeliveries(_ call: APICall) throws(ControlRefusal) {
    let row = try endpoint(call)
    let target = call.request.target
    var state: HookDeliveryRow.State?
    if let name = target.parameter("state") {
      guard let read = HookRendering.state(named: name) else {
        throw ControlRefusal(400, "bad-message", "state: expected waiting, delivered or dead")
      }
      state = read
    }
    let before = try parameter("before", call, in: 1...(1 << 53)) ?? .max
    let limit = Int(try parameter("limit", call, in: 1...100) ?? 50)
    try read(
      .hookDeliveries(endpoint: row.id, state: state, before: before, limit: limit),
      for: .request(call.ticket))
  }

  private func parameter(
    _ name: String, _ call: APICall, in range: ClosedRange<Int64>
  ) throws(ControlRefusal) -> Int64? {
    guard let text = call.request.target.parameter(name) else { return nil }
    guard let number = Int64(text), range.contains(number) else {
      throw ControlRefusal(
        400, "bad-message",
        "\(name): expected an integer from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  private mutating func replayDelivery(_ call: APICall) throws(ControlRefusal) {
    let row = try endpoint(call)
    guard let delivery = number(in: call, at: 5) else { throw .unknownDelivery }
    try change(
      .replay(delivery: delivery, endpoint: row.id, atMs: call.wall.milliseconds), .sent, call)
  }

  // MARK: The disk

  private mutating func change(
    _ change: HookChange, _ form: PendingHookChange.Form, _ call: APICall
  ) throws(ControlRefusal) {
    guard config.isDurable, pendingHooks.count < ControlLimits.pendingChangesMax else {
      throw ControlRefusal(503, "overloaded", "too many changes at once")
    }
    lastHookChange += 1
    pendingHooks[lastHookChange] = PendingHookChange(ticket: call.ticket, form: form)
    effects.append(.house(.change(change, number: lastHookChange)))
  }

  /// What became of a change.
  mutating func changed(_ number: UInt64, _ outcome: HookChanged) {
    guard let pending = pendingHooks.removeValue(forKey: number) else { return }
    answerWaiting(pending.ticket, answer(pending.form, outcome))
  }

  private mutating func answer(
    _ form: PendingHookChange.Form, _ outcome: HookChanged
  ) -> HTTPResponse {
    guard case .done(let made) = outcome else {
      if case .sent = form, outcome == .missing { return ControlRefusal.unknownDelivery.problem }
      return outcome == .missing
        ? ControlRefusal(404, "unknown-endpoint", "there is no such endpoint").problem
        : ControlRefusal(503, "overloaded", "the server could not write this down").problem
    }
    switch form {
    case .made(var row):
      row.id = made ?? 0
      keep(row)
      return secret(.json(201, HookRendering.endpoint(row, showingKeys: true)))
    case .changed(let row):
      keep(row)
      return .json(200, HookRendering.endpoint(row))
    case .rotated(let row):
      keep(row)
      return secret(.json(200, HookRendering.endpoint(row, showingKeys: true)))
    case .removed(let id):
      hooks[id] = nil
      effects.append(.hookEndpoints(hooks.all))
      return HTTPResponse(204)
    case .sent: return .json(202, ["delivery": .integer(made ?? 0)])
    }
  }

  private func secret(_ response: HTTPResponse) -> HTTPResponse {
    var response = response
    response.headers.set("Cache-Control", "no-store")
    return response
  }

  private mutating func keep(_ row: HookEndpointRow) {
    hooks[row.id] = row
    effects.append(.hookEndpoints(hooks.all))
  }

  /// The endpoints are these now.
  mutating func replaceHooks(_ rows: [HookEndpointRow]) {
    guard rows != hooks.all else { return }
    hooks = HookDirectory(rows)
    effects.append(.hookEndpoints(rows))
  }

  /// A receiver wants no more: that is on its way to the disk.
  package mutating func disabledHook(_ endpoint: Int64, why: String, wall: WallTime) {
    guard var row = hooks[endpoint], row.disabledMs == nil else { return }
    row.disabledMs = wall.milliseconds
    row.disabledWhy = why
    keep(row)
  }

  /// Reads members, refusing by name.
  private func read<Value>(
    _ fields: JSONFields, _ body: (JSONFields) throws(JSONMismatch) -> Value
  ) throws(ControlRefusal) -> Value {
    do throws(JSONMismatch) {
      return try body(fields)
    } catch {
      throw ControlRefusal(400, "bad-message", error.text)
    }
  }
}

extension ControlRefusal {
  fileprivate static let configured = ControlRefusal(
    409, "configured", "the server's configuration says where this goes and how it is signed")
  fileprivate static let unknownDelivery = ControlRefusal(
    404, "unknown-delivery", "there is no such delivery that has ended")
}

extension HTTPResponse {
  /// A JSON object.
  fileprivate static func json(_ status: Int, _ object: JSONObject) -> HTTPResponse {
    HTTPResponse(status, mediaType: "application/json", body: JSONValue.object(object).write())
  }
}
