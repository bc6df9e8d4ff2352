// A DRM system, as playlists, manifests and initialization sections name it: ISO/IEC 23001-7 section 8.1, RFC 8216bis section 4.4.4.4.

import Crypto
package import Wire

/// One line of the file of licence systems: where players of one kind get the key from.
package struct LicenceSystem: Hashable, Sendable {
  /// SystemID as a UUID of lower-case digits; nil for one that only playlists name (`identity`).
  package let id: String?
  /// The whole `pssh` box; nil without one.
  package let header: [UInt8]?
  /// KEYFORMAT and URI of EXT-X-KEY; nil for one that is not named in playlists.
  package let playlistKey: (format: String, uri: String)?

  /// Reads `SYSTEM-ID PSSH KEYFORMAT URI`: `-` for what there is none of, PSSH a whole box in base64. In the URI `{kid}`
  /// stands for the key's identifier, 32 digits, and `{pssh}` for the box in base64.
  ///
  /// - Throws: `.badLength` for another number of words, `.badValue` for a word that can't be meant.
  package init(_ line: Substring, keyID: [UInt8]) throws(WireError) {
    let words = line.split(separator: " ")
    guard words.count == 4 else { throw .badLength }
    id = words[0] == "-" ? nil : try LicenceSystem.uuid(words[0])
    if words[1] == "-" {
      header = nil
    } else {
      guard let id, let box = Base64.decode(words[1]) else { throw .badValue }
      try LicenceSystem.check(box, id: id)
      header = box
    }
    guard (words[2] == "-") == (words[3] == "-") else { throw .badValue }
    if words[2] == "-" {
      playlistKey = nil
    } else {
      let text = header.map { Base64.encode($0) } ?? ""
      let uri = LicenceSystem.filled(words[3], ["{kid}": Hex.text(keyID), "{pssh}": text])
      guard AttributeText.quoted(String(words[2])) != nil, AttributeText.quoted(uri) != nil else {
        throw .badValue
      }
      playlistKey = (String(words[2]), uri)
    }
    guard id != nil || playlistKey != nil else { throw .badValue }
  }

  /// The header that every browser's EME reads, ClearKey's too: it names the key and no service.
  /// (W3C, `cenc` Initialization Data Format, section 4.)
  package static func common(keyID: [UInt8]) throws(WireError) -> LicenceSystem {
    var writer = BoxWriter(capacity: 64)
    writer.fullBox("pssh", version: 1) {
      $0.append(Hex.bytes(commonID.filter { $0 != "-" }, count: 16) ?? [])
      $0.append(u32: 1)
      $0.append(keyID)
      $0.append(u32: 0)
    }
    let box = Base64.encode(writer.bytes)
    return try LicenceSystem(
      "\(commonID) \(box) urn:uuid:\(commonID) data:text/plain;base64,{pssh}", keyID: keyID)
  }

  private static let commonID = "1077efec-c0b2-4d02-ace3-3c1e52e2fb4b"

  /// The attributes of EXT-X-KEY and EXT-X-SESSION-KEY.
  var keyAttributes: String? {
    playlistKey.map {
      "METHOD=SAMPLE-AES,URI=\"\($0.uri)\",KEYFORMAT=\"\($0.format)\",KEYFORMATVERSIONS=\"1\""
    }
  }

  private static func filled(_ template: Substring, _ values: [String: String]) -> String {
    var text = String(template)
    for (name, value) in values {
      while let range = text.firstRange(of: name) { text.replaceSubrange(range, with: value) }
    }
    return text
  }

  private static func uuid(_ text: Substring) throws(WireError) -> String {
    let lower = text.lowercased()
    let groups = lower.split(separator: "-", omittingEmptySubsequences: false)
    guard groups.map(\.count) == [8, 4, 4, 4, 12], Hex.bytes(groups.joined(), count: 16) != nil
    else { throw .badValue }
    return lower
  }

  /// Whether it is one `pssh` box of this system.
  private static func check(_ box: [UInt8], id: String) throws(WireError) {
    guard box.count <= HLSLimits.systemHeaderBytesMax else { throw .badLength }
    var reader = BoxReader(byteCount: box.count)
    let found = try reader.first("pssh", in: box.span)
    guard found.range == 0..<box.count, found.content.count >= 24 else { throw .badValue }
    let start = found.content.lowerBound + 4
    guard Hex.text(Array(box[start..<(start + 16)])) == id.filter({ $0 != "-" }) else {
      throw .badValue
    }
  }

  package static func == (a: LicenceSystem, b: LicenceSystem) -> Bool {
    a.id == b.id && a.header == b.header && a.keyAttributes == b.keyAttributes
  }
  package func hash(into hasher: inout Hasher) {
    hasher.combine(id)
    hasher.combine(header)
    hasher.combine(keyAttributes)
  }
}
