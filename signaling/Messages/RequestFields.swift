// Reading a request's fields: JSON's mismatches become refusals, protocol names are checked.

import JSON
import MediaControl

/// The fields of one request.
struct RequestFields {
  let fields: JSONFields

  init(_ fields: JSONFields) { self.fields = fields }

  func string(_ key: String) throws(MessageRefusal) -> String {
    do throws(JSONMismatch) {
      return try fields.string(key)
    } catch {
      throw MessageRefusal(error)
    }
  }

  func optionalString(_ key: String) throws(MessageRefusal) -> String? {
    do throws(JSONMismatch) {
      return try fields.optionalString(key)
    } catch {
      throw MessageRefusal(error)
    }
  }

  func int(_ key: String) throws(MessageRefusal) -> Int64 {
    do throws(JSONMismatch) {
      return try fields.int(key)
    } catch {
      throw MessageRefusal(error)
    }
  }

  func optionalInt(_ key: String) throws(MessageRefusal) -> Int64? {
    do throws(JSONMismatch) {
      return try fields.optionalInt(key)
    } catch {
      throw MessageRefusal(error)
    }
  }

  /// A number as it was written, `null` when absent: it goes back untouched.
  func number(_ key: String) throws(MessageRefusal) -> JSONValue {
    switch fields.object[key] ?? .null {
    case .integer(let value): return .integer(value)
    case .double(let value): return .double(value)
    case .null: return .null
    case .bool(let value): throw wrongType(key, "a number", .bool(value))
    case .string(let value): throw wrongType(key, "a number", .string(value))
    case .array(let value): throw wrongType(key, "a number", .array(value))
    case .object(let value): throw wrongType(key, "a number", .object(value))
    }
  }

  // MARK: Names

  /// A connection's name, looked up later.
  func connection() throws(MessageRefusal) -> String {
    try named("connection", string("connection"), max: MessageLimits.connectionMax)
  }

  /// A connection's name, or nil when a new one is wanted.
  func optionalConnection() throws(MessageRefusal) -> String? {
    guard let text = try optionalString("connection") else { return nil }
    return try named("connection", text, max: MessageLimits.connectionMax)
  }

  func mid() throws(MessageRefusal) -> String {
    try named("mid", string("mid"), max: MessageLimits.midMax)
  }

  private func named(_ key: String, _ text: String, max: Int) throws(MessageRefusal) -> String {
    guard (1...max).contains(text.utf8.count) else {
      throw refusal(key, "1 to \(max) bytes", "\(text.utf8.count)")
    }
    return text
  }

  // MARK: Maps by mid

  /// The members of an object whose keys are mids; none when it is absent.
  func byMID(_ key: String) throws(MessageRefusal) -> [JSONObject.Member] {
    let members: [JSONObject.Member]
    do throws(JSONMismatch) {
      members = try fields.optionalFields(key)?.object.members ?? []
    } catch {
      throw MessageRefusal(error)
    }
    guard members.count <= MessageLimits.sectionsMax else {
      throw refusal(key, "at most \(MessageLimits.sectionsMax) sections", "\(members.count)")
    }
    for member in members
    where !(1...MessageLimits.midMax).contains(member.key.utf8.count) {
      throw refusal(key, "mids of 1 to \(MessageLimits.midMax) bytes", "\(member.key.utf8.count)")
    }
    return members
  }

  /// What a section is to carry; `null` means nothing.
  func reference(_ path: String, _ value: JSONValue) throws(MessageRefusal) -> TrackReference {
    let expected = "SUB/NAME, a track id or null"
    switch value {
    case .null: return .nothing
    case .string(let text):
      guard let reference = TrackReference(text) else {
        throw refusal(path, expected, "another string")
      }
      return reference
    case .bool, .integer, .double, .array, .object: throw wrongType(path, expected, value)
    }
  }

  /// A layer, or nil for `null`.
  func selection(_ path: String, _ value: JSONValue) throws(MessageRefusal) -> LayerSelection? {
    let expected = "auto, q, h or f"
    switch value {
    case .null: return nil
    case .string("auto"): return .automatic
    case .string(let text):
      guard let rank = LayerRank(name: text) else {
        throw refusal(path, expected, "another string")
      }
      return .pinned(rank)
    case .bool, .integer, .double, .array, .object: throw wrongType(path, expected, value)
    }
  }

  // MARK: Refusals

  func refusal(_ key: String, _ expected: String, _ found: String) -> MessageRefusal {
    MessageRefusal(fields.refusal(key, expected: expected, found: found))
  }

  private func wrongType(
    _ key: String, _ expected: String, _ value: JSONValue
  ) -> MessageRefusal { refusal(key, expected, value.typeName) }
}
