// Rooms from rows and rows from rooms.

import Commerce
import JSON
import Room
package import RoomLog
package import Store

extension EventRow {
  /// An event as its row. What only the server may know stands beside the body.
  init(_ entry: SequencedEvent) {
    let body = entry.event.body
    var secret: [UInt8] = []
    if case .string(let text)? = body[EventCoding.secretKey] { secret = Array(text.utf8) }
    self.init(
      sequence: entry.sequence, atMs: entry.atMs, mediaTimeMs: entry.mediaTimeMs,
      actor: entry.actor.rawValue, kind: entry.event.kind,
      body: JSONValue.object(EventCoding.publishedBody(body)).write(), secret: secret,
      isAudited: entry.event.isAudited)
  }
}

extension SequencedEvent {
  /// A row as its event; what can't be read is an event without meaning, never lost.
  package init(_ row: EventRow) {
    var body = JSONObject()
    if case .object(let object)? = try? JSONValue.parse(row.body) { body = object }
    if !row.secret.isEmpty {
      body[EventCoding.secretKey] = .string(String(decoding: row.secret, as: UTF8.self))
    }
    self.init(
      sequence: row.sequence, atMs: row.atMs, mediaTimeMs: row.mediaTimeMs,
      actor: PersonID(row.actor), event: RoomEvent(kind: row.kind, body: body))
  }
}

extension RoomEvent {
  /// Whether it belongs to the audit trail: what staff did.
  var isAudited: Bool {
    switch self {
    case .messageDeleted, .messagePinned, .messageReviewed, .messagesCleared, .chatSet, .muted,
      .timedOut, .banned, .unbanned, .roleSet, .stageInvited, .stageRemoved, .pollOpened,
      .pollClosed, .pollRevealed, .questionDismissed, .giveawayOpened, .giveawayDrawn,
      .giveawayCancelled, .scheduled, .announced, .roomSet:
      true
    case .shop(let event): event.isAudited
    case .said, .roleSeen, .invitationAnswered, .stageLeft, .followed, .reactionsCounted, .voted,
      .asked, .upvoted, .questionAnswered, .questionHighlighted, .entered, .giveawayClosed,
      .phaseChanged, .audienceCounted, .unknown:
      false
    }
  }

  /// Whether it changes what the landing page shows of the room.
  var isListed: Bool {
    switch self {
    case .scheduled, .roomSet, .phaseChanged, .audienceCounted, .roleSeen: true
    default: false
    }
  }
}

extension ShopEvent {
  /// Whether it is what the host's team did; what buyers did is the log's alone.
  fileprivate var isAudited: Bool {
    switch self {
    case .shopSet, .listingPut, .listingRemoved, .listingsOrdered, .variantSet, .listingPinned,
      .voucherPut, .voucherRemoved, .dropScheduled, .dropStarted, .lotOpened,
      .dropEnded(_, .cancelled), .lotClosed(_, .cancelled), .orderMoved(_, .refundRequested, _),
      .orderMoved(_, .shipped, _), .reportRefused:
      true
    case .dropOpened, .claimed, .dropLeft, .dropDecided, .holdMade, .holdPriced, .holdEnded,
      .dropEnded, .dropSettled, .dropRestocked, .merchantAwaited, .lotStarted, .bidPlaced,
      .lotProlonged, .lotClosing, .lotAwarded, .lotClosed, .cartSet, .voucherApplied, .orderMade,
      .orderPriced, .paymentOffered, .orderMoved, .gifted,
      .unitsAsked, .unitsGranted, .unitsAskedAgain, .unitsUnanswered, .unitsReturned, .shopOver:
      false
    }
  }
}

extension RoomHouse {
  /// The room as the landing page lists it.
  var listing: ShowRow {
    let show = state.show
    let phase: ShowRow.Phase =
      switch show.phase {
      case .scheduled: .scheduled
      case .waiting: .waiting
      case .live: .live
      case .away: .away
      case .ended: .ended
      }
    let title = show.settings.title ?? show.schedule?.title
    return ShowRow(
      phase: phase, title: title.flatMap { texts[$0] } ?? "",
      host: state.people.host.flatMap { people.record($0) }?.identity,
      startsAtMs: show.firstLiveAtMs ?? show.schedule?.startsAtMs, endedAtMs: show.endedAtMs,
      retentionDays: show.settings.retentionDays > 0 ? Int(show.settings.retentionDays) : nil,
      viewersPeak: Int(show.peak), isListed: show.settings.isListed)
  }
}

extension OpenedRoom {
  /// Reads a room on the store's reading thread: newest snapshot, events after it, people, texts, keys.
  package init(reading key: RoomKey, from reader: RoomReader, atMs now: Int64) throws(StoreError) {
    var image = try reader.image(of: key, atMs: now)
    var state = RoomState()
    if let snapshot = image.snapshot {
      if let decoded = try? RoomState(snapshot: snapshot.body) {
        state = decoded
      } else {
        // Another program's snapshot: the log is the truth.
        image = try reader.image(of: key, atMs: now, snapshotBefore: 0)
      }
    }
    for row in image.tail { state.apply(SequencedEvent(row)) }
    let shown = state.shownTexts.map(\.rawValue).sorted()
    let texts = try reader.texts(shown, in: key).compactMap { row in
      row.body.map { NewText(id: TextID(row.text), author: PersonID(row.author), body: $0) }
    }
    self.init(
      key: key,
      house: RoomHouse(
        state: state,
        people: image.people.compactMap { row in
          // Whoever was erased is nobody's.
          row.identity.map {
            PersonRecord(person: PersonID(row.person), identity: $0, name: row.name)
          }
        },
        texts: texts,
        keys: IdempotencyIndex(image.replies.map { (keyHash: $0.keyHash, row: $0.row) })),
      tailCount: image.tail.count,
      gifts: try reader.gifts(in: key, after: state.shop.gifts.lastPosting))
  }
}
