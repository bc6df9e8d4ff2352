// A candidate pair of the controlling agent (RFC 8445 section 6.1.2).

import Wire

/// One remote candidate with our only local one of the same transport.
struct ICEPair: Sendable {
  enum State: Hashable, Sendable {
    /// TCP: the caller has been or will be asked to open a connection.
    case opening(isRequested: Bool)
    /// Its check is due, when the pace allows.
    case waiting
    case inProgress
    case valid
    case failed
  }

  let remote: SocketAddress
  let isTCP: Bool
  /// The remote candidate's; ours is the same in all pairs, so it alone orders them.
  let priority: UInt32
  /// Nil for TCP that is not open.
  var path: TransportPath?
  var state = State.waiting
  /// The peer checked it: it goes first (triggered check, RFC 8445 section 7.3.1.4).
  var isTriggered = false
  /// The peer controls and has nominated it.
  var isNominatedByPeer = false

  init(_ candidate: RemoteCandidate) {
    remote = candidate.address
    isTCP = candidate.transport == .tcpPassive
    priority = candidate.priority
    if !isTCP {
      let unspecified = remote.ip.isIPv4 ? IPAddress(ipv4: 0) : IPAddress(high: 0, low: 0)
      path = TransportPath(channel: .udp, local: unspecified, remote: remote)
    }
  }

  /// A pair the peer's check revealed: its candidate is peer-reflexive.
  init(peerReflexive path: TransportPath, priority: UInt32) {
    remote = path.remote
    isTCP = path.channel != .udp
    self.priority = priority
    self.path = path
  }

  /// Whether a better outcome than those in hand may still come of it.
  var isPending: Bool {
    switch state {
    case .opening, .waiting, .inProgress: true
    case .valid, .failed: false
    }
  }
}

extension TransportPath {
  /// Whether both have the same channel and far end. Our own address may be known on one side only.
  func isSameFlow(as other: TransportPath) -> Bool {
    channel == other.channel && remote == other.remote
  }
}
