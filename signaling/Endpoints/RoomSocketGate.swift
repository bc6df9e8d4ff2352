// What one room socket lets through: before and after its join, at what rate, for how long.

import Messages
import Wire

/// The machine of one socket. Knows nothing of rooms; decides which messages reach them.
///
/// | state   | input                  | action, next state                      |
/// |---------|------------------------|-----------------------------------------|
/// | waiting | `join`                 | let through; the owner tells `join`     |
/// | waiting | another request        | `not-joined`, bye protocol, closed      |
/// | waiting | 10 s                   | bye protocol, closed                    |
/// | joined  | `join`                 | `already-joined`                        |
/// | joined  | another request        | let through, or `rate`                  |
/// | joined  | 45 s without a message | bye idle, closed                        |
/// | any     | bad message            | refused; the tenth in a minute closes   |
/// | closed  | anything               | discarded                               |
struct RoomSocketGate: Sendable {
  /// What a message leads to.
  enum OnMessage: Hashable, Sendable {
    case take(ClientMessage)
    /// Send `error`; then, if `closing` is set, `bye` with it, and close.
    case refuse(MessageRefusal, ref: String?, closing: ByeReason?)
    case discard
  }

  private enum State { case waiting, joined, closed }

  private var state = State.waiting
  private var deadline: Instant
  private var requests: Budget
  private var overRateSince: Instant?
  private var lastRefusedAt = Instant.zero
  private var overRateRefusals = 0
  /// When the latest bad messages came, oldest first; at most the limit.
  private var badMessages: [Instant] = []

  /// A socket that has just opened.
  init(at now: Instant) {
    deadline = now + RoomSocketLimits.joinLimit
    requests = Budget(
      perSecond: RoomSocketLimits.requestsPerSecond, burst: RoomSocketLimits.requestsBurst, at: now)
  }

  /// The join was accepted.
  mutating func join(at now: Instant) {
    guard state == .waiting else { return }
    state = .joined
    deadline = now + RoomSocketLimits.idleLimit
  }

  /// Nothing is taken any more.
  mutating func close() { state = .closed }

  /// Judges a text message.
  mutating func receive(_ text: [UInt8], at now: Instant) -> OnMessage {
    guard state != .closed else { return .discard }
    if state == .joined { deadline = now + RoomSocketLimits.idleLimit }
    let isInRate = requests.take(at: now)
    let message: ClientMessage
    do throws(UndecodableMessage) {
      // Decoded over the rate too: the refusal must name the request. The time and the number of
      // refusals bound what that costs.
      message = try ClientMessage.decode(text)
    } catch {
      return refuse(error, isInRate: isInRate, at: now)
    }
    guard isInRate else { return refuseRate(ref: message.id, at: now) }
    return judge(message)
  }

  private mutating func judge(_ message: ClientMessage) -> OnMessage {
    var isJoin = false
    if case .join = message.request { isJoin = true }
    switch state {
    case .waiting:
      return isJoin
        ? .take(message) : closing(MessageRefusal(.notJoined, "join first"), ref: message.id)
    case .joined:
      guard isJoin else { return .take(message) }
      let refusal = MessageRefusal(.alreadyJoined, "this socket has joined already")
      return .refuse(refusal, ref: message.id, closing: nil)
    case .closed:
      return .discard
    }
  }

  /// Whether time has run out.
  ///
  /// - Returns: the reason to say `bye` with, once.
  mutating func advance(at now: Instant) -> ByeReason? {
    guard now >= deadline else { return nil }
    switch state {
    case .waiting:
      state = .closed
      return .protocol
    case .joined:
      state = .closed
      return .idle
    case .closed:
      return nil
    }
  }

  // MARK: Refusals

  private mutating func refuse(
    _ error: UndecodableMessage, isInRate: Bool, at now: Instant
  ) -> OnMessage {
    switch error.refusal.code.closing {
    case .always: return closing(error.refusal, ref: error.id)
    case .whenRepeated:
      badMessages.removeAll { now - $0 >= RoomSocketLimits.badMessagesWindow }
      badMessages.append(now)
      guard badMessages.count < RoomSocketLimits.badMessagesMax else {
        return closing(error.refusal, ref: error.id)
      }
    // What was to be a join is one that is refused.
    case .atJoin where state == .waiting: return closing(error.refusal, ref: error.id)
    case .never, .atJoin: break
    }
    guard isInRate else { return refuseRate(ref: error.id, at: now) }
    return .refuse(error.refusal, ref: error.id, closing: nil)
  }

  private mutating func refuseRate(ref: String?, at now: Instant) -> OnMessage {
    if overRateSince == nil || now - lastRefusedAt >= RoomSocketLimits.overRateRest {
      overRateSince = now
      overRateRefusals = 0
    }
    lastRefusedAt = now
    overRateRefusals += 1
    let refusal = MessageRefusal(
      .rate, "at most \(RoomSocketLimits.requestsPerSecond) requests a second",
      retryAfterMs: Int64(1000 / RoomSocketLimits.requestsPerSecond))
    let isLong = now - (overRateSince ?? now) >= RoomSocketLimits.overRateLimit
    guard !isLong, overRateRefusals <= RoomSocketLimits.overRateRefusalsMax else {
      return closing(refusal, ref: ref)
    }
    return .refuse(refusal, ref: ref, closing: nil)
  }

  private mutating func closing(_ refusal: MessageRefusal, ref: String?) -> OnMessage {
    state = .closed
    return .refuse(refusal, ref: ref, closing: .protocol)
  }
}
