// The examples of PROTOCOL.md, taken out of the file, so that the document is what is tested.

import Foundation
import JSON

/// signaling/PROTOCOL.md.
enum ProtocolDocument {
  static func text() throws -> String {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return try String(
      contentsOf: root.appending(path: "signaling/PROTOCOL.md"), encoding: .utf8)
  }

  /// The part about chat, polls and people: its messages are the room's, not this target's.
  static func roomPart() throws -> String {
    let parts = try text().components(separatedBy: "\n## The room: chat, polls, people\n")
    guard parts.count == 2 else { throw NotAnObject() }
    return parts[1].components(separatedBy: "\n## ")[0]
  }

  /// The part about the shop: the room's too.
  static func shopPart() throws -> String {
    let parts = try text().components(separatedBy: "\n## The shop\n")
    guard parts.count == 2 else { throw NotAnObject() }
    return parts[1].components(separatedBy: "\n## ")[0]
  }

  /// The texts of all messages in the document's fenced JSON blocks, in order; without the room's.
  static func examples() throws -> [String] {
    examples(
      in: try text().replacingOccurrences(of: try roomPart(), with: "")
        .replacingOccurrences(of: try shopPart(), with: ""))
  }

  /// The texts of all messages in a text's fenced JSON blocks, in order.
  static func examples(in text: String) -> [String] {
    text.components(separatedBy: "```json\n").dropFirst()
      .map { $0.components(separatedBy: "```")[0] }
      .flatMap { messages(in: $0) }
  }

  /// Examples of requests: those with neither `ref` nor what only the event of that name has.
  static func requests() throws -> [String] {
    try examples().filter { text in
      let object = try object(text)
      let isReply = object["ref"] != nil
      let isEvent = object["reason"] != nil && object["id"] == nil
      let type = try type(of: object)
      return !isReply && !isEvent && requestTypes.contains(type)
    }
  }

  /// All other examples.
  static func serverMessages() throws -> [String] {
    let requests = Set(try requests())
    return try examples().filter { !requests.contains($0) }
  }

  static let requestTypes: Set<String> = [
    "join", "token", "publish", "unpublish", "subscribe", "assign", "layer", "trickle", "leave",
    "ping", "watching",
  ]

  static func object(_ text: String) throws -> JSONObject {
    guard case .object(let object) = try JSONValue.parse(Array(text.utf8)) else {
      throw NotAnObject()
    }
    return object
  }

  static func type(of object: JSONObject) throws -> String {
    guard case .string(let type) = object["type"] else { throw NotAnObject() }
    return type
  }

  struct NotAnObject: Error {}

  /// Splits a block at the end of each outermost object.
  private static func messages(in block: String) -> [String] {
    var result: [String] = []
    var current = ""
    var depth = 0
    var isString = false
    var isEscaped = false
    for character in block {
      if depth > 0 || character == "{" { current.append(character) }
      if isString {
        if isEscaped {
          isEscaped = false
        } else if character == "\\" {
          isEscaped = true
        } else if character == "\"" {
          isString = false
        }
        continue
      }
      switch character {
      case "\"": isString = true
      case "{", "[": depth += 1
      case "}", "]":
        depth -= 1
        if depth == 0 {
          result.append(current)
          current = ""
        }
      default: break
      }
    }
    return result
  }
}

/// A value whose objects' members are in alphabetical order, to compare without regard to order.
func sorted(_ value: JSONValue) -> JSONValue {
  switch value {
  case .object(let object):
    .object(
      JSONObject(
        object.members.sorted { $0.key < $1.key }.map { ($0.key, sorted($0.value)) }))
  case .array(let items): .array(items.map { sorted($0) })
  case .null, .bool, .integer, .double, .string: value
  }
}

func parsed(_ bytes: [UInt8]) throws -> JSONValue { sorted(try JSONValue.parse(bytes)) }
