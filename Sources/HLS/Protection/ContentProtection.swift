// What a room's media are encrypted with, and who gives the key to players: the place where DRM licence services plug in.

import Crypto
import Wire

/// A content key, and the licence systems that know it.
///
/// This is the one place where a licence service plugs in. Everything that players learn about the key comes from here:
/// `pssh` boxes of initialization sections, EXT-X-KEY and EXT-X-SESSION-KEY of playlists, ContentProtection of the
/// manifest. Widevine, PlayReady and FairPlay are lines of a file (`LicenceSystem`): their service's packaging API gives
/// the key and its identifier (and FairPlay's the vector), the `pssh` and the key's URI. The key itself never leaves this
/// type but for `SampleCipher`: nothing that is served has it. A service that changes keys would stand here as well, as
/// another `ContentProtection` for each of its periods; `TrackEncryption` then comes per initialization section.
package struct ContentProtection: Sendable {
  /// KID: 16 bytes.
  package let keyID: [UInt8]
  package let systems: [LicenceSystem]
  private let key: [UInt8]
  private let vector: [UInt8]

  /// Why there is none.
  package enum Fault: Error, Hashable, Sendable {
    /// The key's file is not `KID KEY` or `KID KEY IV`, of 32 hexadecimal digits each.
    case contentKey
    /// This line of the file of licence systems can't be read.
    case licence(line: Int)
    /// No line says how playlists name the key, or there are more than `HLSLimits.licenceSystemsMax`.
    case licenceCount
  }

  /// - Parameters:
  ///   - contentKey: `KID KEY`, or `KID KEY IV` where the licence service sets the vector; lines that begin with `#`
  ///     are passed over.
  ///   - licences: a `LicenceSystem` a line; nil: the common header alone, which names no service.
  package init(contentKey: String, licences: String? = nil) throws(Fault) {
    let words = ContentProtection.lines(contentKey).flatMap { $0.line.split(separator: " ") }
    guard (2...3).contains(words.count) else { throw .contentKey }
    var values: [[UInt8]] = []
    for word in words {
      let digits = word.lowercased().filter { $0 != "-" }
      guard let bytes = Hex.bytes(digits, count: TrackEncryption.byteCount) else {
        throw .contentKey
      }
      values.append(bytes)
    }
    keyID = values[0]
    key = values[1]
    vector = values.count > 2 ? values[2] : ContentProtection.vector(key: key, keyID: keyID)
    guard let licences else {
      guard let common = try? LicenceSystem.common(keyID: keyID) else { throw .licenceCount }
      systems = [common]
      return
    }
    var systems: [LicenceSystem] = []
    for (number, line) in ContentProtection.lines(licences) {
      guard let system = try? LicenceSystem(line, keyID: values[0]) else {
        throw .licence(line: number)
      }
      systems.append(system)
    }
    guard systems.count <= HLSLimits.licenceSystemsMax,
      systems.contains(where: { $0.playlistKey != nil })
    else { throw .licenceCount }
    self.systems = systems
  }

  /// Lines with something in them, counted from 1.
  private static func lines(_ text: String) -> [(number: Int, line: Substring)] {
    text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }.enumerated()
      .map { (number: $0.offset + 1, line: $0.element) }
      .filter { !$0.line.hasPrefix("#") && $0.line.contains { $0 != " " } }
  }

  /// A vector that every process with this key has too, and that says nothing of the key.
  private static func vector(key: [UInt8], keyID: [UInt8]) -> [UInt8] {
    let purpose = Array("hls-cbcs-vector\n\(Hex.text(keyID))".utf8)
    return Array(
      HMACSHA256(key: key.span).tag(over: purpose.span).prefix(TrackEncryption.byteCount))
  }

  /// What a track of pictures or of sound says of its encryption.
  package func track(isVideo: Bool) -> TrackEncryption? {
    try? TrackEncryption(keyID: keyID, vector: vector, hasPattern: isVideo)
  }

  /// What encrypts a track's samples.
  package func cipher(isVideo: Bool) -> SampleCipher? {
    track(isVideo: isVideo).map { SampleCipher($0, key: key) }
  }

  /// The `pssh` boxes.
  package var headers: [[UInt8]] { systems.compactMap(\.header) }

  /// The lines of Media Playlists.
  var keyLines: [String] { systems.compactMap(\.keyAttributes).map { "#EXT-X-KEY:" + $0 } }

  /// The lines of the Multivariant Playlist: players may get their licence before they choose a rendition.
  var sessionKeyLines: [String] {
    systems.compactMap(\.keyAttributes).map { "#EXT-X-SESSION-KEY:" + $0 }
  }

  /// The elements of an AdaptationSet (ISO/IEC 23001-7 section 11.2).
  var manifestElements: String {
    let digits = Array(Hex.text(keyID))
    let uuid = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }
      .joined(separator: "-")
    var text = "<ContentProtection schemeIdUri=\"urn:mpeg:dash:mp4protection:2011\""
    text += " value=\"cbcs\" cenc:default_KID=\"\(uuid)\"/>\n"
    for system in systems {
      guard let id = system.id else { continue }
      text += "<ContentProtection schemeIdUri=\"urn:uuid:\(id)\""
      if let header = system.header {
        text += "><cenc:pssh>\(Base64.encode(header))</cenc:pssh></ContentProtection>\n"
      } else {
        text += "/>\n"
      }
    }
    return text
  }
}

extension ContentProtection: CustomStringConvertible, CustomReflectable {
  /// Without the key.
  package var description: String { "ContentProtection(\(Hex.text(keyID)))" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
