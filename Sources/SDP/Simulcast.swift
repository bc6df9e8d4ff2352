// The simulcast attribute, RFC 8853 section 5.1.

/// `a=simulcast`: the simulcast streams of a section, in order of preference.
package struct Simulcast: Hashable, Sendable {
  /// One RID of a stream.
  package struct Alternative: Hashable, Sendable {
    package var rid: String
    /// Whether the stream starts paused: `~`.
    package var isPaused: Bool
    package init(_ rid: String, isPaused: Bool = false) {
      self.rid = rid
      self.isPaused = isPaused
    }
  }
  /// One simulcast stream: the formats it may take, best first. Never empty.
  package typealias Stream = [Alternative]

  /// What the describing side sends.
  package var send: [Stream]
  /// What it receives.
  package var recv: [Stream]

  package init(send: [Stream] = [], recv: [Stream] = []) {
    self.send = send
    self.recv = recv
  }

  init?(_ text: Substring) {
    let fields = text.fields()
    guard fields.count == 2 || fields.count == 4 else { return nil }
    self.init()
    for index in stride(from: 0, to: fields.count, by: 2) {
      guard let streams = Self.parseList(fields[index + 1]) else { return nil }
      switch fields[index] {
      case "send" where send.isEmpty: send = streams
      case "recv" where recv.isEmpty: recv = streams
      default: return nil
      }
    }
  }

  private static func parseList(_ text: Substring) -> [Stream]? {
    var streams: [Stream] = []
    for part in text.parts(UInt8(ascii: ";"), keepEmpty: true) {
      var stream: Stream = []
      for name in part.parts(UInt8(ascii: ","), keepEmpty: true) {
        let isPaused = name.utf8.first == UInt8(ascii: "~")
        let rid = isPaused ? name.dropFirst() : name
        guard rid.isRIDName else { return nil }
        stream.append(Alternative(String(rid), isPaused: isPaused))
      }
      streams.append(stream)
    }
    return streams
  }

  var text: String {
    var parts: [String] = []
    if !send.isEmpty { parts.append("send " + Self.text(of: send)) }
    if !recv.isEmpty { parts.append("recv " + Self.text(of: recv)) }
    return parts.joined(separator: " ")
  }

  private static func text(of streams: [Stream]) -> String {
    streams.map { stream in
      stream.map { ($0.isPaused ? "~" : "") + $0.rid }.joined(separator: ",")
    }.joined(separator: ";")
  }
}
