// The simple rule that moves a viewer between layers until real congestion control comes.

package import Wire

/// Decides when a viewer without a pin moves one layer down or up.
///
///     state     input                       action        next state
///     clean     trouble                     none          troubled since now
///     clean     no trouble, under 10 s      none          clean
///     clean     no trouble for 10 s         step up       clean since now
///     clean     no trouble, but a queue     none          clean since now
///     troubled  no trouble                  none          clean since now
///     troubled  trouble, under 2 s          none          troubled
///     troubled  trouble for 2 s             step down     clean since now
///
/// Trouble is a path that carries less than the current layer's rate, as REMB or arrival times tell, or
/// loss over 10 %.
package struct LayerGuard: Hashable, Sendable {
  /// What one viewer's feedback said last.
  package struct Measurement: Hashable, Sendable {
    /// What the viewer's layer takes now.
    package var layerBitrate: Bitrate
    /// What of it the viewer's path carries; nil when nothing says less than all.
    package var receivable: Bitrate?
    /// 0...1, over the last second or two.
    package var lossFraction: Double
    /// Whether what was sent before still queues on the path: then there is no room for more.
    package var isQueued: Bool
    package init(
      layerBitrate: Bitrate, receivable: Bitrate?, lossFraction: Double, isQueued: Bool = false
    ) {
      self.layerBitrate = layerBitrate
      self.receivable = receivable
      self.lossFraction = lossFraction
      self.isQueued = isQueued
    }

    /// Whether the layer is too much for the viewer.
    package var isTrouble: Bool {
      if lossFraction > LayerGuard.lossMax { return true }
      return receivable.map { $0 < layerBitrate } ?? false
    }
  }

  /// What the caller has to do, if there is such a layer.
  package enum OnMeasurement: Hashable, Sendable {
    case stay, stepDown, stepUp
  }

  private enum State: Hashable {
    case clean(since: Instant)
    case troubled(since: Instant)
  }
  private var state: State

  /// Loss beyond this is trouble: retransmission still repairs a tenth within the playout delay.
  package static let lossMax = 0.10
  /// Trouble must last this long, so that one burst moves nobody.
  package static let troubledSpan = TimeSpan.seconds(Int64(2))
  /// Calm must last this long, so that a viewer who fell is not thrown back at once.
  package static let cleanSpan = TimeSpan.seconds(Int64(10))

  /// A viewer who just got its first layer.
  package init(at now: Instant) { state = .clean(since: now) }

  /// Takes in one measurement; call a few times per second.
  package mutating func receive(_ measurement: Measurement, at now: Instant) -> OnMeasurement {
    switch (state, measurement.isTrouble) {
    case (.clean, true):
      state = .troubled(since: now)
    case (.clean, false) where measurement.isQueued:
      state = .clean(since: now)
    case (.clean(let since), false):
      guard now - since >= LayerGuard.cleanSpan else { return .stay }
      state = .clean(since: now)
      return .stepUp
    case (.troubled, false):
      state = .clean(since: now)
    case (.troubled(let since), true):
      guard now - since >= LayerGuard.troubledSpan else { return .stay }
      state = .clean(since: now)
      return .stepDown
    }
    return .stay
  }

  /// Begins anew after the layer changed for another reason.
  package mutating func restart(at now: Instant) { state = .clean(since: now) }
}
