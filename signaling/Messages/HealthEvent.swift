// What arrives of a publication, told to its publisher, and the sentence that says what limits it.

package import MediaControl
package import RTP

/// What one publish connection sends, measured at the server.
package struct HealthEvent: Hashable, Sendable {
  package var connection: String
  package var stream: String
  /// One element per encoding, audio included.
  package var layers: [HealthLayer]
  package init(connection: String, stream: String, layers: [HealthLayer]) {
    self.connection = connection
    self.stream = stream
    self.layers = layers
  }
}

/// One encoding of a publication.
package struct HealthLayer: Hashable, Sendable {
  package var track: String
  package var kind: MediaKind
  package var layer: LayerEntry
  /// Packets lost on the way to the server, 0...1.
  package var fractionLost: Double
  /// Nil when nothing limits it.
  package var limit: HealthLimit?

  package init(
    track: String, kind: MediaKind, layer: LayerEntry, fractionLost: Double, limit: HealthLimit?
  ) {
    self.track = track
    self.kind = kind
    self.layer = layer
    self.fractionLost = fractionLost
    self.limit = limit
  }

  /// A measured encoding of `track`, and what limits it.
  ///
  /// - Parameter isOverBudget: whether its publisher sends more than it may: that ends it soon, so it is
  ///   told before all else.
  package init(
    track: String, kind: MediaKind, _ status: EncodingStatus, isOverBudget: Bool = false
  ) {
    self.init(
      track: track, kind: kind, layer: LayerEntry(status), fractionLost: status.fractionLost,
      limit: isOverBudget ? .budget : HealthLimit(kind: kind, status))
  }
}

/// What keeps an encoding from being what it should.
package enum HealthLimit: Hashable, Sendable {
  /// Per cent of the packets.
  case loss(percent: Int)
  case silent
  /// Frames per second.
  case slow(framesPerSecond: Int)
  case budget

  /// Loss that viewers begin to see although it is repaired.
  package static let lossMin = 0.02
  /// Frames per second below which motion looks broken.
  package static let framesPerSecondMin = 15.0

  /// What a measurement says: silence first, since it explains the rest, then loss, then rate.
  package init?(kind: MediaKind, _ status: EncodingStatus) {
    if !status.isActive {
      self = .silent
    } else if status.fractionLost > HealthLimit.lossMin {
      // A measure that is not a number never gets here: comparisons with it are false.
      self = .loss(percent: Int((min(status.fractionLost, 1) * 100).rounded()))
    } else if kind == .video, status.framesPerSecond < HealthLimit.framesPerSecondMin {
      self = .slow(framesPerSecond: Int(max(0, status.framesPerSecond).rounded()))
    } else {
      return nil
    }
  }

  /// The name for translation.
  package var code: String {
    switch self {
    case .loss: "loss"
    case .silent: "silent"
    case .slow: "slow"
    case .budget: "budget"
    }
  }

  /// A plain English sentence to show as it is.
  package var text: String {
    switch self {
    case .loss(let percent): "\(percent) % of the packets are lost on the way to the server"
    case .silent: "nothing arrives of this layer"
    case .slow(let rate): "only \(rate) frames a second arrive"
    case .budget: "more is sent than the server takes from one publisher"
    }
  }
}
