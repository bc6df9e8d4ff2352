// What a service hears on the room socket: the show's phase, and events for players (PROTOCOL.md). Sans-IO.

package import HLS
import JSON
package import Wire

/// What the room socket says that matters here.
package enum OnRoom: Hashable, Sendable {
  case joined
  /// The show is over for good.
  case ended
  case event(RoomEvent)
  /// Words that were said, as they stay.
  case caption(Caption)
  /// Whoever plays the room without saying whom gets another picture with the next keyframe.
  case pictureChanged
  /// The server closes the socket; nil: not to come back soon. `url`: who has the room instead.
  case bye(reason: String, retryAfter: TimeSpan?, url: String?)
  /// A refusal, by its code.
  case refused(String)
}

/// One room's socket, from the messages' side: joins, resumes, and reads.
package struct RoomListener: Sendable {
  package let room: String
  /// How often to `ping`.
  package private(set) var pingInterval = TimeSpan.seconds(15)
  private var session: String?
  /// The number of the last event heard.
  private var cursor: Int64?
  /// SKUs and drops of which nothing is left, as far as told.
  private var soldOut: Set<String> = []

  private var pictures = RoomPictureSources()

  /// A batch has as many messages as fit 64 KiB; nothing sensible is nested.
  private static let batchMax = 2048
  /// SKUs and drops remembered: of a room with every listing it may have.
  private static let soldOutMax = 4096
  /// Their cursors count the media's own changes, or nothing.
  private static let unnumbered: Set<String> = [
    "joined", "tracks", "trackAdded", "trackRemoved", "trackStatus", "roomState",
  ]

  /// Nobody has joined yet.
  package init(room: String) { self.room = room }

  /// The first message on a socket. After a cut it asks for what happened meanwhile.
  package func join(token: String) -> [UInt8] {
    var message: JSONObject = [
      "type": "join", "id": "j", "version": 1, "room": .string(room), "token": .string(token),
    ]
    if let session { message["resume"] = .string(session) }
    if let cursor { message["cursor"] = .integer(cursor) }
    return JSONValue.object(message).write()
  }

  /// A message that is answered at once, so that a dead socket is noticed.
  package static let ping = Array(#"{"type":"ping"}"#.utf8)

  /// Reads a message. What can't be read is nothing.
  ///
  /// - Parameter now: the server's clock as far as it is known: counters have no time of their own.
  package mutating func receive(_ text: [UInt8], at now: WallTime?) -> [OnRoom] {
    guard case .object(let message)? = try? JSONValue.parse(text),
      case .string(let type)? = message["type"]
    else { return [] }
    guard type == "batch" else { return take(message, type, now) }
    guard case .array(let messages)? = message["messages"] else { return [] }
    var heard: [OnRoom] = []
    for case .object(let each) in messages.prefix(RoomListener.batchMax) {
      if case .string(let type)? = each["type"] { heard += take(each, type, now) }
    }
    return heard
  }

  private mutating func take(
    _ message: JSONObject, _ type: String, _ now: WallTime?
  ) -> [OnRoom] {
    let fields = JSONFields(message)
    switch type {
    case "joined":
      session = try? fields.optionalString("session")
      if let ms = try? fields.optionalInt("pingIntervalMs") {
        pingInterval = .milliseconds(min(max(ms, 1000), 60_000))
      }
      return [.joined] + (pictures.take(message, type) ? [.pictureChanged] : [])
    case "caption": return Caption(fields).map { [.caption($0)] } ?? []
    case "bye": return [bye(fields)]
    case "tracks", "trackAdded", "trackRemoved":
      return pictures.take(message, type) ? [.pictureChanged] : []
    case "error":
      let code = (try? fields.optionalString("code")) ?? "internal"
      return code == "room-ended" ? [.ended] : [.refused(code)]
    case "roomState":
      let state = try? fields.optionalFields("room")
      return (try? state?.optionalString("phase")) == "ended" ? [.ended] : []
    case _: return takeNumbered(message, fields, type, now)
    }
  }

  private func bye(_ fields: JSONFields) -> OnRoom {
    let reason = (try? fields.optionalString("reason")) ?? ""
    if reason == "room-ended" { return .ended }
    let wait = try? fields.optionalInt("retryAfterMs")
    return .bye(
      reason: reason, retryAfter: wait.map { .milliseconds(min(max($0, 0), 60_000)) },
      url: try? fields.optionalString("url"))
  }

  // MARK: Events

  private mutating func takeNumbered(
    _ message: JSONObject, _ fields: JSONFields, _ type: String, _ now: WallTime?
  ) -> [OnRoom] {
    guard !RoomListener.unnumbered.contains(type), let number = try? fields.optionalInt("cursor")
    else { return [] }
    let isNew = number > cursor ?? -1
    if type == "snapshot" {
      cursor = number
      return takeSnapshot(message, fields)
    }
    cursor = max(number, cursor ?? number)
    switch type {
    case "phaseChanged": return (try? fields.string("phase")) == "ended" ? [.ended] : []
    case "stock":
      guard let sku = try? fields.string("sku"), let left = try? fields.int("available") else {
        return []
      }
      return note("sku \(sku)", isGone: left <= 0, number, type, now, message)
    case "dropCounts":
      guard let drop = try? fields.int("drop"), let left = try? fields.int("remaining") else {
        return []
      }
      return note("drop \(drop)", isGone: left <= 0, number, type, now, message)
    case _:
      guard isNew, let className = RoomEvent.className(of: type),
        let time = RoomListener.time(fields)
      else { return [] }
      return [
        .event(RoomEvent(type, number: number, className: className, time: time, message))
      ] + noteVariants(message, number, type, time)
    }
  }

  /// A variant whose units were taken away is sold out like one that was bought.
  private mutating func noteVariants(
    _ message: JSONObject, _ number: Int64, _ type: String, _ time: WallTime
  ) -> [OnRoom] {
    var heard: [OnRoom] = []
    for (sku, left) in RoomListener.variants(message) {
      heard += note("sku \(sku)", isGone: left <= 0, number, type, time, message)
    }
    return heard
  }

  /// SKUs and what is left of each: of `variant`, or of `listing`'s `variants`.
  private static func variants(_ message: JSONObject) -> [(sku: String, left: Int64)] {
    var values: [JSONValue] = []
    if let variant = message["variant"] { values.append(variant) }
    let listing = if case .object(let listing)? = message["listing"] { listing } else { message }
    if case .array(let variants)? = listing["variants"] { values += variants }
    return values.compactMap { value in
      guard case .object(let variant) = value, case .string(let sku)? = variant["sku"],
        case .integer(let left)? = variant["available"]
      else { return nil }
      return (sku, left)
    }
  }

  /// Tells once that nothing is left of something, and again only after there was some.
  private mutating func note(
    _ thing: String, isGone: Bool, _ number: Int64, _ type: String, _ now: WallTime?,
    _ message: JSONObject
  ) -> [OnRoom] {
    guard isGone else {
      soldOut.remove(thing)
      return []
    }
    guard soldOut.count < RoomListener.soldOutMax, soldOut.insert(thing).inserted, let now else {
      return []
    }
    return [
      .event(
        RoomEvent(
          type, number: number, detail: thing, className: "hawker.sold-out", time: now, message))
    ]
  }

  /// What a room already was when it was joined is no event.
  private mutating func takeSnapshot(_ message: JSONObject, _ fields: JSONFields) -> [OnRoom] {
    if (try? fields.optionalInt("part")) == 0 { soldOut = [] }
    if case .array(let listings)? = message["listings"] {
      for case .object(let listing) in listings {
        for (sku, left) in RoomListener.variants(listing) where left <= 0 {
          if soldOut.count < RoomListener.soldOutMax { soldOut.insert("sku \(sku)") }
        }
      }
    }
    if case .array(let drops)? = message["drops"] {
      for case .object(let drop) in drops {
        guard case .integer(let id)? = drop["id"], drop["remaining"] == .integer(0) else {
          continue
        }
        if soldOut.count < RoomListener.soldOutMax { soldOut.insert("drop \(id)") }
      }
    }
    return (try? fields.optionalString("phase")) == "ended" ? [.ended] : []
  }

  /// The media time of the frame the host saw, or when the server took the command.
  private static func time(_ fields: JSONFields) -> WallTime? {
    let media = try? fields.optionalDouble("mediaTimeMs")
    guard let ms = media ?? (try? fields.optionalDouble("atMs")), ms > 0, ms < 8e12 else {
      return nil
    }
    return WallTime(nanoseconds: Int64((ms * 1000).rounded()) * 1000)
  }
}
