// Open rooms and their store on one thread, as the control plane has them, without sockets.

import Access
import Commerce
import Endpoints
import Glibc
import JSON
import Loop
import Room
import Store
import Wire

/// Carries out commands and tells when each is on the disk. A class for the loop's identity.
final class ShopEngine {
  /// What one command came to; `body` is the reply's.
  struct Answer {
    let number: Int
    let isAccepted: Bool
    let body: [UInt8]
  }

  /// Added to the wall clock: countdowns need not be waited for.
  var skippedMs: Int64 = 0
  private(set) var answers: [Answer] = []
  private(set) var firstRefusal: String?
  private let loop: EventLoop
  private let mailbox: Mailbox<HouseAnswer>
  private let store: HouseStore
  private var houses = RoomHouses(isDurable: true)
  private var arrived: [HouseAnswer] = []
  /// What the store may take to open a room.
  private static let patience = TimeSpan.seconds(15)

  init(_ place: StorePlace) throws {
    loop = try EventLoop()
    let mailbox = Mailbox<HouseAnswer>(capacity: .max, waker: loop.waker)
    self.mailbox = mailbox
    store = try HouseStore(place, nowMs: { SystemClock.wallTime().milliseconds }) {
      _ = mailbox.post($0)
    }
  }

  func close() { store.close() }

  var nowMs: Int64 { SystemClock.wallTime().milliseconds + skippedMs }

  func shop(of room: String) -> Shop { houses[room]?.state.shop ?? Shop() }

  /// Opens a room and waits until it can be entered.
  func open(_ room: String) throws {
    let deadline = SystemClock.now() + ShopEngine.patience
    while !houses.require(room) {
      guard SystemClock.now() < deadline else { throw UsageError(text: "\(room) does not open") }
      turn(until: deadline)
    }
  }

  // MARK: Commands

  /// Carries out a command; its answer has this number.
  ///
  /// - Returns: false when too much waits for the disk.
  func submit(
    _ command: ShopCommand, _ number: Int, by identity: String, as role: Role = .viewer,
    in room: String
  ) -> Bool {
    var envelope = CommandEnvelope(
      identity: identity, name: identity, role: role, command: .shop(command),
      key: "k-\(number)", atMs: nowMs)
    envelope.parameters = [UInt8](repeating: 7, count: 32)
    envelope.seed = [UInt8](repeating: 9, count: ShopLimits.seedByteCount)
    envelope.hasMerchant = true
    return houses.submit(envelope, in: room, for: waiter(number))
  }

  /// The merchant says something.
  func report(_ command: ShopServerCommand, _ number: Int, in room: String) -> Bool {
    let envelope = CommandEnvelope(
      command, by: "merchant/bench", key: "m-\(number)", atMs: nowMs)
    return houses.submit(envelope, in: room, for: waiter(number))
  }

  private func waiter(_ number: Int) -> Waiter {
    .request(RequestTicket(connection: 0, request: UInt64(number)))
  }

  /// Carries out one of the host's and waits for it; the reply.
  func require(_ command: ShopCommand, in room: String) throws -> [UInt8] {
    let number = Int(Int32.max)
    preparations += 1
    guard submit(command, number + preparations, by: "host", as: .host, in: room) else {
      throw UsageError(text: "the store takes nothing")
    }
    let deadline = SystemClock.now() + ShopEngine.patience
    while SystemClock.now() < deadline {
      turn(until: deadline)
      if let answer = takeAnswers().first {
        guard answer.isAccepted else { break }
        return answer.body
      }
    }
    throw UsageError(text: "the room was not made ready: \(firstRefusal ?? "no answer")")
  }

  private var preparations = 0

  // MARK: Time

  func takeAnswers() -> [Answer] {
    defer { answers = [] }
    return answers
  }

  /// Sends what was decided to the store, waits, takes what is on the disk.
  func turn(until end: Instant) {
    carryOut()
    loop.wait(until: min(end, nextTick))
    mailbox.drain(into: &arrived)
    for answer in arrived { houses.take(answer, at: loop.now) }
    houses.tick(atMs: nowMs)
    if houses.isDue(at: loop.now) {
      houses.advance(at: loop.now, atMs: nowMs, viewers: [:], held: Set(houses.openRooms))
    }
    carryOut()
    for item in houses.takeNews() { take(item) }
  }

  private func carryOut() {
    for order in houses.takeOrders() { store.carryOut(order) }
  }

  private var nextTick: Instant {
    guard let tickMs = houses.nextTickMs else { return .distantFuture }
    return loop.now + .milliseconds(max(0, tickMs - nowMs))
  }

  private func take(_ item: HouseNews) {
    switch item {
    case .done(.request(let ticket), _, let body):
      answers.append(Answer(number: Int(ticket.request), isAccepted: true, body: body))
    case .refused(.request(let ticket), let refusal):
      if firstRefusal == nil { firstRefusal = "\(refusal.code): \(refusal.text)" }
      answers.append(Answer(number: Int(ticket.request), isAccepted: false, body: []))
    default: break
    }
  }
}
