// The texts of a shop: which names, codes and links are taken, and how titles are made fit to be shown.

import Wire

/// Checks and cleans what hosts and merchants write.
package enum ShopText {
  /// Whether it is `[A-Za-z0-9._-]{1,64}`.
  static func isSKU(_ text: String) -> Bool {
    (1...ShopLimits.skuMax).contains(text.utf8.count) && text.utf8.allSatisfy(isNameByte)
  }

  /// Whether it is `[A-Za-z0-9._-]{1,max}`: references, merchants, gifts and voucher codes.
  static func isName(_ text: String, max: Int) -> Bool {
    (1...max).contains(text.utf8.count) && text.utf8.allSatisfy(isNameByte)
  }

  /// Whether it has the form of an ISO 4217 code.
  static func isCurrency(_ text: String) -> Bool {
    text.utf8.count == 3
      && text.utf8.allSatisfy { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
  }

  /// Whether it is an absolute https URL of printable ASCII.
  static func isSecureURL(_ text: String) -> Bool {
    text.hasPrefix("https://") && text.utf8.count > 8 && isPlainURL(text)
  }

  /// Whether it is where a picture may be: https, or http on this machine for shops that are tried out;
  /// the house says which of those.
  static func isPictureURL(_ text: String) -> Bool {
    isSecureURL(text) || (isPlainURL(text) && plainAuthority(of: text) != nil)
  }

  /// The address and port of a URL without TLS on this machine; nil for any other.
  package static func plainAuthority(of text: String) -> String? {
    guard text.hasPrefix("http://127.0.0.1:") || text.hasPrefix("http://[::1]:") else { return nil }
    let rest = text.dropFirst("http://".count)
    guard let slash = rest.firstIndex(of: "/") else { return nil }
    let authority = rest[..<slash]
    let port = authority.drop { $0 != "]" }.isEmpty ? authority : authority.drop { $0 != "]" }
    guard let number = port.split(separator: ":").last.flatMap({ UInt16($0) }), number > 0 else {
      return nil
    }
    return String(authority)
  }

  /// Whether it is printable ASCII without spaces and quotes, not too long.
  static func isPlainURL(_ text: String) -> Bool {
    (1...ShopLimits.urlMax).contains(text.utf8.count)
      && text.utf8.allSatisfy { (0x21...0x7E).contains($0) && !unsafe.contains($0) }
  }

  /// RFC 3986 leaves these out of URLs, and markup could end at them.
  private static let unsafe: [UInt8] = Array("\"<>\\^`{|}".utf8)

  /// A text fit to be shown; `bad-field` when there is none or it is too long.
  static func clean(
    _ raw: String, _ field: String, max: Int, allowsLines: Bool = false
  ) throws(ShopRefusal) -> String {
    do throws(VisibleText.Fault) {
      return try VisibleText.clean(raw, max: max, allowsLines: allowsLines)
    } catch {
      switch error {
      case .empty: throw ShopRefusal(.badField, "\(field): there is no text")
      case .tooLong: throw ShopRefusal(.badField, "\(field): at most \(max) characters")
      }
    }
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
