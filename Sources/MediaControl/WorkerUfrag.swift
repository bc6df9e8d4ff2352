// The owner of a peer, written in its ufrag: so any worker can route a check (DESIGN section 3).

import Wire

/// Our ufrags: one base-36 digit for the owner, then seven random ice-chars (42 bits; RFC 8445
/// section 5.3 wants 24).
package enum WorkerUfrag {
  /// Bytes of every ufrag of ours.
  package static let length = 8
  static let digits = Array("0123456789abcdefghijklmnopqrstuvwxyz".utf8)

  /// The ufrag for a peer of `owner`: its digit, then `random`, which is seven ice-chars.
  package static func make(owner: WorkerIndex, random: String) -> String {
    let digit = digits[Int(owner.rawValue) % digits.count]
    return String(decoding: [digit] + Array(random.utf8).prefix(length - 1), as: UTF8.self)
  }

  /// The owner a ufrag names; nil when it can't be ours.
  package static func owner(of ufrag: borrowing Span<UInt8>) -> WorkerIndex? {
    guard ufrag.count == length, let first = ufrag.byte(at: 0) else { return nil }
    switch first {
    case 48...57: return WorkerIndex(first - 48)
    case 97...122: return WorkerIndex(first - 87)
    default: return nil
    }
  }
}
