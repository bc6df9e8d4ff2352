// The draw of a giveaway: decided by a seed that was committed to before anyone entered.

import Crypto

/// The commit–reveal draw (PROTOCOL.md, "Verifying a draw").
package enum Draw {
  /// What a seed is committed to with: SHA-256 of the seed and the text `hawker-giveaway:ID`.
  ///
  /// - Parameter giveaway: binds the seed to one giveaway, so that none can be used twice.
  package static func commitment(seed: [UInt8], giveaway: EntryID) -> [UInt8] {
    SHA256.digest((seed + Array("hawker-giveaway:\(giveaway)".utf8)).span)
  }

  /// The winners, in the order they are drawn; all entrants when fewer than `count` entered.
  ///
  /// Winner i (from 0) is the entry at x mod n of the n that remain, in log order. x is the first of the four
  /// big-endian 64-bit words of HMAC-SHA256(seed, "ID:i") below the largest multiple of n, else the last of them.
  package static func winners(
    seed: [UInt8], giveaway: EntryID, entries: [PersonID], count: Int
  ) -> [PersonID] {
    let key = HMACSHA256(key: seed.span)
    var remaining = entries
    var winners: [PersonID] = []
    while winners.count < count, !remaining.isEmpty {
      let tag = key.tag(over: Array("\(giveaway):\(winners.count)".utf8).span)
      winners.append(remaining.remove(at: place(tag, among: UInt64(remaining.count))))
    }
    return winners
  }

  /// An evenly spread place among `count`, by rejection: a plain remainder would prefer the first entries.
  private static func place(_ tag: [UInt8], among count: UInt64) -> Int {
    let excess = (UInt64.max % count + 1) % count
    var word: UInt64 = 0
    for start in stride(from: 0, to: tag.count, by: 8) {
      word = tag[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) }
      // The last multiple of `count` is 2^64 − excess.
      if excess == 0 || word <= UInt64.max - excess { break }
    }
    return Int(word % count)
  }
}
