// The connection that writes to PostgreSQL: a group of items becomes one transaction, sent in one piece.

import Loop
import RoomLog
import Synchronization
import Wire

/// Writes groups, holds the rooms. A final class because it is the one owner of the one connection that
/// writes.
final class PostgresWriter: LogWriter {
  private let session: PostgresSession
  private let ledger: LedgerWriter
  private var leases: RoomLeases
  private var notices = ErasedNotices()
  private var hookRounds = HookRounds()
  private var revocationRounds = RevocationRounds()
  /// When the last round was: one that is asked for waits a little.
  private var lastRound = Instant.zero
  /// When the next round of renewals and questions is due at the latest.
  private var nextRound = Instant.zero
  private let onNews: @Sendable (StoreNews) -> Void
  // Their memory is ahead of the database until the owner opens them again.
  private var refusedRooms: Set<RoomKey> = []

  /// Connects, and brings the schema up to date.
  ///
  /// - Parameters:
  ///   - node: this process's name in the database, the same after a restart.
  ///   - place: where others send who wants a room of this process's, or pass on what they ask.
  ///   - onNews: called with what other processes did to this one's rooms.
  init(
    _ address: PostgresAddress, node: String, place: NodePlace = NodePlace(),
    patience: StorePatience = StorePatience(),
    onNews: @escaping @Sendable (StoreNews) -> Void
  ) throws(StoreError) {
    try PostgresMigration.run(on: address, atMs: RoomStore.nowMs)
    let journal = PostgresJournal(
      name: node, place: place, incarnation: .random(in: .min ... .max))
    session = try PostgresSession(address, journal: journal, patience: patience)
    ledger = LedgerWriter(session)
    leases = RoomLeases(life: patience.lease)
    self.onNews = onNews
    session.onAway = { [unowned self] now in lose(leases.expire(at: now)) }
  }

  private var node: Int64 { session.journal?.node ?? 0 }

  func membership() throws(StoreError) -> NodeMembership? {
    NodeMembership(node: node, key: try SharedSecrets.nodeKey(session))
  }

  // MARK: Between groups

  var connection: any SQLDatabase { session }

  var hooks: HookStatements { HookStatements(session, node: node) }

  /// What was erased goes from PostgreSQL's files with its own vacuuming.
  func noteErasure() { onNews(.worthTelling([.erasures])) }

  func revocations() throws(StoreError) -> [RevocationRow] { try RevocationRounds.all(session) }

  func tend(_ board: StoreBoard, isIdle: Bool, at now: Instant) throws(StoreError) -> Instant {
    if board.isNudged.exchange(false, ordering: .acquiringAndReleasing) {
      nextRound = min(nextRound, lastRound + StoreLimits.nudgePause)
    }
    if now >= min(nextRound, leases.nextRenewal) {
      try renew(at: now, viewers: board.viewers.withLock { $0 })
    }
    return min(nextRound, leases.nextRenewal)
  }

  private func renew(at now: Instant, viewers: [RoomKey: Int]) throws(StoreError) {
    var (rooms, counts) = (PostgresColumn.integers, PostgresColumn.integers)
    for room in leases.rooms {
      rooms.add(room.rawValue)
      counts.add(Int64(viewers[room] ?? 0))
    }
    var parameters = PostgresParameters()
    parameters.add(node)
    parameters.add(rooms)
    let life = leases.life.nanoseconds / 1_000_000
    parameters.add(life)
    parameters.add(counts)
    let hookCalls = HookRounds.calls(node: node, life: life, atMs: RoomStore.nowMs)
    let revocationCalls = revocationRounds.calls(at: now, atMs: RoomStore.nowMs)
    let answers = try session.repeatable(
      [PostgresCall(PostgresWriter.renewal, parameters)] + notices.calls(rooms: rooms)
        + revocationCalls + hookCalls)
    lastRound = now
    nextRound = now + leases.life / 3
    var renewed: [RoomKey: Int64] = [:]
    for index in 0..<answers[0].rowCount {
      let row = answers[0].row(index)
      renewed[RoomKey(rawValue: row.integer(0))] = row.integer(1)
    }
    lose(leases.renewed(renewed, askedAt: now))
    let erased = notices.take(answers.dropFirst())
    if !erased.isEmpty { onNews(.erased(erased)) }
    let revoked = revocationRounds.take(
      answers.dropLast(hookCalls.count).suffix(revocationCalls.count), askedAt: now)
    if !revoked.isEmpty { onNews(.revocations(revoked)) }
    for news in hookRounds.take(answers.suffix(hookCalls.count)) { onNews(news) }
  }

  private static let renewal = """
    UPDATE room_owners AS owner SET viewers = held.viewers,
      lease_until = clock_timestamp() + $3::bigint * INTERVAL '1 millisecond'
    FROM unnest($2::bigint[], $4::bigint[]) AS held(room, viewers)
    WHERE owner.node = $1 AND owner.room = held.room RETURNING owner.room, owner.epoch
    """

  /// Gives up all rooms and what is to be sent, so that nobody waits for their leases.
  func close() {
    var parameters = PostgresParameters()
    parameters.add(node)
    // The leases run out by themselves when this fails.
    _ = try? session.exchange([
      PostgresCall(
        "UPDATE room_owners SET lease_until = clock_timestamp() WHERE node = $1", parameters),
      HookRounds.leaving(node: node),
    ])
    onNews(.worthTelling([.rooms, .hooks]))
  }

  /// Says what of a group others might want to know.
  private func tell(of items: [WriteItem], _ outcomes: [WriteOutcome]) {
    var hints: Set<StoreHint> = []
    for (item, outcome) in zip(items, outcomes) {
      switch (item, outcome) {
      case (_, .refused): continue
      case (.open(let name, _), _): hints.insert(.room(name))
      case (.release, _): hints.insert(.rooms)
      case (.revocation, _): hints.insert(.revocations)
      case (.hook(let change), _) where change.concernsEndpoints: hints.insert(.hooks)
      case (_, .transferred(.posted(let transfer))):
        if let wallet = transfer.wallet { hints.insert(.wallet(wallet)) }
      default: continue
      }
    }
    if !hints.isEmpty { onNews(.worthTelling(hints)) }
  }

  private func lose(_ rooms: [RoomKey]) {
    guard !rooms.isEmpty else { return }
    for room in rooms { leases.drop(room) }
    refusedRooms.formUnion(rooms)
    onNews(.lost(rooms))
  }

  // MARK: Groups

  /// Writes `items` in one transaction, committed when this returns; one outcome each, in order.
  ///
  /// A bad item is refused alone: the group is then written again with each item's changes undoable.
  func write(_ items: [WriteItem]) throws(StoreError) -> [WriteOutcome] {
    let outcomes = try writeGroup(items)
    tell(of: items, outcomes)
    return outcomes
  }

  private func writeGroup(_ items: [WriteItem]) throws(StoreError) -> [WriteOutcome] {
    do throws(StoreError) {
      return try writeTogether(items)
    } catch {
      switch error.reach {
      case .process: throw error
      case .group: return refuse(items, error)
      case .entry: return try writeApart(items)
      }
    }
  }

  private func writeTogether(_ items: [WriteItem]) throws(StoreError) -> [WriteOutcome] {
    let batch = try PostgresBatch(items, leases: leases, refused: refusedRooms, node: node)
    let now = SystemClock.now()
    if items.contains(where: \.isJudged) {
      return take(try writeJudging(items, batch), of: items, at: now)
    }
    guard !batch.calls.isEmpty else { return take(batch.written([]), of: items, at: now) }
    let (openingCount, answers) = try session.transact { (session) throws(StoreError) in
      let opening = session.opening
      return (opening.count, opening + batch.calls + session.ending)
    }
    guard let answers else { return try writtenUnheard(items, batch) }
    return take(
      batch.written(Array(answers.dropFirst(openingCount).dropLast())), of: items, at: now)
  }

  /// Transfers and changes of webhooks depend on what they find: the commit waits for their answers.
  private func writeJudging(
    _ items: [WriteItem], _ batch: PostgresBatch
  ) throws(StoreError) -> PostgresBatch.Written {
    try session.transact { (session) throws(StoreError) in
      let opening = session.opening
      let answers = try session.exchange(opening + batch.calls)
      var written = batch.written(Array(answers.dropFirst(opening.count)))
      for (index, item) in items.enumerated() {
        if let outcome = try judge(item) { written.outcomes[index] = outcome }
      }
      return (written, session.ending)
    }.0
  }

  /// Carries out an item that is judged; nil for any other.
  private func judge(_ item: WriteItem) throws(StoreError) -> WriteOutcome? {
    switch item {
    case .transfer(let order): return .transferred(try judge(order))
    case .hook(let change):
      let (changed, endpoints) = try hooks.apply(change)
      return .hooked(changed, hooks: changed == .missing ? [] : endpoints)
    case .revocation(let row):
      try RevocationRounds.write(row, session)
      return .committed(reply: nil)
    case .entry, .open, .snapshot, .release: return nil
    }
  }

  /// A gift is told in its room's log, so only the process that has the room takes it.
  private func judge(_ order: TransferOrder) throws(StoreError) -> TransferOutcome {
    if case .gift = order.work, let room = order.room {
      guard let epoch = leases.epochs[room] else { return .failed }
      _ = try session.exchange([PostgresGroup.fence(node, [(room, epoch, 0)])])
    }
    return try ledger.post(order)
  }

  /// The group is committed, but its answers were lost: what they said is asked for again.
  private func writtenUnheard(
    _ items: [WriteItem], _ batch: PostgresBatch
  ) throws(StoreError) -> [WriteOutcome] {
    var outcomes: [WriteOutcome] = []
    for (item, known) in zip(items, batch.unheard) {
      switch (item, known) {
      case (_, let known?):
        outcomes += take(PostgresBatch.Written(outcomes: [known]), of: [item], at: .zero)
      case (.entry(let entry), nil):
        outcomes.append(.committed(reply: try stored(entry.reply, entry.room)))
      // Opened once more: its epoch is the next one.
      case (.open, nil): outcomes += try writeTogether([item])
      case (.snapshot, nil), (.release, nil), (.transfer, nil), (.hook, nil),
        (.revocation, nil):
        outcomes.append(.committed(reply: nil))
      }
    }
    return outcomes
  }

  /// The number of a reply that was stored a moment ago.
  private func stored(_ reply: ReplyRow?, _ room: RoomKey) throws(StoreError) -> Int64? {
    guard let reply else { return nil }
    var parameters = PostgresParameters()
    for number in [room.rawValue, reply.atMs, Int64(bitPattern: reply.keyHash)] {
      parameters.add(number)
    }
    parameters.add(reply.subject)
    parameters.add(reply.key)
    let call = PostgresCall(
      """
      SELECT max(id) FROM replies
      WHERE room = $1 AND at_ms = $2 AND key_hash = $3 AND subject = $4 AND key = $5
      """, parameters)
    guard let row = try session.repeatable([call]).first?.row(0), !row.isNull(0) else {
      throw .damaged("a committed reply is missing")
    }
    return row.integer(0)
  }

  // MARK: One by one

  private func writeApart(_ items: [WriteItem]) throws(StoreError) -> [WriteOutcome] {
    let now = SystemClock.now()
    do throws(StoreError) {
      // The outcomes are all heard before the commit is sent.
      let (written, _) = try session.transact { (session) throws(StoreError) in
        _ = try session.exchange(session.opening)
        var refused = refusedRooms
        var written = PostgresBatch.Written(outcomes: [])
        for item in items { try writeApart(item, &refused, &written) }
        return (written, session.ending)
      }
      return take(written, of: items, at: now)
    } catch {
      guard error.reach != .process else { throw error }
      return refuse(items, error)
    }
  }

  private func writeApart(
    _ item: WriteItem, _ refused: inout Set<RoomKey>, _ written: inout PostgresBatch.Written
  ) throws(StoreError) {
    let batch = try PostgresBatch([item], leases: leases, refused: refused, node: node)
    let (savepoint, release) = (PostgresCall("SAVEPOINT item"), PostgresCall("RELEASE item"))
    do throws(StoreError) {
      if item.isJudged {
        _ = try session.exchange([savepoint])
        let outcome = try judge(item)
        _ = try session.exchange([release])
        return written.outcomes.append(outcome ?? .committed(reply: nil))
      }
      let answers =
        batch.calls.isEmpty ? [] : try session.exchange([savepoint] + batch.calls + [release])
      let one = batch.written(Array(answers.dropFirst().dropLast()))
      written.outcomes += one.outcomes
      written.epochs.merge(one.epochs) { $1 }
    } catch {
      guard error.reach == .entry else { throw error }
      _ = try session.exchange([PostgresCall("ROLLBACK TO item"), release])
      if case .entry(let entry) = item { refused.insert(entry.room) }
      written.outcomes.append(.refused(error))
    }
  }

  // MARK: Outcomes

  /// Nothing of the group is stored: what is in memory of its rooms is ahead of it.
  private func refuse(_ items: [WriteItem], _ error: StoreError) -> [WriteOutcome] {
    for case .entry(let entry) in items { refusedRooms.insert(entry.room) }
    return items.map { _ in .refused(error) }
  }

  /// Notes what the outcomes mean for the rooms.
  ///
  /// - Parameter askedAt: when what was opened was asked for.
  private func take(
    _ written: PostgresBatch.Written, of items: [WriteItem], at askedAt: Instant
  ) -> [WriteOutcome] {
    for (item, outcome) in zip(items, written.outcomes) {
      switch (item, outcome) {
      case (.entry(let entry), .refused(let error)):
        refusedRooms.insert(entry.room)
        if case .ownershipLost = error, leases.epochs[entry.room] != nil { lose([entry.room]) }
      case (.transfer, .refused(.ownershipLost(let room))):
        if leases.epochs[room] != nil { lose([room]) }
      case (.open, .opened(let room)):
        refusedRooms.remove(room)
        guard let epoch = written.epochs[room] else { break }
        leases.hold(room, epoch: epoch, askedAt: askedAt)
      case (.release(let room), .committed): leases.drop(room)
      default: break
      }
    }
    return written.outcomes
  }
}
