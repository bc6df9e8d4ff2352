// The rows of many entries as columns: one statement for each table, however many entries there are.

import RoomLog

/// Entries that are written together.
struct PostgresGroup {
  /// What is known of a room within the group.
  private struct Run {
    let epoch: Int64
    /// 0 while no event was added.
    var first, last: Int64
  }

  private var runs: [RoomKey: Run] = [:]
  private var events = EventColumns()
  private var replies = ReplyColumns()
  private var people: [PersonPlace: PersonRow] = [:]
  private var peopleOrder: [PersonPlace] = []
  private var texts = TextColumns()
  private var follows: [FollowPlace: FollowRow] = [:]
  private var outbox = OutboxColumns()
  private var shows: [RoomKey: ShowRow] = [:]
  private var dues: [RoomKey: DueRow] = [:]

  private struct PersonPlace: Hashable {
    let room: RoomKey
    let person: UInt32
  }

  private struct FollowPlace: Hashable {
    let host, follower: String
  }

  /// Adds an entry of a room held at `epoch`.
  ///
  /// - Throws: `.sequenceGap` when its events don't follow those before them in the group.
  mutating func add(_ entry: CommitEntry, epoch: Int64) throws(StoreError) {
    let room = entry.room
    var run = runs[room] ?? Run(epoch: epoch, first: 0, last: 0)
    for event in entry.events {
      if run.first == 0 {
        run.first = event.sequence
      } else if event.sequence != run.last + 1 {
        throw .sequenceGap(room: room, expected: run.last + 1, found: event.sequence)
      }
      run.last = event.sequence
      events.add(event, room)
    }
    runs[room] = run
    if let reply = entry.reply { replies.add(reply, room) }
    for person in entry.people { add(person, room) }
    for text in entry.texts { texts.add(text, room) }
    // Only the last word of each pair counts.
    for follow in entry.follows {
      follows[FollowPlace(host: follow.host, follower: follow.follower)] = follow
    }
    for message in entry.outbox { outbox.add(message, room) }
    if let show = entry.show { shows[room] = show }
    if let due = entry.due { dues[room] = due }
  }

  /// A row may be touched once in a statement. Another identity never gets a person's reference, as
  /// if the rows had been written one by one.
  private mutating func add(_ row: PersonRow, _ room: RoomKey) {
    let place = PersonPlace(room: room, person: row.person)
    if let before = people[place] {
      guard before.identity == row.identity else { return }
    } else {
      peopleOrder.append(place)
    }
    people[place] = row
  }

  var isEmpty: Bool { runs.isEmpty }

  // MARK: Calls

  /// The statements; which of them gives the numbers of the replies, lowest first; and which the
  /// endpoints that have webhooks to be sent.
  func calls(node: Int64) -> (calls: [PostgresCall], replies: Int?, hooks: Int?) {
    var calls = [fence(node)]
    if let call = events.call { calls.append(call) }
    if let call = peopleCall { calls.append(call) }
    if let call = texts.call { calls.append(call) }
    calls += followCalls
    var hooks: Int?
    if let call = outbox.call(node: node) {
      hooks = calls.count
      calls.append(call)
    }
    if let call = showCall { calls.append(call) }
    if let call = dueCall { calls.append(call) }
    guard let call = replies.call else { return (calls, nil, hooks) }
    return (calls + [call], calls.count, hooks)
  }

  private func fence(_ node: Int64) -> PostgresCall {
    PostgresGroup.fence(
      node, runs.map { (room: $0.key, epoch: $0.value.epoch, first: $0.value.first) })
  }

  /// The statement that fails unless this process has these rooms, and their logs end right before
  /// `first` (0: whatever they end with).
  static func fence(
    _ node: Int64, _ rooms: [(room: RoomKey, epoch: Int64, first: Int64)]
  ) -> PostgresCall {
    var columns = (PostgresColumn.integers, PostgresColumn.integers, PostgresColumn.integers)
    for (room, epoch, first) in rooms {
      columns.0.add(room.rawValue)
      columns.1.add(epoch)
      columns.2.add(first)
    }
    var parameters = PostgresParameters()
    parameters.add(node)
    for column in [columns.0, columns.1, columns.2] { parameters.add(column) }
    return PostgresCall("SELECT hawker_fence($1, $2, $3, $4)", parameters)
  }

  private var peopleCall: PostgresCall? {
    guard !peopleOrder.isEmpty else { return nil }
    var rooms = PostgresColumn.integers
    var persons = PostgresColumn.integers
    var identities = PostgresColumn.texts
    var names = PostgresColumn.texts
    for place in peopleOrder {
      guard let row = people[place] else { continue }
      rooms.add(place.room.rawValue)
      persons.add(Int64(row.person))
      identities.add(row.identity)
      names.add(row.name)
    }
    // An erased person's reference is never anybody's again.
    return PostgresCall(
      """
      INSERT INTO people(room, person, identity, name)
      SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[])
      ON CONFLICT (room, person) DO UPDATE SET name = excluded.name
      WHERE people.identity = excluded.identity
      """, PostgresParameters([rooms, persons, identities, names]))
  }

  private var followCalls: [PostgresCall] {
    guard !follows.isEmpty else { return [] }
    var calls: [PostgresCall] = []
    for isOn in [true, false] {
      var hosts = PostgresColumn.texts
      var followers = PostgresColumn.texts
      var times = PostgresColumn.integers
      for row in follows.values where row.isOn == isOn {
        hosts.add(row.host)
        followers.add(row.follower)
        times.add(row.atMs)
      }
      guard hosts.count > 0 else { continue }
      calls.append(
        isOn
          ? PostgresCall(
            """
            INSERT INTO follows(host, follower, at_ms)
            SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[]) ON CONFLICT DO NOTHING
            """, PostgresParameters([hosts, followers, times]))
          : PostgresCall(
            """
            DELETE FROM follows USING unnest($1::text[], $2::text[]) AS ended(host, follower)
            WHERE follows.host = ended.host AND follows.follower = ended.follower
            """, PostgresParameters([hosts, followers])))
    }
    return calls
  }

  private var showCall: PostgresCall? {
    guard !shows.isEmpty else { return nil }
    var numbers = [PostgresColumn](repeating: .integers, count: 7)
    var (titles, hosts) = (PostgresColumn.texts, PostgresColumn.texts)
    for (room, row) in shows {
      titles.add(row.title)
      hosts.add(row.host)
      let values: [Int64?] = [
        room.rawValue, Int64(row.phase.rawValue), row.startsAtMs, row.endedAtMs,
        row.retentionDays.map(Int64.init), Int64(row.viewersPeak), row.isListed ? 1 : 0,
      ]
      for (index, value) in values.enumerated() { numbers[index].add(value) }
    }
    return PostgresCall(
      """
      INSERT INTO shows(room, phase, starts_ms, ended_ms, retention_days, viewers_peak, listed, title,
        host)
      SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[],
        $6::bigint[], $7::bigint[], $8::text[], $9::text[])
      ON CONFLICT (room) DO UPDATE SET phase = excluded.phase, starts_ms = excluded.starts_ms,
        ended_ms = excluded.ended_ms, retention_days = excluded.retention_days,
        viewers_peak = excluded.viewers_peak, listed = excluded.listed, title = excluded.title,
        host = excluded.host
      """, PostgresParameters(numbers + [titles, hosts]))
  }

  private var dueCall: PostgresCall? {
    guard !dues.isEmpty else { return nil }
    var (rooms, times) = (PostgresColumn.integers, PostgresColumn.integers)
    // In one order in every process: rows are locked as they are changed.
    for (room, row) in dues.sorted(by: { $0.key < $1.key }) {
      rooms.add(room.rawValue)
      times.add(row.atMs)
    }
    return PostgresCall(
      """
      UPDATE rooms SET due_ms = new.due_ms
      FROM unnest($1::bigint[], $2::bigint[]) AS new(room, due_ms) WHERE rooms.key = new.room
      """, PostgresParameters([rooms, times]))
  }
}
