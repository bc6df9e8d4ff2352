// Janus's HTTP API, as far as its videoroom needs it: the server Hawker is measured against.

import ClientShell
import Crypto
import HTTP
import JSON
import SDP
import Wire

/// One Janus session with a handle for each client. Blocking; for one thread.
final class JanusClient {
  private let http: HTTPClient
  private let root: ServerURL
  /// The session's URL; destroying it ends all of its handles.
  let session: ServerURL
  private var random = RandomSource.system
  /// By room: the publisher's id.
  private var feeds: [Int: Int64] = [:]
  private var rooms: Set<Int> = []

  /// Events looked at for one that is waited for; others concern other handles.
  private static let eventsMax = 100

  init(_ root: ServerURL) throws {
    http = try HTTPClient()
    self.root = root
    let created = try JanusClient.request(
      ["janus": "create", "transaction": "0"], root, HTTPClient())
    let id = try JanusClient.number(created, "data", "id")
    session = try root.appending(String(id))
  }

  /// Publishes in a room, which is made if need be; the answer.
  func publish(_ offer: SessionDescription, room: Int) throws -> SessionDescription {
    let handle = try attach()
    if rooms.insert(room).inserted {
      let create: JSONValue = [
        "request": "create", "room": .integer(Int64(room)), "publishers": 1,
        "bitrate": 0, "audiocodec": "opus", "videocodec": "vp8", "fir_freq": 0,
        "notify_joining": false,
      ]
      try send(create, to: handle, waitingFor: nil)
    }
    let join: JSONValue = [
      "request": "join", "ptype": "publisher", "room": .integer(Int64(room)), "display": "load",
    ]
    let joined = try send(join, to: handle, waitingFor: "joined")
    feeds[room] = try JanusClient.number(joined, "plugindata", "data", "id")
    let publish: JSONValue = ["request": "publish", "audio": true, "video": true]
    let event = try send(
      publish, to: handle, description: (offer, "offer"), waitingFor: "event")
    return try JanusClient.description(of: event)
  }

  /// Subscribes to a room's publisher; `answer` turns Janus's offer into our answer.
  func subscribe(
    room: Int, _ answer: (SessionDescription) throws(ClientFault) -> SessionDescription
  ) throws {
    guard let feed = feeds[room] else { throw ClientFault.answer("room \(room) has no publisher") }
    let handle = try attach()
    let streams: JSONValue = [["feed": .integer(feed)]]
    let join: JSONValue = [
      "request": "join", "ptype": "subscriber", "room": .integer(Int64(room)), "streams": streams,
    ]
    let offered = try send(join, to: handle, waitingFor: "attached")
    let reply = try answer(JanusClient.description(of: offered))
    try send(
      ["request": "start"], to: handle, description: (reply, "answer"), waitingFor: "event")
  }

  // MARK: Requests

  private func attach() throws -> Int64 {
    let reply = try JanusClient.request(
      [
        "janus": "attach", "plugin": "janus.plugin.videoroom",
        "transaction": .string(transaction()),
      ],
      session, http)
    return try JanusClient.number(reply, "data", "id")
  }

  private func transaction() -> String { random.iceCharacters(12) }

  /// Sends a message to a handle, and waits for its event of the videoroom kind `kind`; nil for none.
  @discardableResult
  private func send(
    _ body: JSONValue, to handle: Int64, description: (SessionDescription, type: String)? = nil,
    waitingFor kind: String?
  ) throws -> JSONValue {
    var message = JSONObject()
    message["janus"] = "message"
    message["transaction"] = .string(transaction())
    message["body"] = body
    if let description {
      message["jsep"] = ["type": .string(description.type), "sdp": .string(description.0.text)]
    }
    let reply = try JanusClient.request(
      .object(message), try session.appending(String(handle)), http)
    guard let kind else { return reply }
    for _ in 0..<JanusClient.eventsMax {
      let event = try JanusClient.request(nil, session, http)
      guard (try? JanusClient.number(event, "sender")) == handle else { continue }
      if let reason = JanusClient.text(event, "plugindata", "data", "error") {
        throw ClientFault.answer("Janus says: \(reason)")
      }
      if JanusClient.text(event, "plugindata", "data", "videoroom") == kind { return event }
    }
    throw ClientFault.timeout
  }

  /// Posts `body`, or without one asks for the session's next event.
  private static func request(
    _ body: JSONValue?, _ url: ServerURL, _ http: HTTPClient
  ) throws -> JSONValue {
    let headers: HTTPHeaders = ["Content-Type": "application/json", "Connection": "close"]
    let response = try http.perform(
      HTTPRequest(
        body == nil ? .get : .post, url.target, headers: headers, body: body?.write() ?? []),
      to: url)
    guard response.status == 200, let value = try? JSONValue.parse(response.body) else {
      throw ClientFault.refused(status: response.status, reason: "no JSON")
    }
    if let reason = text(value, "error", "reason") {
      throw ClientFault.answer("Janus says: \(reason)")
    }
    return value
  }

  // MARK: Reading

  private static func member(_ value: JSONValue, _ path: [String]) -> JSONValue? {
    var value = value
    for key in path {
      guard case .object(let object) = value, let next = object[key] else { return nil }
      value = next
    }
    return value
  }

  private static func text(_ value: JSONValue, _ path: String...) -> String? {
    guard case .string(let text) = member(value, path) else { return nil }
    return text
  }

  private static func number(_ value: JSONValue, _ path: String...) throws -> Int64 {
    guard case .integer(let number) = member(value, path) else {
      throw ClientFault.answer("Janus's reply has no \(path.joined(separator: "."))")
    }
    return number
  }

  private static func description(of event: JSONValue) throws -> SessionDescription {
    guard let text = text(event, "jsep", "sdp") else {
      throw ClientFault.answer("Janus's event has no description")
    }
    do {
      return try SessionDescription.parse(Array(text.utf8))
    } catch {
      throw ClientFault.answer("Janus's description: \(error.text)")
    }
  }
}
