// What one transaction writes: the statements of a group's items, and what their answers mean.

import RoomLog
import Wire

/// The items of one transaction as calls.
struct PostgresBatch {
  private enum Plan {
    case refused(StoreError)
    /// Which reply of the batch it has, if any.
    case entry(reply: Int?, tellsHooks: Bool)
    /// Which call opens it.
    case opening(call: Int)
    case silent
  }

  /// What came of a batch.
  struct Written {
    var outcomes: [WriteOutcome]
    /// Of the rooms that were opened.
    var epochs: [RoomKey: Int64] = [:]
  }

  private(set) var calls: [PostgresCall] = []
  private var plans: [Plan] = []
  /// Which call gives the numbers of the replies.
  private var replyCall: Int?
  /// Which call gives the endpoints that have webhooks to be sent.
  private var hookCall: Int?

  /// - Parameters:
  ///   - refused: rooms whose memory is ahead of the database.
  ///   - node: this process's number.
  /// - Throws: `.sequenceGap`.
  init(
    _ items: [WriteItem], leases: RoomLeases, refused: Set<RoomKey>, node: Int64
  ) throws(StoreError) {
    var group = PostgresGroup()
    var replyCount = 0
    for case .entry(let entry) in items {
      guard !refused.contains(entry.room), let epoch = leases.epochs[entry.room] else { continue }
      try group.add(entry, epoch: epoch)
    }
    if !group.isEmpty { (calls, replyCall, hookCall) = group.calls(node: node) }
    // An entry of a room that is opened here was decided before: entries go first.
    for item in items {
      switch item {
      case .entry(let entry):
        if leases.epochs[entry.room] == nil {
          plans.append(.refused(.ownershipLost(room: entry.room)))
        } else if refused.contains(entry.room) {
          plans.append(.refused(.afterRefusal(room: entry.room)))
        } else {
          plans.append(
            .entry(reply: entry.reply.map { _ in replyCount }, tellsHooks: !entry.outbox.isEmpty))
          if entry.reply != nil { replyCount += 1 }
        }
      case .open(let name, let now):
        plans.append(.opening(call: calls.count))
        calls.append(PostgresBatch.opening(name, now, node, life: leases.life.nanoseconds))
      case .snapshot(let room, let snapshot):
        plans.append(.silent)
        calls += PostgresBatch.keeping(snapshot, of: room)
      case .release(let room):
        plans.append(.silent)
        guard let epoch = leases.epochs[room] else { continue }
        calls.append(PostgresBatch.releasing(room, epoch, node))
      // Judged by the writer, statement by statement.
      case .transfer, .hook, .revocation: plans.append(.silent)
      }
    }
  }

  // MARK: Answers

  /// What the answers to `calls` mean, for each item.
  func written(_ answers: [PostgresResult]) -> Written {
    var written = Written(outcomes: [])
    let replies = replyNumbers(answers)
    // Whose of the group they are makes no difference to who is told of them.
    var hooks = hookCall.map { answers[$0].integers } ?? []
    for plan in plans {
      switch plan {
      case .refused(let error): written.outcomes.append(.refused(error))
      case .entry(let reply, let tellsHooks):
        written.outcomes.append(
          .committed(reply: reply.map { replies[$0] }, hooks: tellsHooks ? hooks : []))
        if tellsHooks { hooks = [] }
      case .opening(let call): written.outcomes.append(opened(answers[call], &written.epochs))
      case .silent: written.outcomes.append(.committed(reply: nil))
      }
    }
    return written
  }

  /// The replies' numbers rise in the order in which they were sent.
  private func replyNumbers(_ answers: [PostgresResult]) -> [Int64] {
    guard let replyCall else { return [] }
    return answers[replyCall].integers.sorted()
  }

  private func opened(
    _ answer: PostgresResult, _ epochs: inout [RoomKey: Int64]
  ) -> WriteOutcome {
    guard answer.rowCount == 1 else { return .refused(.unknownRoom) }
    let row = answer.row(0)
    let (key, epoch) = (RoomKey(rawValue: row.integer(0)), row.integer(1))
    guard epoch > 0 else {
      let owner = RoomOwner(
        node: row.integer(2), publicURL: row.string(3), nodeURL: row.string(4))
      return .refused(.ownedElsewhere(owner))
    }
    epochs[key] = epoch
    return .opened(key)
  }

  /// What each item came to in a transaction that is committed, but whose answers were lost: nil for what
  /// only the answers said.
  var unheard: [WriteOutcome?] {
    plans.map { plan in
      switch plan {
      case .refused(let error): .refused(error)
      // Who has webhooks to be sent is told by the next round (`PostgresWriter.tend`).
      case .entry(let reply, _): reply == nil ? .committed(reply: nil) : nil
      case .opening: nil
      case .silent: .committed(reply: nil)
      }
    }
  }

  // MARK: Calls

  private static func opening(
    _ name: String, _ now: Int64, _ node: Int64, life: Int64
  ) -> PostgresCall {
    var parameters = PostgresParameters()
    parameters.add(node)
    parameters.add(name)
    parameters.add(now)
    parameters.add(life / 1_000_000)
    return PostgresCall("SELECT * FROM hawker_open($1, $2, $3, $4)", parameters)
  }

  /// Keeps a snapshot and lets the oldest go. One that is ahead of its log (an entry was refused
  /// meanwhile) is left out: nothing is lost but time.
  private static func keeping(_ snapshot: SnapshotRow, of room: RoomKey) -> [PostgresCall] {
    var parameters = PostgresParameters()
    parameters.add(room.rawValue)
    parameters.add(snapshot.sequence)
    parameters.add(snapshot.body)
    var kept = PostgresParameters()
    kept.add(room.rawValue)
    kept.add(Int64(StoreLimits.snapshotsKept))
    return [
      PostgresCall(
        """
        INSERT INTO snapshots(room, sequence, body) SELECT $1, $2, $3
        WHERE $2 <= (SELECT max(sequence) FROM events WHERE room = $1)
        ON CONFLICT (room, sequence) DO UPDATE SET body = excluded.body
        """, parameters),
      PostgresCall(
        """
        DELETE FROM snapshots WHERE room = $1 AND sequence NOT IN
          (SELECT sequence FROM snapshots WHERE room = $1 ORDER BY sequence DESC LIMIT $2)
        """, kept),
    ]
  }

  private static func releasing(_ room: RoomKey, _ epoch: Int64, _ node: Int64) -> PostgresCall {
    var parameters = PostgresParameters()
    for number in [room.rawValue, node, epoch] { parameters.add(number) }
    return PostgresCall(
      """
      UPDATE room_owners SET lease_until = clock_timestamp()
      WHERE room = $1 AND node = $2 AND epoch = $3
      """, parameters)
  }
}
