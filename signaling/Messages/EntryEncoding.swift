// The shared parts of messages as JSON values, and how numbers are written.

import JSON
import MediaControl
import RTP

extension MemberEntry {
  var json: JSONValue {
    ["identity": .string(identity), "name": .string(name), "role": .string(role)]
  }
}

extension PermissionsEntry {
  var members: [(String, JSONValue)] {
    [("publish", .bool(publish)), ("subscribe", .bool(subscribe))]
  }
  var json: JSONValue { .object(JSONObject(members)) }
}

extension RoomEntry {
  var json: JSONValue {
    var object: JSONObject = [
      "name": .string(name), "phase": .string(phase), "hostPresent": .bool(isHostPresent),
    ]
    if let viewers { object["viewers"] = integer(viewers) }
    return .object(object)
  }
}

extension LayerEntry {
  var json: JSONValue {
    [
      "name": .string(rank.name), "width": integer(width), "height": integer(height),
      "bitrate": .integer(bitsPerSecond), "fps": number(framesPerSecond, decimals: 2),
      "active": .bool(isActive),
    ]
  }
}

extension TrackStatusEntry {
  /// The fields that change, in the order of the document.
  fileprivate var changing: [(String, JSONValue)] {
    [
      ("codec", codec.map { .string($0.name) } ?? .null), ("active", .bool(isActive)),
      ("layers", .array(layers.map(\.json))),
    ]
  }
  var json: JSONValue { .object(JSONObject([("id", .string(id))] + changing)) }
}

extension TrackEntry {
  var json: JSONValue {
    let fixed: [(String, JSONValue)] = [
      ("id", .string(status.id)), ("publication", .string("\(member.identity)/\(stream)")),
      ("member", .string(member.identity)), ("name", .string(member.name)),
      ("role", .string(member.role)), ("stream", .string(stream)), ("kind", .string(kind.name)),
    ]
    return .object(JSONObject(fixed + status.changing))
  }
}

extension ConnectionEntry {
  var json: JSONValue {
    var object: JSONObject = ["connection": .string(connection)]
    switch purpose {
    case .publish(let stream):
      object["kind"] = "publish"
      object["stream"] = .string(stream)
      object["generation"] = integer(generation)
    case .subscribe(let map):
      object["kind"] = "subscribe"
      object["generation"] = integer(generation)
      object["map"] = tracksByMID(map)
    }
    return .object(object)
  }
}

extension ICEServerEntry {
  var json: JSONValue {
    [
      "urls": .array(urls.map { .string($0) }), "username": .string(username),
      "credential": .string(credential),
    ]
  }
}

extension HealthLayer {
  var json: JSONValue {
    [
      "track": .string(track), "kind": .string(kind.name), "name": .string(layer.rank.name),
      "active": .bool(layer.isActive), "bitrate": .integer(layer.bitsPerSecond),
      "fps": number(layer.framesPerSecond, decimals: 2), "width": integer(layer.width),
      "height": integer(layer.height), "fractionLost": number(fractionLost, decimals: 4),
      "limitedByCode": limit.map { .string($0.code) } ?? .null,
      "limitedBy": limit.map { .string($0.text) } ?? .null,
    ]
  }
}

extension MediaKind {
  /// `audio` or `video`.
  var name: String {
    switch self {
    case .audio: "audio"
    case .video: "video"
    }
  }
}

/// Tracks by mid; shorter mids first, so that the order is the sections' and never by chance.
func tracksByMID(_ map: [String: String?]) -> JSONValue {
  let mids = map.keys.sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
  return .object(
    JSONObject(
      mids.map { mid in
        let track = map[mid].flatMap { $0 }
        return (mid, track.map { .string($0) } ?? .null)
      }))
}

func integer(_ value: Int) -> JSONValue { .integer(Int64(value)) }

/// Milliseconds to the microsecond: what a clock comparison over a network can use.
func milliseconds(_ value: Double) -> JSONValue { number(value, decimals: 3) }

/// A number of at most `decimals` decimals, an integer when it is whole.
func number(_ value: Double, decimals: Int) -> JSONValue {
  var scale = 1.0
  for _ in 0..<decimals { scale *= 10 }
  let rounded = (value * scale).rounded() / scale
  return Int64(exactly: rounded).map { .integer($0) } ?? .double(rounded)
}
