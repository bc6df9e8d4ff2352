// Replies and events to JSON text, as the examples of PROTOCOL.md show them.

import JSON
import Room
import MediaControl
import RTP

extension ServerReply {
  /// The message's text, UTF-8.
  ///
  /// - Parameter ref: the request's `id`; nil when it had none.
  package func encode(ref: String?) -> [UInt8] {
    var object = JSONObject([("type", .string(type))])
    if let ref { object["ref"] = .string(ref) }
    if case .done(let body) = self {
      // Both are objects with members: the second goes on where the first ends.
      return JSONValue.object(object).write().dropLast() + [UInt8(ascii: ",")] + body.dropFirst()
    }
    for (key, value) in members { object[key] = value }
    return JSONValue.object(object).write()
  }

  private var type: String {
    switch self {
    case .joined: "joined"
    case .answer: "answer"
    case .ok, .done: "ok"
    case .pong: "pong"
    case .error, .refused: "error"
    }
  }

  private var members: [(String, JSONValue)] {
    switch self {
    case .joined(let reply): return reply.members
    case .answer(let reply): return reply.members
    case .ok(let map): return map.map { [("map", tracksByMID($0))] } ?? []
    case .pong(let time, let serverTimeMs):
      let echo: [(String, JSONValue)] = time == .null ? [] : [("time", time)]
      return echo + [("serverTimeMs", milliseconds(serverTimeMs))]
    case .error(let refusal): return refusal.members
    case .refused(let refusal): return refusal.members
    case .done: return []
    }
  }
}

extension CommandRefusal {
  fileprivate var members: [(String, JSONValue)] {
    let wait = retryAfterMs.map { [("retryAfterMs", JSONValue.integer($0))] } ?? []
    return [("code", .string(code.rawValue)), ("message", .string(text))] + wait
  }
}

extension MessageRefusal {
  fileprivate var members: [(String, JSONValue)] {
    var members: [(String, JSONValue)] = [
      ("code", .string(code.rawValue)), ("message", .string(text)),
    ]
    if code == .unsupportedVersion {
      members.append(("versions", .array([.integer(JoinRequest.version)])))
    }
    if let retryAfterMs { members.append(("retryAfterMs", .integer(retryAfterMs))) }
    return members
  }
}

extension JoinedReply {
  fileprivate var members: [(String, JSONValue)] {
    [
      ("version", .integer(JoinRequest.version)), ("session", .string(session)),
      ("resumed", .bool(isResumed)), ("member", member.json), ("permissions", permissions.json),
      ("expiresAtMs", .integer(expiresAtMs)),
      ("serverTimeMs", milliseconds(serverTimeMs)), ("pingIntervalMs", .integer(pingIntervalMs)),
      ("cursor", integer(cursor)), ("room", room.json), ("tracks", .array(tracks.map(\.json))),
      ("connections", .array(connections.map(\.json))),
      ("iceServers", .array(iceServers.map(\.json))),
    ] + (delivery.map { [("delivery", .object(JSONObject($0.members)))] } ?? [])
  }
}

extension AnswerReply {
  fileprivate var members: [(String, JSONValue)] {
    var members: [(String, JSONValue)] = [
      ("connection", .string(connection)), ("generation", integer(generation)),
      ("sdp", .string(sdp)),
    ]
    if let map { members.append(("map", tracksByMID(map))) }
    return members
  }
}

extension ServerEvent {
  /// The message's text, UTF-8.
  package func encode() -> [UInt8] {
    JSONValue.object(JSONObject([("type", .string(type))] + members)).write()
  }

  /// The message's `type`.
  package var type: String {
    switch self {
    case .tracks: "tracks"
    case .trackAdded: "trackAdded"
    case .trackRemoved: "trackRemoved"
    case .trackStatus: "trackStatus"
    case .assigned: "assigned"
    case .layer: "layer"
    case .mediaTime: "mediaTime"
    case .health: "health"
    case .roomState: "roomState"
    case .permissions: "permissions"
    case .delivery: "delivery"
    case .tiers: "tiers"
    case .connectionEnded: "connectionEnded"
    case .bye: "bye"
    }
  }

  private var members: [(String, JSONValue)] {
    switch self {
    case .tracks(let cursor, let tracks):
      return [("cursor", integer(cursor)), ("tracks", .array(tracks.map(\.json)))]
    case .trackAdded(let cursor, let track):
      return [("cursor", integer(cursor)), ("track", track.json)]
    case .trackRemoved(let cursor, let track, let publication, let kind):
      let removed: JSONValue = [
        "id": .string(track), "publication": .string(publication), "kind": .string(kind.name),
      ]
      return [("cursor", integer(cursor)), ("track", removed)]
    case .trackStatus(let tracks): return [("tracks", .array(tracks.map(\.json)))]
    case .assigned(let connection, let mid, let publication, let track):
      return [
        ("connection", .string(connection)), ("mid", .string(mid)),
        ("publication", publication.map { .string($0) } ?? .null),
        ("track", track.map { .string($0) } ?? .null),
      ]
    case .layer(let event): return event.members
    case .mediaTime(let event): return event.members
    case .health(let event): return event.members
    case .roomState(let cursor, let room):
      return [("cursor", integer(cursor)), ("room", room.json)]
    case .permissions(let entry): return entry.members
    case .delivery(let delivery): return delivery.members
    case .tiers(let event): return event.members
    case .connectionEnded(let connection, let reason):
      return [("connection", .string(connection)), ("reason", .string(reason.rawValue))]
    case .bye(let reason, let retryAfterMs, let url):
      return [
        ("reason", .string(reason.rawValue)),
        ("retryAfterMs", retryAfterMs.map { .integer($0) } ?? .null),
      ] + (url.map { [("url", .string($0))] } ?? [])
    }
  }
}

extension LayerEvent {
  fileprivate var members: [(String, JSONValue)] {
    var members: [(String, JSONValue)] = [
      ("connection", .string(connection)), ("mid", .string(mid)), ("track", .string(track)),
      ("layer", layer.map { .string($0.name) } ?? .null),
    ]
    if layer != nil { members += [("width", integer(width)), ("height", integer(height))] }
    return members + [("reason", .string(reason.rawValue))]
  }
}

extension Delivery {
  fileprivate var members: [(String, JSONValue)] {
    var members: [(String, JSONValue)] = [("via", .string(via.rawValue))]
    if let url { members.append(("url", .string(url))) }
    if !licences.isEmpty {
      members.append(
        (
          "licences",
          .array(
            licences.map { ["keySystem": .string($0.keySystem), "url": .string($0.url)] })
        ))
    }
    return members + [("reason", .string(reason.rawValue))]
  }
}

extension TiersEvent {
  fileprivate var members: [(String, JSONValue)] {
    [
      ("webrtc", integer(webRTC)), ("hls", integer(hls)),
      ("hlsDelayMs", hlsDelayMs.map { .integer($0) } ?? .null),
    ]
  }
}

extension MediaTimeEvent {
  fileprivate var members: [(String, JSONValue)] {
    [
      ("connection", .string(connection)), ("mid", .string(mid)), ("rtp", .integer(Int64(rtp))),
      ("clockRate", integer(clockRate)), ("wallclockMs", milliseconds(wallclockMs)),
    ]
  }
}

extension HealthEvent {
  fileprivate var members: [(String, JSONValue)] {
    [
      ("connection", .string(connection)), ("stream", .string(stream)),
      ("layers", .array(layers.map(\.json))),
    ]
  }
}
