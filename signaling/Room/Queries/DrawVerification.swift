// Repeats the draws of an exported log, line by line (PROTOCOL.md, "Verifying a draw").

import JSON

/// Reads a log as JSON Lines and says of each giveaway whether its draw is what the log commits to.
///
/// It knows nothing of a room's state: commitment, entries and bans are all it goes by.
package struct DrawVerification: Sendable {
  /// What became of one giveaway.
  package struct Verdict: Hashable, Sendable {
    package let giveaway: EntryID
    /// Nil where there is nothing to verify: not drawn yet, or cancelled.
    package let isRight: Bool?
    /// One English sentence without the giveaway's id.
    package let text: String
  }

  /// Why a log can't be verified.
  package struct Refusal: Error, Hashable, Sendable {
    package let text: String
  }

  private enum End: Hashable, Sendable {
    case open, cancelled
    case drawn(seed: [UInt8], winners: [PersonID])
  }

  private struct Opened: Sendable {
    let event: GiveawayOpenedEvent
    /// In the order of the log, until the draw.
    var entries: [PersonID] = []
    /// The same people, to look up.
    var entrants: Set<PersonID> = []
    var end = End.open
  }

  private var giveaways: [EntryID: Opened] = [:]
  private var names: [PersonID: String] = [:]
  private var room: String?
  private var lastSequence: Int64 = 0
  /// The last event that the export's first line promises.
  private var promised: Int64 = 0
  private var lineCount = 0

  /// Nothing is read yet.
  package init() {}

  // MARK: Reading

  /// Takes the next line of the log, without its line feed: pages one after the other.
  ///
  /// - Throws: what is wrong with it, or with its place.
  package mutating func take(_ line: [UInt8]) throws(Refusal) {
    lineCount += 1
    guard !line.isEmpty else { return }
    guard let value = try? JSONValue.parse(line), case .object(let object) = value else {
      throw Refusal(text: "line \(lineCount) is not a JSON object")
    }
    let fields = JSONFields(object)
    do {
      switch try fields.string("type") {
      case "room": try takeRoom(fields)
      case "event": try takeEvent(fields)
      case "person":
        let person = PersonID(UInt32(try fields.int("person", in: 0...Int64(UInt32.max))))
        names[person] = try fields.optionalString("identity")
      // Of a newer program, or texts.
      default: break
      }
    } catch let error as JSONMismatch {
      throw Refusal(text: "line \(lineCount): \(error.text)")
    } catch {
      throw error as? Refusal ?? Refusal(text: "line \(lineCount) can't be read")
    }
  }

  private mutating func takeRoom(_ fields: JSONFields) throws {
    let name = try fields.string("room")
    guard room == nil, lastSequence == 0 else {
      throw Refusal(text: "line \(lineCount) begins another log: give one at a time")
    }
    room = name
    promised = try fields.optionalInt("lastSequence") ?? 0
  }

  private mutating func takeEvent(_ fields: JSONFields) throws {
    let sequence = try fields.int("sequence", in: 1...Int64.max)
    // One missing event could be an entry, or a ban.
    guard sequence == lastSequence + 1 else {
      throw Refusal(
        text: "line \(lineCount): event \(sequence) follows event \(lastSequence): "
          + "pages are missing, twice, or out of order")
    }
    lastSequence = sequence
    let actor = PersonID(UInt32(try fields.int("actor", in: 0...Int64(UInt32.max))))
    let kind = try fields.string("kind")
    switch RoomEvent(kind: kind, body: try fields.fields("body").object) {
    case .giveawayOpened(let event): giveaways[sequence] = Opened(event: event)
    case .entered(let id): enter(actor, id)
    case .banned(let person, _, _, _): remove(person)
    case .giveawayDrawn(let id, let seed, let winners):
      guard giveaways[id]?.end == .open else {
        throw Refusal(text: "event \(sequence) draws giveaway \(id), which is not open")
      }
      giveaways[id]?.end = .drawn(seed: seed, winners: winners)
    case .giveawayCancelled(let id): giveaways[id]?.end = .cancelled
    case .unknown where DrawVerification.kinds.contains(kind):
      throw Refusal(text: "event \(sequence) is no \(kind) as PROTOCOL.md has it")
    default: break
    }
  }

  /// Without these a draw can't be repeated.
  private static let kinds: Set = [
    "giveawayOpened", "entered", "banned", "giveawayDrawn", "giveawayCancelled",
  ]

  private mutating func enter(_ person: PersonID, _ id: EntryID) {
    guard giveaways[id]?.end == .open, giveaways[id]?.entrants.insert(person).inserted ?? false
    else { return }
    giveaways[id]?.entries.append(person)
  }

  private mutating func remove(_ person: PersonID) {
    for id in giveaways.keys where giveaways[id]?.end == .open {
      guard giveaways[id]?.entrants.remove(person) != nil else { continue }
      giveaways[id]?.entries.removeAll { $0 == person }
    }
  }

  // MARK: Judging

  /// The verdicts on all giveaways, oldest first, once every line was taken.
  ///
  /// - Throws: when the log is not whole.
  package func verdicts() throws(Refusal) -> [Verdict] {
    guard room != nil else {
      throw Refusal(text: "its first line is missing, the one of type room")
    }
    guard lastSequence >= promised else {
      throw Refusal(
        text: "it ends at event \(lastSequence) of \(promised): later pages are missing")
    }
    return giveaways.sorted { $0.key < $1.key }.map { judge($0.key, $0.value) }
  }

  private func judge(_ id: EntryID, _ giveaway: Opened) -> Verdict {
    switch giveaway.end {
    case .open: Verdict(giveaway: id, isRight: nil, text: "is not drawn yet")
    case .cancelled: Verdict(giveaway: id, isRight: nil, text: "was cancelled")
    case .drawn(let seed, let winners): judge(id, giveaway, seed: seed, winners: winners)
    }
  }

  private func judge(
    _ id: EntryID, _ giveaway: Opened, seed: [UInt8], winners: [PersonID]
  ) -> Verdict {
    guard Draw.commitment(seed: seed, giveaway: id) == giveaway.event.commitment else {
      return Verdict(
        giveaway: id, isRight: false,
        text: "is wrong: the seed is not the one that was committed to when it was opened")
    }
    let expected = Draw.winners(
      seed: seed, giveaway: id, entries: giveaway.entries, count: giveaway.event.winners)
    guard expected == winners else {
      return Verdict(
        giveaway: id, isRight: false,
        text: "is wrong: seed and entries give \(list(expected)), the log says \(list(winners))")
    }
    return Verdict(
      giveaway: id, isRight: true,
      text: "is right: of \(giveaway.entries.count) entries, \(list(winners))")
  }

  private func list(_ people: [PersonID]) -> String {
    people.isEmpty ? "nobody" : people.map { name($0) }.joined(separator: ", ")
  }

  /// Identities are printed as JSON: what somebody chose as a name must not steer a terminal.
  private func name(_ person: PersonID) -> String {
    guard let name = names[person] else { return "person \(person.rawValue)" }
    return String(decoding: JSONValue.string(name).write(), as: UTF8.self)
  }
}
