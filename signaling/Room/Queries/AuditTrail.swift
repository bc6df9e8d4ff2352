// The audit trail for people: who did what to whom, with names and texts.

import Access
import Commerce
import JSON

/// A page of the audit trail, newest first.
package struct AuditTrail: Sendable {
  private let entries: [SequencedEvent]
  /// The events that made the things that entries are about.
  private var origins: [EntryID: SequencedEvent] = [:]

  /// Audited events.
  package init(_ entries: [SequencedEvent]) { self.entries = entries }

  /// The sequences of the events that tell more of these; to be added.
  package var things: Set<EntryID> { Set(entries.compactMap { $0.event.thing?.id }) }

  /// Adds one of `things`.
  package mutating func add(_ origin: SequencedEvent) { origins[origin.sequence] = origin }

  /// Everyone it names.
  package var people: Set<PersonID> {
    Set(entries.map(\.actor) + entries.compactMap { member($0) })
  }

  /// Every text it shows.
  package var texts: [TextID] { entries.compactMap { text($0) } }

  /// The page.
  ///
  /// - Parameter next: where the trail goes on before these, nil at its beginning.
  package func page(people: [PersonRecord], texts: [NewText], next: Int64?) -> [UInt8] {
    let rendering = EntryRendering(people: people, texts: texts)
    var page = EntryPage()
    var next = next
    for (index, entry) in entries.enumerated() where !page.add(json(entry, rendering)) {
      next = entries[index - 1].sequence
      break
    }
    let body: JSONValue = ["entries": .array(page.items), "next": Room.json(next)]
    return body.write()
  }

  /// Whom it is about: named by it, or the author of what it is about.
  private func member(_ entry: SequencedEvent) -> PersonID? {
    if let person = entry.event.member { return person }
    guard let thing = entry.event.thing, let origin = origins[thing.id] else { return nil }
    switch origin.event {
    case .said, .asked: return origin.actor
    default: return nil
    }
  }

  private func text(_ entry: SequencedEvent) -> TextID? {
    entry.event.words ?? entry.event.thing.flatMap { origins[$0.id]?.event.words }
  }

  private func json(_ entry: SequencedEvent, _ rendering: EntryRendering) -> JSONValue {
    var object = JSONObject([
      ("cursor", .integer(entry.sequence)), ("atMs", .integer(entry.atMs)),
      ("kind", .string(entry.event.kind)), ("by", rendering.member(entry.actor)),
      ("member", member(entry).map { rendering.member($0) } ?? .null),
      ("text", entry.event.shop?.auditText ?? rendering.text(text(entry))),
    ])
    for (name, value) in entry.event.shop?.auditThings(at: entry.sequence) ?? [] {
      object[name] = value
    }
    // Null alone would say that it was about nobody.
    if let person = member(entry), rendering.people.record(person) == nil {
      object["erased"] = true
    }
    if let thing = entry.event.thing { object[thing.name] = .integer(thing.id) }
    switch entry.event {
    case .muted(_, let on): object["on"] = .bool(on)
    case .timedOut(_, let untilMs): object["untilMs"] = .integer(untilMs)
    case .banned(_, let device, _, _): object["device"] = .bool(device != nil)
    case .roleSet(_, let role): object["role"] = .string(role.rawValue)
    case .messageReviewed(_, let approved, _): object["approved"] = .bool(approved)
    default: break
    }
    return .object(object)
  }
}

extension RoomEvent {
  fileprivate var shop: ShopEvent? { if case .shop(let event) = self { event } else { nil } }

  /// The member it is about.
  fileprivate var member: PersonID? {
    switch self {
    case .messagesCleared(let person), .muted(let person, _), .timedOut(let person, _),
      .banned(let person, _, _, _), .unbanned(let person), .roleSet(let person, _),
      .stageInvited(let person), .stageRemoved(let person):
      person
    default: nil
    }
  }

  /// What was written with it, its title where there is more.
  fileprivate var words: TextID? {
    switch self {
    case .said(let event): event.text
    case .asked(let text), .announced(let text): text
    case .banned(_, _, let reason, _): reason
    case .pollOpened(let event): event.question
    case .giveawayOpened(let event): event.prize
    case .scheduled(let schedule): schedule.title
    case .roomSet(let settings): settings.title
    default: nil
    }
  }

  /// The thing it is about, that an earlier event made.
  fileprivate var thing: (name: String, id: EntryID)? {
    switch self {
    case .messageDeleted(let id), .messageReviewed(let id, _, _), .messagePinned(let id?):
      ("message", id)
    case .pollClosed(let id), .pollRevealed(let id): ("poll", id)
    case .questionDismissed(let id): ("question", id)
    case .giveawayDrawn(let id, _, _), .giveawayCancelled(let id): ("giveaway", id)
    default: nil
    }
  }
}

extension ShopEvent {
  /// What was written with it: the shop's texts stand in the log itself.
  fileprivate var auditText: JSONValue? {
    switch self {
    case .listingPut(_, let draft): .string(draft.title)
    case .voucherPut(let draft): .string(draft.code)
    case .voucherRemoved(let code): .string(code)
    case .orderMoved(_, _, let reason): reason.map { .string($0) }
    case .reportRefused(_, let report): .string(report.rawValue)
    default: nil
    }
  }

  /// What it is about.
  fileprivate func auditThings(at sequence: Int64) -> [(String, JSONValue)] {
    switch self {
    case .listingPut(let id, _): [("listing", .integer(id ?? sequence))]
    case .listingRemoved(let id): [("listing", .integer(id))]
    case .listingPinned(_, let id): id.map { [("listing", .integer($0))] } ?? []
    case .variantSet(let sku, _, _): [("sku", .string(sku))]
    case .dropScheduled(let event): [("drop", .integer(sequence)), ("sku", .string(event.sku))]
    case .dropStarted(let id, _), .dropEnded(let id, _): [("drop", .integer(id))]
    case .lotOpened(let event): [("lot", .integer(sequence)), ("sku", .string(event.sku))]
    case .lotClosed(let id, _): [("lot", .integer(id))]
    case .orderMoved(let id, _, _), .reportRefused(let id, _): [("order", .integer(id))]
    default: []
    }
  }
}
