// Content steering: which CDN players load from, and which next (RFC 8216bis section 7).

/// The CDNs that serve what this process makes, in the order in which players shall use them.
///
/// All have the same paths, so each is a clone of the one the playlists came from with another host: the
/// playlists, and the tokens in their paths, stay the same for all.
package struct Steering: Hashable, Sendable {
  private struct Pathway: Hashable {
    let id: String
    /// Nil for where the playlist came from.
    let host: String?
  }

  /// What a file has that can't be meant: its line, from 1; 0 for the file as a whole.
  package struct Fault: Error, Hashable, Sendable {
    package let line: Int
  }

  private let pathways: [Pathway]

  /// How long players keep what they were told, in seconds: a minute after a file changes all have heard.
  package static let timeToLive = 60
  /// Pathways of one file.
  package static let pathwaysMax = 8
  /// Bytes of a file that are read.
  package static let fileBytesMax = 8192
  /// The manifest's name, beside the multivariant playlist.
  package static let name = "steering.json"
  /// Where the playlist came from (section 4.4.6.2: PATHWAY-ID).
  private static let own = "."

  /// Reads a file: a line for each CDN, the best first: `ID HOST[:PORT]`, or `.` for where the playlist came
  /// from. What follows a `#` is a remark.
  package init(parsing text: String) throws(Fault) {
    var pathways: [Pathway] = []
    // Of a file with CR LF each is one character.
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() {
      let words = line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" }
      if words.isEmpty { continue }
      let fault = Fault(line: index + 1)
      let id = String(words[0])
      guard pathways.count < Steering.pathwaysMax, !pathways.contains(where: { $0.id == id }) else {
        throw fault
      }
      if words.count == 1, id == Steering.own {
        pathways.append(Pathway(id: id, host: nil))
      } else {
        guard words.count == 2, id != Steering.own, Steering.isID(id), Steering.isHost(words[1])
        else { throw fault }
        pathways.append(Pathway(id: id, host: String(words[1])))
      }
    }
    guard !pathways.isEmpty else { throw Fault(line: 0) }
    self.pathways = pathways
  }

  /// The Steering Manifest (section 7.2). All it says is in characters that JSON takes as they are.
  package var manifest: [UInt8] {
    let order = pathways.map { "\"\($0.id)\"" }.joined(separator: ",")
    let clones = pathways.compactMap { pathway in
      pathway.host.map {
        "{\"BASE-ID\":\".\",\"ID\":\"\(pathway.id)\",\"URI-REPLACEMENT\":{\"HOST\":\"\($0)\"}}"
      }
    }
    var text = "{\"VERSION\":1,\"TTL\":\(Steering.timeToLive),\"PATHWAY-PRIORITY\":[\(order)]"
    if !clones.isEmpty { text += ",\"PATHWAY-CLONES\":[\(clones.joined(separator: ","))]" }
    return Array((text + "}").utf8)
  }

  /// What the multivariant playlist says.
  static let line = "#EXT-X-CONTENT-STEERING:SERVER-URI=\"\(name)\""

  /// `[A-Za-z0-9._-]`.
  private static func isID(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy { isAlphanumeric($0) || ".-_".utf8.contains($0) }
  }

  /// A name or an address, and a port: never a scheme or a path.
  private static func isHost(_ text: Substring) -> Bool {
    (1...255).contains(text.utf8.count)
      && text.utf8.allSatisfy { isAlphanumeric($0) || ".-:[]".utf8.contains($0) }
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    case _: false
    }
  }
}
