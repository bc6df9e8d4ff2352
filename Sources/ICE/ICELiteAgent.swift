// The server's side of ICE: lite, always controlled (RFC 8445 sections 2.5 and 7.3, RFC 7675).

import STUN
package import Wire

/// An agent that only answers. It never contacts an address by itself.
///
/// | input | effect |
/// |---|---|
/// | authentic check | success response; the path is valid for 30 s |
/// | the same with USE-CANDIDATE | also: the path is selected, the latest nomination wins; in the newest generation it retires the older one |
/// | authentic, but unknown attributes or a peer that claims to be controlled | 420 or 487; no path |
/// | anything else | discarded, no reply, nothing remembered |
/// | no authentic check on any path for 30 s | expired, for good |
package struct ICELiteAgent: Sendable {
  /// What became of one STUN message.
  package enum OnCheck: Hashable, Sendable {
    /// Refused; `reply` is empty.
    case discarded(ICERefusal)
    /// Refused, but authentic: `reply` holds the error response.
    case rejected(ICERefusal)
    /// A valid check: `reply` holds the success response.
    case answered
    /// The same, and this path has become the selected one, or the selected one in a new generation.
    case selected(TransportPath)
  }

  private struct ValidatedPath: Sendable {
    let path: TransportPath
    var lastCheck: Instant
  }

  /// A browser with four interfaces, each with two address families, over UDP and TCP, needs 16.
  package static let pathsMax = 16
  /// How long one valid check keeps a path and the session alive (RFC 7675 section 5.1).
  package static let consentTimeout = TimeSpan.seconds(30)
  /// A reply buffer of this capacity holds any reply.
  package static let replyBytesMax = STUNWriter.messageBytesMax

  private var generations: ICEGenerations
  private var paths: [ValidatedPath] = []
  /// When the last valid check came, on whatever path; the agent's creation before the first.
  package private(set) var lastCheck: Instant
  /// Where to send; nil until a check nominated a path.
  package private(set) var selected: TransportPath?

  /// An agent with nothing but credentials; its 30 s for a first check begin `now`.
  package init(local: ICECredentials, remote: ICECredentials, at now: Instant) {
    generations = ICEGenerations(local: local, remote: remote)
    lastCheck = now
    paths.reserveCapacity(ICELiteAgent.pathsMax)
  }

  /// ICE restart: from now on checks with these credentials are valid too. Those in use live until a
  /// path is nominated with the new ones; new ones that never were are replaced. The selected path stays.
  package mutating func addGeneration(local: ICECredentials, remote: ICECredentials) {
    generations.add(local: local, remote: remote)
  }

  /// Takes one STUN datagram that came on `path`.
  ///
  /// - Parameter reply: emptied, then filled with what must go back on the same path, if anything.
  ///   Its capacity is at least `replyBytesMax`: less is our own bug and traps.
  package mutating func receive(
    _ datagram: borrowing Span<UInt8>, on path: TransportPath, at now: Instant,
    reply: inout WireBuffer
  ) -> OnCheck {
    precondition(reply.capacity >= ICELiteAgent.replyBytesMax)  // Our buffer, not the wire's.
    reply.removeAll()
    guard !isExpired(at: now) else { return .discarded(.expired) }
    guard let message = try? STUNMessage(datagram) else { return .discarded(.malformed) }
    guard message.fingerprint != .wrong else { return .discarded(.wrongFingerprint) }
    guard message.messageClass == .request, message.method == STUNMessage.bindingMethod else {
      return .discarded(.unexpected)
    }
    // Departs from RFC 8489 section 9.1.3: no 400 or 401, so that a forged source is never answered.
    switch generations.authenticate(message, datagram) {
    case .failure(let refusal): return .discarded(refusal)
    case .success(let generation):
      return accept(message, generation, on: path, at: now, reply: &reply)
    }
  }

  /// Answers an authentic request.
  private mutating func accept(
    _ message: STUNMessage, _ generation: ICEGeneration, on path: TransportPath, at now: Instant,
    reply: inout WireBuffer
  ) -> OnCheck {
    let key = generation.inboundKey
    if !message.unknownAttributes.isEmpty {
      try? STUNWriter.writeError(
        .unknownAttribute, to: message.transactionID, unknown: message.unknownAttributes, key: key,
        into: &reply)
      return .rejected(.unknownAttribute)
    }
    if case .controlled = message.roleClaim {
      try? STUNWriter.writeError(.roleConflict, to: message.transactionID, key: key, into: &reply)
      return .rejected(.roleConflict)
    }
    let answer: Void? = try? STUNWriter.writeSuccess(
      to: message.transactionID, mapped: path.remote, key: key, into: &reply)
    guard answer != nil else { return .discarded(.malformed) }
    lastCheck = now
    remember(path, at: now)
    guard message.useCandidate else { return .answered }
    let isRestarted = generation.number == generations.newest && generations.retireOlder()
    guard selected != path || isRestarted else { return .answered }
    selected = path
    return .selected(path)
  }

  /// Notes a valid check on `path`. When the table is full, the path checked longest ago goes, but
  /// never the selected one.
  private mutating func remember(_ path: TransportPath, at now: Instant) {
    if let index = paths.firstIndex(where: { $0.path == path }) {
      paths[index].lastCheck = now
    } else if paths.count < ICELiteAgent.pathsMax {
      paths.append(ValidatedPath(path: path, lastCheck: now))
    } else if let oldest = oldestUnselected() {
      paths[oldest] = ValidatedPath(path: path, lastCheck: now)
    }
  }

  private func oldestUnselected() -> Int? {
    var oldest: Int?
    for index in paths.indices where paths[index].path != selected {
      if oldest.map({ paths[index].lastCheck < paths[$0].lastCheck }) ?? true { oldest = index }
    }
    return oldest
  }

  /// Forgets a path that cannot carry anything any more: its TCP connection closed. Nothing else is
  /// selected in its place, only a nomination does that.
  package mutating func remove(_ path: TransportPath) {
    paths.removeAll { $0.path == path }
    if selected == path { selected = nil }
  }

  /// Whether a valid check came on `path` in the last 30 s: only then may anything else from it be
  /// looked at.
  package func isValidated(_ path: TransportPath, at now: Instant) -> Bool {
    paths.contains { $0.path == path && now - $0.lastCheck < ICELiteAgent.consentTimeout }
  }

  /// How many paths are remembered, 0...`pathsMax`.
  package var pathCount: Int { paths.count }

  /// Whether the newest credentials are the only ones alive: no restart is under way.
  package var isSettled: Bool { generations.isSettled }

  /// When the agent expires unless a valid check comes before.
  package var nextDeadline: Instant { lastCheck + ICELiteAgent.consentTimeout }

  /// Whether no valid check came on any path for 30 s. From then on every check is discarded.
  package func isExpired(at now: Instant) -> Bool { now >= nextDeadline }
}
