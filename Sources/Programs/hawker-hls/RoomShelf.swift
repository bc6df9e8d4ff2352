// A room's answers on the web server's shelf: put there as they are given, taken away with every change.

import HLS
import HTTP
import Loop
import Web
import Wire

/// Keeps what is on the shelf as new as the room. Used by the room's thread.
struct RoomShelf {
  private let shelf: AnswerShelf
  private let owner: UInt64
  /// What the answers there were made of.
  private var standing: Standing?
  /// When the oldest answer was given that may be there; nil when there is none.
  private var since: Instant?
  /// What was asked for since then.
  private var asked: Set<HTTPTarget> = []

  /// Targets remembered: all that a room has which is new at a time, under the tokens of some hours.
  private static let askedMax = 512

  private struct Standing: Equatable {
    let run: String
    let epoch: WallTime
    let revision: UInt64
  }

  /// - Parameter owner: of no other room on this shelf.
  init(_ shelf: AnswerShelf, owner: UInt64) {
    self.shelf = shelf
    self.owner = owner
  }

  /// Takes away what an older state of the room was answered with. To be called before anybody is answered with a
  /// newer one.
  mutating func follow(_ presentation: Presentation?, at now: Instant) {
    let current = presentation.map {
      Standing(run: $0.names.run, epoch: $0.epoch, revision: $0.revision)
    }
    // What has expired would be held for nothing.
    let isOld = since.map { now - $0 >= AnswerShelf.lifetime } ?? false
    guard current != standing || isOld else { return }
    standing = current
    clear()
  }

  /// Puts an answer there that was just given and has been before; call `follow` first.
  ///
  /// An answer is copied to be there. Once asked for, with a query that nobody else has, it would be for nothing.
  mutating func keep(_ asked: HTTPRequest, _ response: HTTPResponse, at now: Instant) {
    guard standing != nil, response.status == 200 else { return }
    since = since ?? now
    guard self.asked.contains(asked.target) else {
      if self.asked.count < RoomShelf.askedMax { self.asked.insert(asked.target) }
      return
    }
    shelf.put(asked, response, owner: owner, at: now, date: SystemClock.wallTime())
  }

  /// Takes everything away.
  mutating func clear() {
    guard since != nil else { return }
    since = nil
    asked.removeAll(keepingCapacity: true)
    shelf.clear(owner)
  }
}
