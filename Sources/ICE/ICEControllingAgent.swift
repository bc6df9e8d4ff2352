// The side of ICE our own clients play: full, controlling at first (RFC 8445, RFC 7675, RFC 6544).

package import Crypto
import STUN
package import Wire

/// An agent that checks remote candidates, nominates the best pair and keeps its consent fresh.
///
/// Sans-IO: the caller sends what `advance` and `receive` append to the batch, calls `advance` at
/// `nextDeadline`, and opens the TCP connections `nextConnection` asks for. A batch without room
/// counts as loss: retransmission makes up for it.
package struct ICEControllingAgent: Sendable {
  /// What became of one STUN message.
  package enum OnMessage: Hashable, Sendable {
    case discarded(ICERefusal)
    /// A check of the peer's was refused with an error response.
    case rejected(ICERefusal)
    case handled
    /// A pair has been nominated: send here from now on.
    case selected(TransportPath)
  }

  /// More remote candidates than any server offers; the rest is ignored.
  package static let pairsMax = 24
  /// One check per pair, nominations, and the consent checks of 30 s; beyond it none is begun.
  static let transactionsMax = 48

  private let timing: ICETiming
  private var random: RandomSource
  private let tieBreaker: UInt64
  private var generations: ICEGenerations
  private var pairs: [ICEPair] = []
  private var transactions: [ICETransaction] = []
  private var scratch = WireBuffer(capacity: STUNWriter.messageBytesMax)
  private var nextCheckAt: Instant
  private var nextConsentAt = Instant.distantFuture
  private var firstValidAt: Instant?
  private var selectedGeneration = -1

  /// Whether we have the controlling role; a role conflict can take it away (RFC 8445 section 7.3.1.1).
  package private(set) var isControlling = true
  /// Where to send; nil until a pair was nominated.
  package private(set) var selected: TransportPath?
  /// When the last authentic response came; the agent's creation before the first.
  package private(set) var lastResponse: Instant

  /// An agent without candidates; its 30 s begin `now`.
  package init(
    local: ICECredentials, remote: ICECredentials, timing: ICETiming = ICETiming(),
    random: RandomSource, at now: Instant
  ) {
    self.timing = timing
    self.random = random
    tieBreaker = self.random.next()
    generations = ICEGenerations(local: local, remote: remote)
    nextCheckAt = now
    lastResponse = now
    pairs.reserveCapacity(ICEControllingAgent.pairsMax)
    transactions.reserveCapacity(ICEControllingAgent.transactionsMax)
  }

  /// Adds remote candidates to check; known ones and those beyond `pairsMax` are ignored.
  package mutating func add(_ candidates: [RemoteCandidate]) {
    for candidate in candidates where pairs.count < ICEControllingAgent.pairsMax {
      let pair = ICEPair(candidate)
      if !pairs.contains(where: { $0.remote == pair.remote && $0.isTCP == pair.isTCP }) {
        pairs.append(pair)
      }
    }
  }

  /// ICE restart: checks these candidates with these credentials. The selected path stays in use,
  /// with its own credentials, until a pair of the new generation is nominated (RFC 8445 section 9).
  package mutating func restart(
    local: ICECredentials, remote: ICECredentials, candidates: [RemoteCandidate], at now: Instant
  ) {
    generations.add(local: local, remote: remote)
    let open = pairs.filter { $0.isTCP && $0.path != nil }
    pairs.removeAll(keepingCapacity: true)
    transactions.removeAll { $0.purpose != .consent }
    firstValidAt = nil
    nextCheckAt = now
    add(candidates)
    for index in pairs.indices where pairs[index].isTCP {
      pairs[index].path = open.first { $0.remote == pairs[index].remote }?.path
    }
  }

  // MARK: Time

  /// Sends what is due at `now`: retransmissions, new checks, a nomination, a consent check.
  package mutating func advance(at now: Instant, into batch: inout DatagramBatch) {
    guard !isExpired(at: now) else { return }
    retransmit(at: now, into: &batch)
    startCheck(at: now, into: &batch)
    nominate(at: now, into: &batch)
    refreshConsent(at: now, into: &batch)
  }

  /// When to call `advance` next: after every other call on the agent this may have changed.
  package var nextDeadline: Instant {
    var deadline = min(expiry, nextConsentAt)
    for transaction in transactions { deadline = min(deadline, transaction.nextAt) }
    if nextPairToCheck != nil { deadline = min(deadline, nextCheckAt) }
    if bestToNominate != nil, let firstValidAt {
      deadline = min(deadline, firstValidAt + timing.nominationDelay)
    }
    return deadline
  }

  private var expiry: Instant { lastResponse + timing.consentTimeout }

  /// Whether no authentic response came for 30 s. From then on nothing is sent or accepted.
  package func isExpired(at now: Instant) -> Bool { now >= expiry }

  private var isNominated: Bool { selectedGeneration == generations.newest }

  private mutating func retransmit(at now: Instant, into batch: inout DatagramBatch) {
    var index = 0
    while index < transactions.count {
      guard transactions[index].nextAt <= now else {
        index += 1
        continue
      }
      guard transactions[index].transmissionsLeft > 0 else {
        if let pair = transactions[index].pair { pairs[pair].state = .failed }
        transactions.remove(at: index)
        continue
      }
      transmit(index, at: now, into: &batch)
      index += 1
    }
  }

  /// The pair whose check is due: triggered ones first, then by priority. None once nominated, but
  /// for those the peer triggers while it controls.
  private var nextPairToCheck: Int? {
    var best: Int?
    for index in pairs.indices where pairs[index].state == .waiting {
      if isNominated && !pairs[index].isTriggered { continue }
      guard let current = best else {
        best = index
        continue
      }
      let (a, b) = (pairs[index], pairs[current])
      if a.isTriggered != b.isTriggered ? a.isTriggered : a.priority > b.priority { best = index }
    }
    return best
  }

  /// Begins at most one check, so that they leave `pace` apart.
  private mutating func startCheck(at now: Instant, into batch: inout DatagramBatch) {
    guard now >= nextCheckAt, let index = nextPairToCheck else { return }
    nextCheckAt = now + timing.pace
    pairs[index].isTriggered = false
    guard let path = pairs[index].path else {
      pairs[index].state = .opening(isRequested: false)
      return
    }
    pairs[index].state = .inProgress
    let number = generations.newest
    begin(.check(pair: index), on: path, generation: number, at: now, into: &batch)
  }

  /// The best valid pair, while there is still something to nominate.
  private var bestToNominate: Int? {
    guard isControlling, !isNominated,
      !transactions.contains(where: { if case .nomination = $0.purpose { true } else { false } })
    else { return nil }
    var best: Int?
    for index in pairs.indices where pairs[index].state == .valid {
      if best.map({ pairs[index].priority > pairs[$0].priority }) ?? true { best = index }
    }
    return best
  }

  /// Regular nomination (RFC 8445 section 8.1.1): at once when no better pair is pending, otherwise
  /// when the pending ones had their time.
  private mutating func nominate(at now: Instant, into batch: inout DatagramBatch) {
    guard let best = bestToNominate, let path = pairs[best].path, let firstValidAt else { return }
    let isBetterPending = pairs.contains { $0.isPending && $0.priority > pairs[best].priority }
    guard !isBetterPending || now >= firstValidAt + timing.nominationDelay else { return }
    begin(.nomination(pair: best), on: path, generation: generations.newest, at: now, into: &batch)
  }

  private mutating func refreshConsent(at now: Instant, into batch: inout DatagramBatch) {
    guard let selected, now >= nextConsentAt else { return }
    nextConsentAt = now + consentInterval()
    begin(.consent, on: selected, generation: selectedGeneration, at: now, into: &batch)
  }

  /// RFC 7675 section 5.1: 0.8 to 1.2 of the interval, so that checks do not fall into step.
  private mutating func consentInterval() -> TimeSpan {
    TimeSpan(
      fractionalSeconds: timing.consentInterval.seconds * (0.8 + 0.4 * random.unitInterval()))
  }

  // MARK: Sending

  private mutating func begin(
    _ purpose: ICETransaction.Purpose, on path: TransportPath, generation: Int, at now: Instant,
    into batch: inout DatagramBatch
  ) {
    guard transactions.count < ICEControllingAgent.transactionsMax else { return }
    // A consent check nominates again, harmlessly: so a lite peer follows when a NAT rebinds us.
    let isCheck = if case .check = purpose { true } else { false }
    let request = STUNWriter.BindingRequest(
      transactionID: .random(from: &random), priority: ICEPriority.check,
      role: isControlling ? .controlling(tieBreaker) : .controlled(tieBreaker),
      useCandidate: isControlling && !isCheck)
    let udpTransmissions =
      purpose == .consent ? timing.consentTransmissionsMax : timing.transmissionsMax
    transactions.append(
      ICETransaction(
        request: request, purpose: purpose, generation: generation, path: path,
        transmissionsLeft: path.channel == .udp ? udpTransmissions : 1, rto: timing.initialRTO,
        nextAt: now))
    transmit(transactions.count - 1, at: now, into: &batch)
  }

  /// Sends the transaction at `index` and sets its next instant.
  private mutating func transmit(
    _ index: Int, at now: Instant, into batch: inout DatagramBatch
  ) {
    transactions[index].transmissionsLeft -= 1
    let transaction = transactions[index]
    if transaction.transmissionsLeft > 0 {
      transactions[index].nextAt = now + transaction.rto
      transactions[index].rto = transaction.rto * 2
    } else if transaction.path.channel != .udp || transaction.purpose == .consent {
      // TCP retransmits by itself; a late answer to a consent check is still consent.
      transactions[index].nextAt = now + timing.consentTimeout
    } else {
      transactions[index].nextAt = now + timing.initialRTO * timing.finalWait
    }
    guard let generation = generations.generation(transaction.generation) else { return }
    let written: Void? = try? STUNWriter.write(
      transaction.request, username: generation.outboundUsername.span, key: generation.outboundKey,
      into: &scratch)
    if written != nil { batch.append(scratch.bytes, to: transaction.path) }
  }

  // MARK: TCP

  /// The next address to open a TCP connection to; nil when there is none. Each is named once.
  package mutating func nextConnection() -> SocketAddress? {
    guard let index = pairs.firstIndex(where: { $0.state == .opening(isRequested: false) }) else {
      return nil
    }
    pairs[index].state = .opening(isRequested: true)
    return pairs[index].remote
  }

  /// The connection asked for is open and is `path`; its check is due at once.
  package mutating func opened(_ path: TransportPath) {
    guard let index = pairs.firstIndex(where: { $0.isTCP && $0.remote == path.remote }) else {
      return
    }
    pairs[index].path = path
    pairs[index].state = .waiting
    pairs[index].isTriggered = true
  }

  /// A connection could not be opened, or has closed. If it was the selected path, the best other
  /// valid pair is nominated.
  package mutating func closed(_ remote: SocketAddress) {
    for index in pairs.indices where pairs[index].isTCP && pairs[index].remote == remote {
      pairs[index].state = .failed
      pairs[index].path = nil
    }
    transactions.removeAll { $0.path.channel != .udp && $0.path.remote == remote }
    guard let selected, selected.channel != .udp, selected.remote == remote else { return }
    self.selected = nil
    selectedGeneration = -1
    nextConsentAt = .distantFuture
  }

  // MARK: Receiving

  /// Takes one STUN datagram that came on `path`; replies and what follows from it go to `batch`.
  package mutating func receive(
    _ datagram: borrowing Span<UInt8>, on path: TransportPath, at now: Instant,
    into batch: inout DatagramBatch
  ) -> OnMessage {
    guard !isExpired(at: now) else { return .discarded(.expired) }
    guard let message = try? STUNMessage(datagram) else { return .discarded(.malformed) }
    guard message.fingerprint != .wrong else { return .discarded(.wrongFingerprint) }
    guard message.method == STUNMessage.bindingMethod else { return .discarded(.unexpected) }
    let result: OnMessage
    switch message.messageClass {
    case .request: result = receiveRequest(message, datagram, on: path, at: now, into: &batch)
    case .successResponse, .errorResponse:
      result = receiveResponse(message, datagram, on: path, at: now)
    case .indication: result = .discarded(.unexpected)
    }
    nominate(at: now, into: &batch)
    return result
  }

  private mutating func receiveRequest(
    _ message: STUNMessage, _ datagram: borrowing Span<UInt8>, on path: TransportPath,
    at now: Instant, into batch: inout DatagramBatch
  ) -> OnMessage {
    let generation: ICEGeneration
    switch generations.authenticate(message, datagram) {
    case .failure(let refusal): return .discarded(refusal)
    case .success(let found): generation = found
    }
    if !message.unknownAttributes.isEmpty {
      return reject(message, .unknownAttribute, .unknownAttribute, generation, path, &batch)
    }
    guard resolveRole(message.roleClaim) else {
      return reject(message, .roleConflict, .roleConflict, generation, path, &batch)
    }
    let written: Void? = try? STUNWriter.writeSuccess(
      to: message.transactionID, mapped: path.remote, key: generation.inboundKey, into: &scratch)
    if written != nil { batch.append(scratch.bytes, to: path) }
    guard generation.number == generations.newest else { return .handled }
    return trigger(message, on: path, at: now)
  }

  private mutating func reject(
    _ message: STUNMessage, _ refusal: ICERefusal, _ code: STUNErrorCode,
    _ generation: ICEGeneration, _ path: TransportPath, _ batch: inout DatagramBatch
  ) -> OnMessage {
    let written: Void? = try? STUNWriter.writeError(
      code, to: message.transactionID, unknown: message.unknownAttributes,
      key: generation.inboundKey, into: &scratch)
    if written != nil { batch.append(scratch.bytes, to: path) }
    return .rejected(refusal)
  }

  /// RFC 8445 section 7.3.1.1: on a conflict the larger tie-breaker controls. False: the peer yields.
  private mutating func resolveRole(_ claim: STUNMessage.RoleClaim?) -> Bool {
    switch claim {
    case .controlling(let theirs) where isControlling:
      if tieBreaker >= theirs { return false }
      isControlling = false
    case .controlled(let theirs) where !isControlling:
      if tieBreaker < theirs { return false }
      isControlling = true
    default: break
    }
    return true
  }

  /// A check of the peer's makes us check the same pair (RFC 8445 section 7.3.1.4).
  private mutating func trigger(_ message: STUNMessage, on path: TransportPath, at now: Instant)
    -> OnMessage
  {
    guard let index = pairIndex(for: path, priority: message.priority ?? 0) else { return .handled }
    let isNomination = !isControlling && message.useCandidate
    switch pairs[index].state {
    case .valid:
      if isNomination { return select(index, at: now) }
    case .failed, .waiting, .opening:
      pairs[index].path = path
      pairs[index].state = .waiting
      pairs[index].isTriggered = !isNominated || !isControlling
    case .inProgress: break
    }
    if isNomination { pairs[index].isNominatedByPeer = true }
    return .handled
  }

  private mutating func pairIndex(for path: TransportPath, priority: UInt32) -> Int? {
    let isTCP = path.channel != .udp
    if let known = pairs.firstIndex(where: { $0.remote == path.remote && $0.isTCP == isTCP }) {
      return known
    }
    guard pairs.count < ICEControllingAgent.pairsMax else { return nil }
    pairs.append(ICEPair(peerReflexive: path, priority: priority))
    return pairs.count - 1
  }

  private mutating func receiveResponse(
    _ message: STUNMessage, _ datagram: borrowing Span<UInt8>, on path: TransportPath,
    at now: Instant
  ) -> OnMessage {
    guard
      let index = transactions.firstIndex(where: {
        $0.request.transactionID == message.transactionID
      })
    else { return .discarded(.unexpected) }
    let transaction = transactions[index]
    guard transaction.path.isSameFlow(as: path) else { return .discarded(.wrongPath) }
    guard message.integrityOffset != nil else { return .discarded(.missingIntegrity) }
    guard let generation = generations.generation(transaction.generation),
      message.verifyIntegrity(key: generation.outboundKey, in: datagram)
    else { return .discarded(.wrongIntegrity) }
    if message.messageClass == .errorResponse {
      transactions.remove(at: index)
      return receiveError(message.errorCode, transaction)
    }
    guard message.mappedAddress != nil else { return .discarded(.malformed) }
    transactions.remove(at: index)
    lastResponse = now
    guard let pair = transaction.pair else { return .handled }
    pairs[pair].state = .valid
    pairs[pair].path = path
    if firstValidAt == nil { firstValidAt = now }
    let isNomination = if case .nomination = transaction.purpose { true } else { false }
    if isNomination && isControlling || !isControlling && pairs[pair].isNominatedByPeer {
      return select(pair, at: now)
    }
    return .handled
  }

  /// RFC 8445 section 7.2.5.1: on 487 the roles are swapped and the pair is checked again.
  private mutating func receiveError(_ code: UInt16?, _ transaction: ICETransaction) -> OnMessage {
    let isConflict = code == STUNErrorCode.roleConflict.rawValue
    if isConflict {
      if case .controlling = transaction.request.role { isControlling = false }
      if case .controlled = transaction.request.role { isControlling = true }
    }
    if let pair = transaction.pair {
      pairs[pair].state = isConflict ? .waiting : .failed
      pairs[pair].isTriggered = isConflict
    }
    return .handled
  }

  /// Takes the pair into use; its generation is then the only one.
  private mutating func select(_ index: Int, at now: Instant) -> OnMessage {
    guard let path = pairs[index].path, selected != path || !isNominated else { return .handled }
    selected = path
    selectedGeneration = generations.newest
    if generations.retireOlder() {
      let newest = generations.newest
      transactions.removeAll { $0.generation != newest }
    }
    if isControlling { transactions.removeAll { $0.purpose != .consent } }
    nextConsentAt = now + consentInterval()
    return .selected(path)
  }
}
