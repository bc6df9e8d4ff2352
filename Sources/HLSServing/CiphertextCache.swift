// Encrypted media, made once for those who come for it in the same moments.

import Crypto
import HLS

/// The newest resources that were encrypted: what is in the store stays in the clear.
struct CiphertextCache {
  private var known: [String: [UInt8]] = [:]
  /// In the order they were made.
  private var names: [String] = []

  /// The last parts of four renditions and the segments they make; older ones are asked for by few.
  private static let countMax = 32

  /// What is given out: the content as it is, or encrypted. Nil when memory is exhausted.
  mutating func sealed(_ content: LibraryContent) -> LibraryContent? {
    guard let cipher = content.cipher else { return content }
    var sealed = content
    sealed.cipher = nil
    if let bytes = known[content.tag] {
      sealed.chunks = [bytes]
      return sealed
    }
    guard
      let bytes = AESCBC.encrypt(content.chunks, key: cipher.key, vector: cipher.vector)
    else { return nil }
    if names.count >= CiphertextCache.countMax { known[names.removeFirst()] = nil }
    // Names carry the run, so they never mean other bytes.
    known[content.tag] = bytes
    names.append(content.tag)
    sealed.chunks = [bytes]
    return sealed
  }
}
