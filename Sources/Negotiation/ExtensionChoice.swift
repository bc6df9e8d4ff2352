// Which header extensions we take (RFC 8285 section 6) in the one id space of a BUNDLE group.

import RTP
import SDP

/// The header extensions agreed so far.
struct ExtensionChoice {
  private(set) var map = ExtensionMap()
  private var extensions: [UInt8: HeaderExtension] = [:]

  /// Chooses among the extensions offered for one section and returns our side's mappings.
  ///
  /// An extension whose id is already in use for another, or which another section has under
  /// another id, is left out: packets carry ids only, and the group shares them.
  mutating func accept(
    _ offered: [ExtensionMapping], isVideo: Bool, role: AnswerPolicy.Role, allowsMixed: Bool
  ) -> [ExtensionMapping] {
    var accepted: [ExtensionMapping] = []
    for mapping in offered {
      guard let kind = HeaderExtension.allCases.first(where: { $0.uri == mapping.uri }),
        Self.isWanted(kind, isVideo: isVideo, role: role),
        let id = Self.usableID(mapping.id, allowsMixed: allowsMixed),
        let direction = Self.answerDirection(mapping.direction ?? .sendrecv, role: role),
        take(kind, id), !accepted.contains(where: { $0.id == mapping.id })
      else { continue }
      accepted.append(
        ExtensionMapping(
          id: mapping.id, direction: direction == .sendrecv ? nil : direction, uri: mapping.uri))
    }
    return accepted
  }

  /// Records `id` for `kind`; false when that contradicts what was agreed before.
  mutating func take(_ kind: HeaderExtension, _ id: UInt8) -> Bool {
    let known = extensions[id]
    guard known == kind || known == nil && map[kind] == 0 else { return false }
    extensions[id] = kind
    map[kind] = id
    return true
  }

  /// 1...14 fit everywhere; larger ones need the two-byte form, which may come at any time only
  /// where mixing is allowed. 15 is reserved, above 255 nothing can be carried.
  static func usableID(_ id: UInt16, allowsMixed: Bool) -> UInt8? {
    guard (1...14).contains(id) || allowsMixed && (16...255).contains(id) else { return nil }
    return UInt8(exactly: id)
  }

  private static func isWanted(
    _ kind: HeaderExtension, isVideo: Bool, role: AnswerPolicy.Role
  ) -> Bool {
    switch kind {
    case .mid, .absSendTime, .transportSequence, .absCaptureTime: true
    case .audioLevel: !isVideo
    case .rid, .repairedRID: isVideo && role.weReceive
    case .playoutDelay: isVideo && role.weSend
    case .dependencyDescriptor: isVideo
    }
  }

  /// Our direction for an extension offered with `offered`; nil when we have no use for it.
  private static func answerDirection(
    _ offered: Direction, role: AnswerPolicy.Role
  ) -> Direction? {
    switch offered {
    case .sendrecv: .sendrecv
    case .sendonly: role.weReceive ? .recvonly : nil
    case .recvonly: role.weSend ? .sendonly : nil
    case .inactive: nil
    }
  }
}
