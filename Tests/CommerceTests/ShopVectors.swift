// Numbers that PROTOCOL.md gives for checking an implementation, made with Python's hashlib and hmac.

import Wire

enum ShopVectors {
  /// With the seed 00 01 … 1F, for drop 17.
  static let commitment =
    Hex.bytes(
      "dca470d8572fdc523e9ee02fa24eadb2013c113d3fb4aa28c5284d6074f7e68e", count: 32) ?? []
  /// Claims 11, 12 and 13 at 500 ms and 14 at 499 ms.
  static let order: [Int64] = [14, 11, 13, 12]
}
