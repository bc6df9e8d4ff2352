// Revoked tokens: whose, where, for how long, and the lines of the file that keeps them.

import JSON
package import Wire

/// That no token of a subject counts in a room any more.
package struct Revocation: Hashable, Sendable {
  package let room: String
  package let subject: String
  /// When the last token it is about has expired; nil: never, it stays until lifted.
  package let until: WallTime?

  package init(room: String, subject: String, until: WallTime?) {
    self.room = room
    self.subject = subject
    self.until = until
  }
}

/// One change of the revocations, as it is kept on disk.
package enum RevocationChange: Hashable, Sendable {
  case revoke(Revocation)
  case lift(room: String, subject: String)

  /// The change as a line of the file, without its end.
  package var line: String {
    var object = JSONObject()
    switch self {
    case .revoke(let revocation):
      object["room"] = .string(revocation.room)
      object["subject"] = .string(revocation.subject)
      if let until = revocation.until { object["untilMs"] = .integer(until.milliseconds) }
    case .lift(let room, let subject):
      object["room"] = .string(room)
      object["subject"] = .string(subject)
      object["lifted"] = true
    }
    return String(decoding: JSONValue.object(object).write(), as: UTF8.self)
  }

  /// Reads a line; nil when it is none of ours.
  package init?(line: String) {
    guard let value = try? JSONValue.parse(Array(line.utf8)),
      let fields = try? JSONFields(document: value), let room = try? fields.string("room"),
      let subject = try? fields.string("subject"), Credential.isRoomName(room)
    else { return nil }
    do {
      if try fields.optionalBool("lifted") ?? false {
        self = .lift(room: room, subject: subject)
      } else {
        let until = try fields.optionalInt("untilMs", in: 0...Revocations.untilMsMax)
        self = .revoke(
          Revocation(
            room: room, subject: subject,
            until: until.map { WallTime(nanoseconds: $0 * 1_000_000) }))
      }
    } catch {
      return nil
    }
  }
}

/// All revocations in force.
package struct Revocations: Sendable {
  private struct Key: Hashable, Sendable {
    let room: String
    let subject: String
  }

  private var entries: [Key: WallTime?] = [:]

  /// More than the troublemakers of a year; a line each, so the file stays below 30 MB.
  package static let entriesMax = 100_000
  /// 2242, as for the claims of a token.
  package static let untilMsMax: Int64 = 8_589_934_592_000

  /// None.
  package init() {}

  /// Reads a file: one change a line, later ones win. A last line that was not written to its end
  /// was never acknowledged and does not count.
  ///
  /// - Returns: nil when a whole line is none of ours; leaving it out could let somebody back in.
  package static func parse(file text: String, at now: WallTime) -> Revocations? {
    var revocations = Revocations()
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    // What follows the last end of a line.
    if !lines.isEmpty { lines.removeLast() }
    for line in lines where !line.isEmpty {
      guard let change = RevocationChange(line: String(line)) else { return nil }
      if revocations.apply(change) { continue }
      revocations.expire(at: now)
      guard revocations.apply(change) else { return nil }
    }
    return revocations
  }

  /// Applies a change; false when there are too many.
  package mutating func apply(_ change: RevocationChange) -> Bool {
    switch change {
    case .revoke(let revocation):
      let key = Key(room: revocation.room, subject: revocation.subject)
      guard entries[key] != nil || entries.count < Revocations.entriesMax else { return false }
      entries[key] = .some(revocation.until)
    case .lift(let room, let subject):
      entries[Key(room: room, subject: subject)] = nil
    }
    return true
  }

  /// Whether tokens of `subject` do not count in `room` at `now`.
  package func contains(subject: String, room: String, at now: WallTime) -> Bool {
    guard let until = entries[Key(room: room, subject: subject)] else { return false }
    // A token is accepted for the leeway beyond its end, so its revocation lasts as long.
    return until.map { now < $0 + JSONWebToken.leeway } ?? true
  }

  /// Forgets those whose tokens have all expired.
  package mutating func expire(at now: WallTime) {
    for (key, until) in entries {
      if let until, now >= until + JSONWebToken.leeway { entries[key] = nil }
    }
  }

  /// The number in force or not yet forgotten.
  package var count: Int { entries.count }

  /// The lines of a file that holds just these, in a fixed order.
  package var lines: [String] {
    entries.map { key, until in
      RevocationChange.revoke(Revocation(room: key.room, subject: key.subject, until: until)).line
    }.sorted()
  }
}
