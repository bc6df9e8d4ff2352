// Candidate priorities (RFC 8445 section 5.1.2, RFC 6544 section 4.2).

/// The formula for candidates of component 1, the only one: RTP and RTCP are multiplexed.
package enum ICEPriority {
  /// RFC 8445 section 5.1.2.2's 126 for host candidates over UDP.
  static let hostUDP: UInt32 = 126
  /// Below every UDP type a peer may have: TCP is for where UDP is blocked.
  static let hostTCP: UInt32 = 90
  /// What a check announces for the peer-reflexive candidate it may discover.
  static let peerReflexive: UInt32 = 110
  /// RFC 6544 section 4.2: passive candidates, in the top three bits of the local preference.
  static let passiveDirection: UInt32 = 4

  /// The priority of our host candidate over UDP.
  ///
  /// - Parameter index: its place among our addresses, the first preferred; 0...8191, more counts as 8191.
  package static func hostUDP(index: Int) -> UInt32 {
    make(type: hostUDP, local: 65_535 - UInt32(max(0, min(index, 8191))))
  }

  /// The priority of our passive host candidate over TCP; `index` as in `hostUDP(index:)`.
  package static func hostTCP(index: Int) -> UInt32 {
    make(type: hostTCP, local: passiveDirection << 13 | (8191 - UInt32(max(0, min(index, 8191)))))
  }

  /// The PRIORITY a check of ours carries.
  package static let check = make(type: peerReflexive, local: 65_535)

  private static func make(type: UInt32, local: UInt32) -> UInt32 {
    type << 24 | local << 8 | 255  // 256 minus the component's number, 1.
  }
}
