// The order of an opening window's claims: when they were made, ties by a seed committed to before.

import Crypto

/// The fairness rule of drops (PROTOCOL.md).
package enum DropOrder {
  /// What a seed is committed to with: SHA-256 of the seed and the text `hawker-drop:ID`.
  package static func commitment(seed: [UInt8], drop: ShopID) -> [UInt8] {
    SHA256.digest((seed + Array("hawker-drop:\(drop)".utf8)).span)
  }

  /// The claims in the order they are served: by `adjustedMs`, ties by HMAC-SHA256(seed, claim number
  /// in decimal digits), the lower tag first.
  package static func sorted(
    _ claims: [(id: ShopID, adjustedMs: Int64)], seed: [UInt8]
  ) -> [ShopID] {
    let key = HMACSHA256(key: seed.span)
    var keyed = claims.map { Keyed(id: $0.id, adjustedMs: $0.adjustedMs, tag: tag($0.id, key)) }
    keyed.sort()
    return keyed.map(\.id)
  }

  /// Four big-endian words of the tag.
  private static func tag(_ id: ShopID, _ key: HMACSHA256) -> Tag {
    let bytes = key.tag(over: Array(String(id).utf8).span)
    var words = Tag(0, 0, 0, 0)
    for index in bytes.indices {
      let byte = UInt64(bytes[index])
      switch index / 8 {
      case 0: words.0 = words.0 << 8 | byte
      case 1: words.1 = words.1 << 8 | byte
      case 2: words.2 = words.2 << 8 | byte
      default: words.3 = words.3 << 8 | byte
      }
    }
    return words
  }

  private typealias Tag = (UInt64, UInt64, UInt64, UInt64)

  private struct Keyed: Comparable {
    var id: ShopID
    var adjustedMs: Int64
    var tag: Tag

    static func < (a: Keyed, b: Keyed) -> Bool {
      if a.adjustedMs != b.adjustedMs { return a.adjustedMs < b.adjustedMs }
      if a.tag != b.tag { return a.tag < b.tag }
      return a.id < b.id
    }

    static func == (a: Keyed, b: Keyed) -> Bool { a.id == b.id }
  }
}
