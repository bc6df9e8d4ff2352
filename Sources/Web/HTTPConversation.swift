// One connection's requests and answers in order (RFC 9112 section 9.3). Sans-IO.

package import HTTP
import Wire

/// Takes bytes, hands out requests, and writes answers in the order of the requests, however they come.
///
/// | state    | input                     | result                                           |
/// |----------|---------------------------|--------------------------------------------------|
/// | taking   | request                   | handed out; its slot waits for the answer        |
/// | taking   | upgrade                   | handed out when all answers before it are written|
/// | taking   | refused, `close`, drain   | last: nothing more is taken                      |
/// | last     | the last answer written   | finished: send what waits, then close            |
package struct HTTPConversation {
  /// What to do next.
  package enum Step: Equatable {
    /// More bytes or answers are needed.
    case wait
    /// Answer it by `respond` with this id.
    case request(UInt64, HTTPRequest)
    /// Switch protocols, or `begin` it as a request and refuse. All answers before it are written.
    case upgrade(HTTPRequest)
  }

  private struct Slot {
    let id: UInt64
    let method: HTTPMethod
    var keepsAlive: Bool
    var response: HTTPResponse?
  }

  private var parser: HTTPRequestParser
  private let limits: WebLimits
  private var slots: [Slot] = []
  private var heldUpgrade: HTTPRequest?
  private var lastID: UInt64 = 0
  private var isContinueDue = false
  private var isDraining = false
  /// Whether no further request is taken.
  private var isLast = false
  /// Whether bytes were left unparsed because a limit was reached.
  private var isHeldBack = false
  /// Whether the last answer is written: the connection ends.
  package private(set) var isFinished = false
  /// Requests the parser refused.
  package private(set) var refusedCount: UInt64 = 0
  /// The statuses of answers written since they were last taken; at most one for each request.
  private var writtenStatuses: [Int] = []

  /// The start of a connection.
  package init(limits: WebLimits) {
    self.limits = limits
    parser = HTTPRequestParser(limits: limits.http)
  }

  /// Takes bytes as they came; then ask `next` until it says `.wait`.
  package mutating func receive(_ bytes: borrowing Span<UInt8>) {
    if !isLast { parser.receive(bytes) }
  }

  /// The next request, unless answers pile up.
  ///
  /// - Parameter queuedBytes: the bytes of answers the client has not taken yet.
  package mutating func next(queuedBytes: Int) -> Step {
    if let held = heldUpgrade, slots.isEmpty {
      heldUpgrade = nil
      return .upgrade(held)
    }
    guard takesMore(queuedBytes: queuedBytes) else {
      isHeldBack = !isLast
      return .wait
    }
    isHeldBack = false
    switch parser.next() {
    case .needsMore: return .wait
    case .continueExpected:
      isContinueDue = true
      return .wait
    case .refused(let refusal):
      refusedCount += 1
      isLast = true
      addSlot(.get, keepsAlive: false, HTTPResponse(refusal))
      return .wait
    case .request(let request):
      isContinueDue = false
      guard request.wantsWebSocket else { return .request(begin(request), request) }
      if slots.isEmpty { return .upgrade(request) }
      heldUpgrade = request
      return .wait
    }
  }

  /// Makes room for the answer to `request`.
  package mutating func begin(_ request: HTTPRequest) -> UInt64 {
    // A client of HTTP/1.0 would need to be told that the connection stays; none is worth that.
    let keepsAlive = request.keepsAlive && request.minorVersion >= 1 && !isDraining
    if !keepsAlive { isLast = true }
    return addSlot(request.method, keepsAlive: keepsAlive, nil)
  }

  @discardableResult
  private mutating func addSlot(
    _ method: HTTPMethod, keepsAlive: Bool, _ response: HTTPResponse?
  ) -> UInt64 {
    lastID += 1
    slots.append(
      Slot(id: lastID, method: method, keepsAlive: keepsAlive, response: response))
    return lastID
  }

  /// Takes the answer to a request; a second one, or one to nothing we know, is passed over.
  package mutating func respond(_ id: UInt64, _ response: HTTPResponse) {
    guard let index = slots.firstIndex(where: { $0.id == id }), slots[index].response == nil
    else { return }
    slots[index].response = response
  }

  /// Whether the answer to this request may be written as it is by the one who has it: it is a GET whose turn has
  /// come, and the connection goes on.
  package func awaitsPlainly(_ id: UInt64) -> Bool {
    guard let slot = slots.first, slots.count == 1 else { return false }
    return slot.id == id && slot.method == .get && slot.keepsAlive && slot.response == nil
      && !isContinueDue
  }

  /// Whether a whole request that came now could be answered without any of this: nothing is begun, waited for or
  /// about to end.
  var isAtRest: Bool {
    slots.isEmpty && !isLast && !isDraining && heldUpgrade == nil && !isContinueDue && parser.isIdle
  }

  /// Says that a request was answered past it.
  mutating func noteExchange() { lastID += 1 }

  /// Says that the answer `awaitsPlainly` asked about is written.
  package mutating func hasWritten() { slots.removeAll(keepingCapacity: true) }

  /// Writes the answers whose turn has come, as far as the client keeps up.
  mutating func write(into output: inout OutgoingQueue, date: WallTime) {
    while output.byteCount <= limits.answerBytesHighWater, let slot = slots.first,
      let response = slot.response
    {
      slots.removeFirst()
      writtenStatuses.append(response.status)
      var head: [UInt8] = []
      // The body is appended as it is: large files are shared, not copied.
      response.write(into: &head, answering: .head, keepsAlive: slot.keepsAlive, date: date)
      output.append(head)
      if slot.method != .head && !HTTPStatus.isBodiless(response.status) {
        output.append(response.body)
        for piece in response.rest { output.append(piece) }
        if let lease = response.lease { output.hold(lease) }
      }
      if !slot.keepsAlive { return finish() }
    }
    if slots.isEmpty && isContinueDue {
      isContinueDue = false
      output.append(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
    }
  }

  /// Takes the statuses of the answers written since the last call, in order.
  mutating func takeWrittenStatuses() -> [Int] {
    defer { writtenStatuses.removeAll(keepingCapacity: true) }
    return writtenStatuses
  }

  private mutating func finish() {
    isFinished = true
    isLast = true
    slots.removeAll()
    heldUpgrade = nil
  }

  /// Ends the conversation with the request under way, if there is one.
  package mutating func drain() {
    isDraining = true
    heldUpgrade = nil
    if slots.isEmpty {
      if parser.isIdle { finish() }
    } else {
      slots[slots.count - 1].keepsAlive = false
      isLast = true
    }
  }

  /// Says that the client sends nothing more: it still gets the answers to what it asked.
  package mutating func endInput() {
    heldUpgrade = nil
    isLast = true
    if slots.isEmpty { finish() } else { slots[slots.count - 1].keepsAlive = false }
  }

  /// Refuses what is being received (408), or ends quietly when nothing is.
  package mutating func timeOutRequest() {
    isLast = true
    guard !parser.isIdle else { return finish() }
    addSlot(.get, keepsAlive: false, .text(408, "request took too long"))
  }

  /// Answers the oldest unanswered request in the application's place, and ends.
  package mutating func timeOutAnswer() {
    guard let index = slots.firstIndex(where: { $0.response == nil }) else { return }
    slots.removeLast(slots.count - 1 - index)
    slots[index].keepsAlive = false
    slots[index].response = .text(503, "no answer in time")
    heldUpgrade = nil
    isLast = true
  }

  /// The bytes after the upgrade, for the protocol the connection switches to.
  package mutating func takeRemaining() -> [UInt8] { parser.takeRemaining() }

  /// Whether another request may be taken now; while not, do not read.
  package func takesMore(queuedBytes: Int) -> Bool {
    !isLast && heldUpgrade == nil && slots.count < limits.pipelinedRequestsMax
      && queuedBytes <= limits.answerBytesHighWater
  }

  /// Whether there is work to do without any further input.
  package func needsTurn(queuedBytes: Int) -> Bool {
    if slots.first?.response != nil { return queuedBytes <= limits.answerBytesHighWater }
    return isHeldBack && takesMore(queuedBytes: queuedBytes)
  }

  /// The id of the request whose answer is awaited next; nil when none is.
  package var awaitedID: UInt64? { slots.first?.id }
  /// Whether part of a request has come.
  package var isReceiving: Bool { !parser.isIdle }
  /// Whether any request has been complete.
  package var hasBegun: Bool { lastID > 0 }
}
