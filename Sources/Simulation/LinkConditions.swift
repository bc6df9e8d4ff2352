// What one direction of one network path does to datagrams.

package import Wire

/// The conditions of one direction of a link.
package struct LinkConditions: Hashable, Sendable {
  /// A two-state loss model (Gilbert 1960, Elliott 1963): bursts.
  package struct Bursts: Hashable, Sendable {
    /// The chance, per datagram, that the bad state begins.
    package var begin: Double
    /// The chance, per datagram, that the bad state ends.
    package var end: Double
    /// The share lost in the bad state.
    package var lossWithin: Double
    /// All three are 0...1.
    package init(begin: Double, end: Double, lossWithin: Double) {
      self.begin = begin
      self.end = end
      self.lossWithin = lossWithin
    }
  }

  /// One way.
  package var delay: TimeSpan
  /// Up to this much more delay, evenly spread, without reordering.
  package var jitter: TimeSpan
  /// The share lost at random, 0...1.
  package var loss: Double
  /// Losses in bursts, besides those at random; nil for none.
  package var bursts: Bursts?
  /// The share delivered twice.
  package var duplication: Double
  /// The share delayed by another `reorderDelay`, so that later ones overtake.
  package var reordering: Double
  /// See `reordering`.
  package var reorderDelay: TimeSpan
  /// The bottleneck; nil for none.
  package var rate: Bitrate?
  /// Bytes that wait at the bottleneck before more are lost.
  package var queueBytes: Int
  /// Nothing passes in these spans.
  package var outages: [Range<Instant>]

  /// A perfect path of 10 ms.
  package init(delay: TimeSpan = .milliseconds(10)) {
    self.delay = delay
    jitter = .zero
    loss = 0
    bursts = nil
    duplication = 0
    reordering = 0
    reorderDelay = .milliseconds(15)
    rate = nil
    queueBytes = 64_000
    outages = []
  }
}
