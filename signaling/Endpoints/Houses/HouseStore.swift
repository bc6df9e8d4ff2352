// The shell between the rooms and the store: orders in, answers out.

package import Access
import Room
package import RoomLog
package import Store
import Telemetry
import Wire

/// Carries out the rooms' orders. Never waits for the disk; answers come on the store's threads.
package final class HouseStore: Sendable {
  private let store: RoomStore
  private let answer: @Sendable (HouseAnswer) -> Void
  /// Milliseconds since 1970.
  private let nowMs: @Sendable () -> Int64
  private let retentionDays: Int?

  /// Opens the store.
  ///
  /// - Parameters:
  ///   - nodePlace: where this process is reached, for others on the same database.
  ///   - retentionDays: days after a room's end that names and texts are kept where it doesn't say
  ///     itself; nil: for ever.
  ///   - hooks: the endpoints of webhooks that the configuration names.
  ///   - onHooks: called with endpoints that have something to be sent; must not wait for anything.
  ///   - onHints: called with what other processes might want to know; must not wait either.
  ///   - answer: called with each answer; must not wait for anything.
  /// - Throws: what `RoomStore` throws: the folder is in use, the database is of a newer program.
  package init(
    _ place: StorePlace, nodePlace: NodePlace = NodePlace(), retentionDays: Int? = nil,
    hooks: [HookEndpointRow] = [],
    onHooks: @escaping @Sendable (Set<Int64>) -> Void = { _ in },
    onHints: @escaping @Sendable (Set<StoreHint>) -> Void = { _ in },
    nowMs: @escaping @Sendable () -> Int64, answer: @escaping @Sendable (HouseAnswer) -> Void
  ) throws(StoreError) {
    self.answer = answer
    self.nowMs = nowMs
    self.retentionDays = retentionDays
    store = try RoomStore(
      place, nodePlace: nodePlace, hooks: hooks,
      onNews: { news in
        switch news {
        case .lost(let rooms): for room in rooms { answer(.lost(room)) }
        case .erased(let people): answer(.forgotten(people))
        case .endpoints(let rows): answer(.endpoints(rows))
        case .revocations(let rows): answer(.revocations(rows))
        case .worthTelling(let hints): onHints(hints)
        case .hooksDue(let endpoints): onHooks(endpoints)
        }
      },
      onCommitted: { outcomes in
        for outcome in outcomes {
          switch outcome.result {
          case .committed(let row):
            answer(.committed(outcome.room, ticket: outcome.ticket, replyRow: row))
          case .refused: answer(.refused(outcome.room, ticket: outcome.ticket))
          }
        }
      }, onHooks: onHooks)
  }

  /// Carries out one order.
  package func carryOut(_ order: HouseOrder) {
    switch order {
    case .open(let room): open(room)
    case .commit(let entry):
      if !store.commit(entry) { answer(.refused(entry.room, ticket: entry.ticket)) }
    // Nobody waits for it: the log is whole without it.
    case .keep(let snapshot, let room): _ = store.keep(snapshot, of: room)
    // A lease that nobody gives up runs out by itself.
    case .release(let room): _ = store.release(room)
    case .lookUp(let room, let row, let number): lookUp(row, in: room, number)
    case .read(.person(let identity, let cursor), let number):
      HouseStore.export(
        PersonPages(identity: identity, from: cursor), number, from: store, answer: answer)
    case .read(let reading, let number): read(reading, number)
    case .transfer(let order, let number): transfer(order, number)
    case .noteViewers(let viewers): store.note(viewers: viewers)
    case .readWallets(let accounts): readWallets(accounts)
    case .erase(let identity, let number): erase(identity, number)
    case .change(let change, let number): self.change(change, number)
    case .findDue(let place): findDue(after: place)
    // A round that was missed is caught up with by the next one.
    case .upkeep: _ = store.upkeep(retentionDays: retentionDays, atMs: nowMs()) { _ in }
    }
  }

  private func open(_ room: String) {
    let (answer, now) = (answer, nowMs())
    let isTaken = store.open(room, atMs: now) { key, reader in
      do throws(StoreError) {
        let opened = try OpenedRoom(reading: try key.get(), from: reader, atMs: now)
        answer(.opened(room: room, opened))
      } catch .ownedElsewhere(let owner) {
        answer(.elsewhere(room: room, owner))
      } catch {
        answer(.opened(room: room, nil))
      }
    }
    if !isTaken { answer(.opened(room: room, nil)) }
  }

  private func findDue(after place: DuePlace?) {
    let answer = answer
    // What can't be read now is looked for again in the next round.
    _ = store.read { reader in
      guard let rooms = try? reader.dueRooms(after: place, limit: HousesLimits.dueRoomsMax) else {
        return
      }
      answer(.due(rooms))
    }
  }

  private func lookUp(_ row: Int64, in room: String, _ number: UInt64) {
    let answer = answer
    let isTaken = store.read { reader in
      do throws(StoreError) {
        answer(.found(room: room, number: number, try reader.reply(row).map { StoredReply($0) }))
      } catch {
        answer(.unread(number: number))
      }
    }
    if !isTaken { answer(.unread(number: number)) }
  }

  private func read(_ reading: HouseReading, _ number: UInt64) {
    let (answer, now) = (answer, nowMs())
    let isTaken = store.read { reader in
      let result = try? HouseReader(reader: reader, nowMs: now).run(reading)
      answer(.read(number: number, result))
    }
    if !isTaken { answer(.read(number: number, nil)) }
  }

  /// Reads one piece, and then asks for the next.
  private static func export(
    _ pages: PersonPages, _ number: UInt64, from store: RoomStore,
    answer: @escaping @Sendable (HouseAnswer) -> Void
  ) {
    let isTaken = store.read { reader in
      var pages = pages
      do throws(StoreError) {
        if let page = try pages.next(reader) {
          answer(.read(number: number, page))
        } else {
          export(pages, number, from: store, answer: answer)
        }
      } catch {
        answer(.read(number: number, nil))
      }
    }
    if !isTaken { answer(.read(number: number, nil)) }
  }

  private func transfer(_ order: TransferOrder, _ number: UInt64) {
    let answer = answer
    let isTaken = store.transfer(order) { answer(.transferred(number: number, $0)) }
    if !isTaken { answer(.transferred(number: number, .failed)) }
  }

  private func readWallets(_ accounts: [Int64]) {
    let answer = answer
    // What can't be read now is told by the member's own next question.
    let isTaken = store.read { reader in
      answer(.wallets((try? reader.wallets(accounts)) ?? []))
    }
    if !isTaken { answer(.wallets([])) }
  }

  private func change(_ change: HookChange, _ number: UInt64) {
    let answer = answer
    let isTaken = store.change(change) { outcome in
      if number > 0 { answer(.changed(number: number, outcome)) }
    }
    if !isTaken, number > 0 { answer(.changed(number: number, .refused)) }
  }

  // MARK: Webhooks

  /// What this process is among those on its database; nil with SQLite.
  package var membership: NodeMembership? { store.membership }

  /// The revoked tokens on the database when the store was opened. None with SQLite.
  package var revocations: [RevocationChange] { store.revocations.map { RevocationChange($0) } }

  /// Has a revocation written on the database: several processes keep them there.
  ///
  /// - Parameter done: called on the store's thread: whether it is on the disk.
  package func record(
    _ change: RevocationChange, done: @escaping @Sendable (Bool) -> Void
  ) -> Bool {
    store.record(RevocationRow(change), done: done)
  }

  /// Other processes have done something that concerns this one.
  package func nudge() { store.nudge() }

  /// The endpoints as they were when the store was opened.
  package var hookEndpoints: [HookEndpointRow] { store.hookEndpoints }

  /// Reads an endpoint's waiting deliveries, earliest due first; nil when that is not possible now.
  package func loadHooks(
    of endpoint: Int64, limit: Int, done: @escaping @Sendable ([HookDeliveryRow]?) -> Void
  ) {
    let isTaken = store.read { reader in
      done(try? reader.waitingHooks(of: endpoint, limit: limit))
    }
    if !isTaken { done(nil) }
  }

  /// Writes down what became of a delivery.
  package func changeHook(_ change: HookChange, done: @escaping @Sendable (HookChanged) -> Void) {
    if !store.change(change, done: done) { done(.refused) }
  }

  private func erase(_ identity: String, _ number: UInt64) {
    let answer = answer
    let isTaken = store.erase(identity: identity, atMs: nowMs()) { result in
      answer(.erased(number: number, try? result.get()))
    }
    if !isTaken { answer(.erased(number: number, nil)) }
  }

  /// Does what was ordered, then closes the database and waits for that.
  package func close() { store.close() }
}

extension StoredReply {
  fileprivate init(_ row: ReplyRow) {
    self.init(
      subject: row.subject, key: row.key, parameters: row.parameters, status: row.status,
      body: row.body)
  }
}

extension RevocationChange {
  /// As it is on the database.
  init(_ row: RevocationRow) {
    self =
      row.isLifted
      ? .lift(room: row.room, subject: row.subject)
      : .revoke(
        Revocation(
          room: row.room, subject: row.subject,
          until: row.untilMs.map { WallTime(nanoseconds: $0 * 1_000_000) }))
  }
}

extension RevocationRow {
  /// As it is on the database.
  init(_ change: RevocationChange) {
    switch change {
    case .revoke(let revocation):
      self.init(
        room: revocation.room, subject: revocation.subject,
        untilMs: revocation.until?.milliseconds)
    case .lift(let room, let subject): self.init(room: room, subject: subject, isLifted: true)
    }
  }
}
