// How seats for WebRTC are kept, lost and given back (PROTOCOL.md, "WebRTC or HLS").

import Wire

/// The named limits of seats.
enum SeatLimits {
  /// How long a seat waits for the viewer it was promised to: a page that begins, or whose transport broke, takes
  /// two seconds, on a slow phone ten.
  static let keptFor = TimeSpan.seconds(15)
  /// How long a viewer who was sent away keeps its transport: HLS needs two seconds to its first picture.
  static let leavingFor = TimeSpan.seconds(10)
  /// How long a seat is its viewer's before a buyer may get it.
  static let seatedAtLeast = TimeSpan.seconds(60)
  /// How long a viewer watches HLS before it is called back: who was sent over has just begun.
  static let onHLSAtLeast = TimeSpan.seconds(5)
  /// How long a viewer who was sent away, or could not use a seat, waits at least; doubles with each time
  /// it could not.
  static let rest = TimeSpan.seconds(60)
  /// To 16 minutes.
  static let doublingsMax = 4
  /// Who has watched over WebRTC for so long can: what failed before counts no more.
  static let provenAfter = TimeSpan.seconds(300)
  /// Viewers told to move in a second, and at once: each is a handshake and wants a keyframe.
  static let movesPerSecond = 20
  static let movesBurst = 20
  /// When a player by WHEP may ask again.
  static let whepRetryMs: Int64 = 10_000
  /// How often places are looked through.
  static let turnInterval = TimeSpan.milliseconds(500)
  /// So long before a drop opens its viewers on HLS are called back, and until so long before it: a seat
  /// is no use to who is in a handshake when the drop opens.
  static let dropLead = TimeSpan.seconds(20)
  static let dropSettle = TimeSpan.seconds(3)
  /// How long a member without a transport counts as on WebRTC still: nobody is behind by ending a
  /// transport a moment before a claim.
  static let tierSettle = TimeSpan.seconds(5)

  /// Seats that buyers may have beyond the budget: a tenth of it.
  static func allowance(of budget: Int) -> Int { max(1, budget / 10) }

  /// Free seats that nobody is called back to: a twentieth of the budget, for who comes anew, so that calling back and
  /// sending away don't take turns.
  static func margin(of budget: Int) -> Int { budget / 20 }

  /// How long a viewer who could not use its seat so often waits for the next.
  static func rest(after failures: Int) -> TimeSpan {
    .seconds(60 << Int64(min(max(failures - 1, 0), doublingsMax)))
  }
}
