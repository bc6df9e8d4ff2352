// The schemas of the room socket's messages: PROTOCOL.md's examples, the decoder, and what they must refuse.

import Foundation
import HTTP
import JSON
import Messages
import Testing

@testable import Endpoints

@Suite("The schemas of the room socket's messages")
struct MessageSchemaTests {
  /// PROTOCOL.md's messages, with whether a client sends them.
  private static func examples() throws -> [(message: JSONObject, isClient: Bool)] {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(
      contentsOf: root.appending(path: "signaling/PROTOCOL.md"), encoding: .utf8)
    var found: [JSONObject] = []
    for block in text.components(separatedBy: "```json\n").dropFirst() {
      var message = ""
      for line in block.components(separatedBy: "```")[0].split(separator: "\n") {
        message += line + "\n"
        guard case .object(let object)? = try? JSONValue.parse(Array(message.utf8)) else {
          continue
        }
        found.append(object)
        message = ""
      }
      // Every block is messages to its end.
      #expect(message == "")
    }
    let inline = text.components(separatedBy: "`{\"type\":").dropFirst()
      .compactMap { $0.components(separatedBy: "`").first.map { "{\"type\":" + $0 } }
    for text in inline where text.contains("chatGap") {
      if case .object(let object) = try JSONValue.parse(Array(text.utf8)) { found.append(object) }
    }
    return found.map { ($0, $0["id"] != nil && $0["ref"] == nil) }
  }

  private static func faults(_ message: JSONObject, isClient: Bool) -> [String] {
    isClient
      ? SchemaCheck.faults(ofClientMessage: .object(message))
      : SchemaCheck.faults(ofServerMessage: .object(message))
  }

  @Test("every example of PROTOCOL.md is as described")
  func examplesAreDescribed() throws {
    let examples = try Self.examples()
    for (message, isClient) in examples {
      #expect(Self.faults(message, isClient: isClient) == [], "\(message)")
    }
    #expect(examples.count { $0.isClient } == 57)
    #expect(examples.count > 80)
    #expect(examples.contains { $0.message.type == "chatGap" })
  }

  @Test("every message that is described is in PROTOCOL.md")
  func isDocumented() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(
      contentsOf: root.appending(path: "signaling/PROTOCOL.md"), encoding: .utf8)
    for message in MessageSchemas.client + MessageSchemas.server {
      #expect(
        text.contains("`\(message.type)`") || text.contains("\"type\":\"\(message.type)\""),
        "\(message.type)")
    }
  }

  @Test("a member that nobody described is a fault, wherever it stands in a server's message")
  func isClosed() throws {
    for (message, isClient) in try Self.examples() where !isClient {
      for changed in Self.withMore(.object(message)) {
        #expect(SchemaCheck.faults(ofServerMessage: changed) != [], "\(changed)")
      }
    }
  }

  /// The same value with an unknown member in each of its objects in turn.
  private static func withMore(_ value: JSONValue) -> [JSONValue] {
    switch value {
    case .object(let object):
      var more = object
      more["undescribed"] = 1
      return [.object(more)]
        + object.members.flatMap { member in
          withMore(member.value).map { changed in
            var copy = object
            copy[member.key] = changed
            return .object(copy)
          }
        }
    case .array(let items):
      return items.indices.flatMap { index in
        withMore(items[index]).map { changed in
          var copy = items
          copy[index] = changed
          return .array(copy)
        }
      }
    case .null, .bool, .integer, .double, .string: return []
    }
  }

  @Test("a member that is missing from a server's message, or of another kind, is a fault")
  func isComplete() {
    let pong: JSONObject = ["type": "pong", "ref": "1", "serverTimeMs": 5]
    #expect(Self.faults(pong, isClient: false) == [])
    for (key, value) in [("serverTimeMs", nil), ("serverTimeMs", "5"), ("ref", 1)]
      as [(String, JSONValue?)]
    {
      var changed = pong
      changed[key] = value
      #expect(Self.faults(changed, isClient: false) != [], "\(changed)")
    }
    let batch: JSONObject = ["type": "batch", "messages": [.object(pong), ["type": "pong"]]]
    #expect(Self.faults(batch, isClient: false) != [])
  }

  @Test("what the schemas take of clients, the decoder takes, and nothing else")
  func agreesWithDecoder() throws {
    let values: [JSONValue?] = [
      nil, .null, 1, -1, 1.5, true, "", "x", "a/b", "auto", .array([]), .object(JSONObject()),
      ["a"], [1], ["0": "t7"], ["0": 5], ["": "t7"], .integer(.max),
      .string(String(repeating: "a", count: 33)), .string(String(repeating: "a", count: 65)),
      .string(String(repeating: "a", count: 300)), .string(String(repeating: "a", count: 3000)),
    ]
    var taken = 0
    var refused = 0
    for message in try Self.requests() {
      let names = Set(message.members.map(\.key) + ["unknown"]).sorted()
      for name in names {
        for value in values {
          var changed = message
          changed[name] = value
          let isTaken = (try? ClientMessage.decode(JSONValue.object(changed).write())) != nil
          let faults = Self.faults(changed, isClient: true)
          #expect(faults.isEmpty == isTaken, "\(changed): \(faults)")
          if isTaken { taken += 1 } else { refused += 1 }
        }
      }
    }
    #expect(taken > 1000 && refused > 1000)
  }

  /// One request of each type, with all fields it may have.
  private static func requests() throws -> [JSONObject] {
    var byType: [String: JSONObject] = [:]
    for (message, isClient) in try examples() where isClient { byType[message.type] = message }
    for command in CommandCatalogue.all where command.isOnSocket {
      byType[command.name] = request(
        command.name, command.fields + CommandCatalogue.commonFields)
    }
    for query in QueryCatalogue.all where query.isOnSocket {
      byType[query.name] = request(query.name, query.fields)
    }
    for name in ["resume", "cursor", "device"] { byType["join"]?[name] = .null }
    byType["watching"]?["delayMs"] = 1900
    for name in ["publish", "subscribe"] { byType[name]?["connection"] = .null }
    #expect(Set(byType.keys) == Set(MessageSchemas.client.map(\.type)))
    return byType.keys.sorted().compactMap { byType[$0] }
  }

  private static func request(
    _ type: String, _ fields: [CommandField], isInner: Bool = false
  ) -> JSONObject {
    JSONObject(
      (isInner ? [] : [("type", .string(type)), ("id", "1")])
        + fields.map { field in
          switch field.kind {
          case .string: (field.name, "a")
          case .integer(let range): (field.name, .integer(range.lowerBound))
          case .boolean: (field.name, true)
          case .choice(let words): (field.name, .string(words[0]))
          case .strings: (field.name, ["a", "b"])
          case .integers(_, let range): (field.name, [.integer(range.lowerBound)])
          case .pairs: (field.name, [[1, 1]])
          case .objects(_, let fields):
            (field.name, [.object(request("", fields, isInner: true))])
          }
        })
  }

  @Test("the document is served, and every reference in it leads somewhere")
  func document() throws {
    var stage = try RoomSocketStage()
    let answer = try #require(try stage.ask(.get, "/api/v1/schemas/room-socket.json"))
    let definitions = answer.json.object("$defs")
    let text = String(decoding: answer.body, as: UTF8.self)
    #expect(!text.contains("#/components/"))
    let named = text.components(separatedBy: "\"$ref\":\"#/$defs/").dropFirst()
      .compactMap { $0.split(separator: "\"").first.map { String($0) } }
    #expect(Set(named) == Set(definitions.members.map(\.key)))
    for (side, messages) in [("client", MessageSchemas.client), ("server", MessageSchemas.server)] {
      #expect(Set(messages.map(\.type)).count == messages.count)
      for message in messages { #expect(definitions["\(side).\(message.type)"] != nil) }
    }
  }
}
