// Base64 and base64url (RFC 4648 sections 4 and 5), strict in what they read.

import Wire

/// Base64 in its two alphabets.
package enum Base64 {
  /// Which alphabet, and whether the text is padded with "=".
  package enum Variant: Sendable {
    /// "+" and "/", padded to a multiple of four.
    case standard
    /// "-" and "_", never padded: tokens (RFC 7515 section 2).
    case url
  }

  /// The text of `bytes`. Allocates.
  package static func encode(_ bytes: borrowing Span<UInt8>, _ variant: Variant = .standard)
    -> String
  {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    var index = 0
    while index < bytes.count {
      let taken = min(3, bytes.count - index)
      var group: UInt32 = 0
      for step in 0..<3 { group = group << 8 | UInt32(bytes.byte(at: index + step) ?? 0) }
      for digit in 0...taken {
        text.append(character(UInt8(group >> (18 - 6 * UInt32(digit)) & 63), variant))
      }
      if variant == .standard { for _ in taken..<3 { text.append(UInt8(ascii: "=")) } }
      index += 3
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The text of `bytes`. Allocates.
  package static func encode(_ bytes: [UInt8], _ variant: Variant = .standard) -> String {
    encode(bytes.span, variant)
  }

  /// The bytes `text` stands for; nil for a foreign character, wrong padding, an impossible length,
  /// or unused bits that are not zero: each value has exactly one text.
  package static func decode(_ text: borrowing Span<UInt8>, _ variant: Variant = .standard)
    -> [UInt8]?
  {
    guard let digits = digitCount(text, variant), digits % 4 != 1 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(digits * 3 / 4)
    var bits: UInt32 = 0
    var bitCount = 0
    for index in 0..<digits {
      guard let value = value(text[index], variant) else { return nil }
      bits = (bits << 6 | UInt32(value)) & 0xFFFF
      bitCount += 6
      if bitCount >= 8 {
        bitCount -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(bitCount)))
      }
    }
    return bits & ((1 << UInt32(bitCount)) - 1) == 0 ? bytes : nil
  }

  /// The bytes `text` stands for; nil as the other form of `decode` says.
  package static func decode(_ text: some StringProtocol, _ variant: Variant = .standard)
    -> [UInt8]?
  {
    decode(Array(text.utf8).span, variant)
  }

  /// How many characters come before the padding; nil when the padding is wrong for the variant.
  private static func digitCount(_ text: borrowing Span<UInt8>, _ variant: Variant) -> Int? {
    guard variant == .standard else { return text.count }
    guard text.count % 4 == 0 else { return nil }
    var count = text.count
    while count > 0, text.count - count < 2, text[count - 1] == UInt8(ascii: "=") { count -= 1 }
    return count
  }

  static func standardScalar(_ value: UInt8) -> Unicode.Scalar {
    Unicode.Scalar(character(value, .standard))
  }

  private static func character(_ value: UInt8, _ variant: Variant) -> UInt8 {
    switch value {
    case 0..<26: UInt8(ascii: "A") + value
    case 26..<52: UInt8(ascii: "a") + (value - 26)
    case 52..<62: UInt8(ascii: "0") + (value - 52)
    case 62: variant == .standard ? UInt8(ascii: "+") : UInt8(ascii: "-")
    default: variant == .standard ? UInt8(ascii: "/") : UInt8(ascii: "_")
    }
  }

  private static func value(_ character: UInt8, _ variant: Variant) -> UInt8? {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
    case UInt8(ascii: "+"): variant == .standard ? 62 : nil
    case UInt8(ascii: "/"): variant == .standard ? 63 : nil
    case UInt8(ascii: "-"): variant == .url ? 62 : nil
    case UInt8(ascii: "_"): variant == .url ? 63 : nil
    default: nil
    }
  }
}
