// Revocations on their way to the disk, and what follows once they are there.

import Access
import HTTP
import MediaControl
import Room
package import Wire

/// A change that waits for the disk, and what is answered then.
struct PendingChange: Sendable {
  let change: RevocationChange
  let ticket: RequestTicket
  let request: HTTPRequest
  let answer: HTTPResponse
}

extension ControlCore {
  /// Has a change written. It counts, and is answered, when that is done: nothing outside ever sees
  /// a revocation that a crash could undo.
  mutating func record(
    _ change: RevocationChange, _ answer: HTTPResponse, _ call: APICall
  ) throws(ControlRefusal) {
    guard pendingChanges.count < ControlLimits.pendingChangesMax,
      access.hasRoom(for: change, at: call.wall)
    else { throw ControlRefusal(503, "overloaded", "too many revocations") }
    lastChange += 1
    pendingChanges[lastChange] = PendingChange(
      change: change, ticket: call.ticket, request: call.request, answer: answer)
    effects.append(.record(change, number: lastChange))
  }

  /// The change with this number is on the disk.
  package mutating func recorded(_ number: UInt64, at now: Instant, wall: WallTime) {
    guard let pending = pendingChanges.removeValue(forKey: number) else { return }
    heard(pending.change, at: now, wall: wall)
    effects.append(.respond(pending.ticket, cors.apply(to: pending.answer, for: pending.request)))
  }

  /// A change is on the disk, whoever made it: it counts.
  mutating func heard(_ change: RevocationChange, at now: Instant, wall: WallTime) {
    _ = access.apply(change, at: wall)
    guard case .revoke(let revocation) = change,
      access.isRevoked(revocation.subject, in: revocation.room, at: wall)
    else { return }
    endTransports(of: revocation.subject, in: revocation.room, at: now)
    effects.append(.revoked(room: revocation.room, identity: revocation.subject))
  }

  /// The change with this number could not be taken for writing.
  package mutating func refusedRecord(_ number: UInt64) {
    guard let pending = pendingChanges.removeValue(forKey: number) else { return }
    let answer = ControlRefusal(503, "overloaded", "too many changes at once").problem
    effects.append(.respond(pending.ticket, cors.apply(to: answer, for: pending.request)))
  }

  /// Ends all of a member's transports in a room, however they were made.
  mutating func endTransports(of identity: String, in room: String, at now: Instant) {
    let peers = transports.values.filter { $0.room == room && $0.member.identity == identity }
      .map(\.peer).sorted { $0.rawValue < $1.rawValue }
    for peer in peers { end(peer, at: now) }
  }
}
