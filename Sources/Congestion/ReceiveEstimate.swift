// What a publisher without transport-wide feedback may send: the estimate REMB tells it.

package import Wire

/// The bitrate one publisher may send, from what comes of it and what is lost.
///
///     loss of the last period   estimate
///     under 2 %                 rises to 1.25 times what came (1.05 times for 10 s after a fall), never
///                               falls
///     2 to 10 %                 stays
///     over 10 %                 falls to 0.9 times what came; the next period is not judged
///
/// It does not follow what came downwards: a picture that stands still needs few bits, and must not be
/// shut in by that when it moves again. A publisher grows by a quarter per window, from 300 kbit/s to
/// 1.5 Mbit/s in about six seconds.
package struct ReceiveEstimate: Sendable {
  private var received = SlidingWindow(span: ReceiveEstimate.window)
  private var bitrate = ReceiveEstimate.bitrateMin
  private var lastExpected: Int64 = 0
  private var lastLost: Int64 = 0
  private var judgedAt: Instant?
  private var mayJudgeFrom = Instant.zero
  private var isCautiousUntil = Instant.zero

  /// What came is measured over this: fifteen frames at 30 per second.
  package static let window = TimeSpan.milliseconds(500)
  /// How often the loss is judged: some fifty packets at a usual rate, so 10 % is no accident.
  package static let period = TimeSpan.milliseconds(500)
  /// A publisher must be able to grow from here: below it no picture is worth watching, and a browser's
  /// encoder starts at it.
  package static let bitrateMin = Bitrate.kilobits(300)
  /// Above any publisher of ours: a layer beyond 4 Mbit/s is refused nowhere, but never needed.
  package static let bitrateMax = Bitrate.kilobits(20_000)
  /// Up to this the path is taken for free.
  package static let calmLoss = 0.02
  /// Beyond this the path is taken for full.
  package static let fullLoss = 0.10
  private static let growth = 1.25
  /// The least growth in bits per second: a quarter of little is too little to begin with.
  private static let growthMin = 100_000.0
  /// Where the path's end was felt lately, it is felt for again in small steps.
  private static let cautiousGrowth = 1.05
  private static let caution = TimeSpan.seconds(10)
  private static let backOff = 0.9

  /// Nothing has come.
  package init() {}

  /// Counts one packet of `byteCount` bytes, retransmissions among them.
  package mutating func record(byteCount: Int, at now: Instant) {
    received.add(Int64(byteCount), at: now)
  }

  /// What to tell the publisher now.
  ///
  /// - Parameters:
  ///   - expected: packets the publisher has sent on its media streams since they began.
  ///   - lost: those of them that did not come. Both may start anew with a stream.
  package mutating func update(expected: Int64, lost: Int64, at now: Instant) -> Bitrate {
    guard let judgedAt else {
      (self.judgedAt, lastExpected, lastLost) = (now, expected, lost)
      return bitrate
    }
    guard now - judgedAt >= ReceiveEstimate.period else { return bitrate }
    let sent = expected - lastExpected
    let missing = lost - lastLost
    (self.judgedAt, lastExpected, lastLost) = (now, expected, lost)
    guard now >= mayJudgeFrom, sent > 0 else { return bitrate }
    judge(loss: Double(max(0, missing)) / Double(sent), at: now)
    return bitrate
  }

  private mutating func judge(loss: Double, at now: Instant) {
    let rate =
      8 * Double(received.sum(at: now)) / received.covered(at: now).seconds
    var wanted = Double(bitrate.bitsPerSecond)
    if loss > ReceiveEstimate.fullLoss {
      wanted = min(wanted, rate * ReceiveEstimate.backOff)
      // What is lost in the next period was sent before the publisher had heard of it.
      mayJudgeFrom = now + ReceiveEstimate.period * 2
      isCautiousUntil = now + ReceiveEstimate.caution
    } else if loss < ReceiveEstimate.calmLoss {
      let raised =
        now < isCautiousUntil
        ? rate * ReceiveEstimate.cautiousGrowth
        : max(rate * ReceiveEstimate.growth, rate + ReceiveEstimate.growthMin)
      wanted = max(wanted, raised)
    }
    let bounded = min(
      max(wanted, Double(ReceiveEstimate.bitrateMin.bitsPerSecond)),
      Double(ReceiveEstimate.bitrateMax.bitsPerSecond))
    bitrate = Bitrate(bitsPerSecond: Int64(bounded))
  }
}
