// JSON text messages to requests: total, bounded, every refusal naming its field.

import JSON
import MediaControl

/// A message that is no request we can carry out, and the `id` its error is to name.
package struct UndecodableMessage: Error, Hashable, Sendable {
  /// Nil when the message had no readable `id`.
  package let id: String?
  package let refusal: MessageRefusal
}

extension ClientMessage {
  /// Reads one text message.
  ///
  /// - Throws: `bad-message` for what is not JSON, not an object, or has a field of the wrong kind
  ///   or out of range, naming it; `unknown-type` naming the type; for a `join` also
  ///   `unsupported-version`, `bad-room` and, without a token, `unauthorized`; for a `trickle`
  ///   `limit`.
  package static func decode(
    _ text: borrowing Span<UInt8>
  ) throws(UndecodableMessage) -> ClientMessage {
    let fields = try document(text)
    let id = try requestID(fields)
    do throws(MessageRefusal) {
      return ClientMessage(id: id, request: try ClientRequest.decode(fields))
    } catch {
      throw UndecodableMessage(id: id, refusal: error)
    }
  }

  /// Reads one text message from an array of bytes.
  package static func decode(_ text: [UInt8]) throws(UndecodableMessage) -> ClientMessage {
    try decode(text.span)
  }

  private static func document(
    _ text: borrowing Span<UInt8>
  ) throws(UndecodableMessage) -> JSONFields {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue.parse(text, limits: MessageLimits.json)
    } catch {
      throw UndecodableMessage(
        id: nil, refusal: MessageRefusal(.badMessage, "not JSON we take: \(error.text)"))
    }
    do throws(JSONMismatch) {
      return try JSONFields(document: value)
    } catch {
      throw UndecodableMessage(id: nil, refusal: MessageRefusal(error))
    }
  }

  private static func requestID(_ fields: JSONFields) throws(UndecodableMessage) -> String? {
    do throws(JSONMismatch) {
      guard let id = try fields.optionalString("id") else { return nil }
      let count = id.unicodeScalars.count
      guard (1...MessageLimits.requestIDMax).contains(count) else {
        throw fields.refusal(
          "id", expected: "1 to \(MessageLimits.requestIDMax) characters", found: "\(count)")
      }
      return id
    } catch {
      throw UndecodableMessage(id: nil, refusal: MessageRefusal(error))
    }
  }
}

extension ClientRequest {
  fileprivate static func decode(_ document: JSONFields) throws(MessageRefusal) -> ClientRequest {
    let fields = RequestFields(document)
    let type = try fields.string("type")
    switch type {
    case "join": return .join(try JoinRequest(fields))
    case "publish": return .publish(try PublishRequest(fields))
    case "unpublish": return .unpublish(connection: try fields.connection())
    case "subscribe": return .subscribe(try SubscribeRequest(fields))
    case "assign": return .assign(try AssignRequest(fields))
    case "layer": return .layer(try LayerRequest(fields))
    case "trickle": return .trickle(try CandidatesRequest(fields))
    case "watching": return .watching(try WatchingRequest(fields))
    case "token": return .token(try fields.string("token"))
    case "leave": return .leave
    case "ping": return .ping(time: try fields.number("time"))
    default:
      if let query = QueryCatalogue.query(named: type), query.isOnSocket {
        return .query(try query.decode(document))
      }
      return .command(try CommandCatalogue.decode(type, document))
    }
  }
}

extension JoinRequest {
  fileprivate init(_ fields: RequestFields) throws(MessageRefusal) {
    // The version first: what follows may mean something else in another.
    let version = try fields.int("version")
    guard version == JoinRequest.version else {
      throw MessageRefusal(
        .unsupportedVersion, "this server speaks version \(JoinRequest.version)")
    }
    room = try fields.string("room")
    guard WireName.isName(room) else {
      throw MessageRefusal(.badRoom, "room: must be [A-Za-z0-9_-]{1,64}")
    }
    guard let token = try fields.optionalString("token"), !token.isEmpty else {
      throw MessageRefusal(.unauthorized, "token: a token is required")
    }
    self.token = token
    let resume = try fields.optionalString("resume")
    // What can't be one of our sessions is ignored like one that has ended.
    self.resume = (resume?.utf8.count ?? 0) <= MessageLimits.sessionMax ? resume : nil
    cursor = try fields.optionalInt("cursor")
    let device = try fields.optionalString("device")
    self.device = (1...MessageLimits.deviceMax).contains(device?.utf8.count ?? 0) ? device : nil
  }
}

extension PublishRequest {
  fileprivate init(_ fields: RequestFields) throws(MessageRefusal) {
    stream = try fields.optionalString("stream")
    guard stream.map({ WireName.isName($0) }) ?? true else {
      throw fields.refusal("stream", "[A-Za-z0-9_-]{1,64}", "another string")
    }
    sdp = try fields.string("sdp")
    connection = try fields.optionalConnection()
  }
}

extension SubscribeRequest {
  fileprivate init(_ fields: RequestFields) throws(MessageRefusal) {
    sdp = try fields.string("sdp")
    connection = try fields.optionalConnection()
    map = [:]
    for member in try fields.byMID("map") {
      map[member.key] = try fields.reference("map.\(member.key)", member.value)
    }
    layers = [:]
    for member in try fields.byMID("layers") {
      layers[member.key] = try fields.selection("layers.\(member.key)", member.value)
    }
  }
}

extension AssignRequest {
  fileprivate init(_ fields: RequestFields) throws(MessageRefusal) {
    connection = try fields.connection()
    mid = try fields.mid()
    guard let value = fields.fields.object["track"] else {
      throw fields.refusal("track", "SUB/NAME, a track id or null", "nothing")
    }
    track = try fields.reference("track", value)
  }
}

extension LayerRequest {
  fileprivate init(_ fields: RequestFields) throws(MessageRefusal) {
    connection = try fields.connection()
    mid = try fields.mid()
    guard let layer = try fields.selection("layer", .string(fields.string("layer"))) else {
      throw fields.refusal("layer", "auto, q, h or f", "nothing")
    }
    self.layer = layer
  }
}

extension CandidatesRequest {
  fileprivate init(_ fields: RequestFields) throws(MessageRefusal) {
    connection = try fields.connection()
    candidates = try fields.string("candidates")
    let count = candidates.utf8.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D })
      .count { $0.starts(with: "a=candidate:".utf8) }
    guard count <= MessageLimits.candidatesMax else {
      throw MessageRefusal(
        .limit, "candidates: at most \(MessageLimits.candidatesMax), found \(count)")
    }
  }
}

extension WatchingRequest {
  fileprivate init(_ fields: RequestFields) throws(MessageRefusal) {
    let via = try fields.string("via")
    guard let way = DeliveryWay(rawValue: via) else {
      throw fields.refusal("via", "webrtc or hls", "another string")
    }
    let delay = try fields.optionalInt("delayMs")
    guard delay.map({ (0...MessageLimits.delayMsMax).contains($0) }) ?? true else {
      throw fields.refusal("delayMs", "0 to \(MessageLimits.delayMsMax)", "another number")
    }
    let reason = try fields.optionalString("reason")
    let wish = reason.flatMap { Wish(rawValue: $0) }
    guard reason == nil || wish != nil else {
      throw fields.refusal("reason", "network or asked", "another string")
    }
    self.init(via: way, delayMs: delay, wish: wish)
  }
}
