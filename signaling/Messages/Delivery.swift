// By which way a viewer gets its media: what the server decides, and what the viewer says of it.

/// A way to get media; the raw value is on the wire.
package enum DeliveryWay: String, Hashable, Sendable, CaseIterable {
  /// A peer connection with this server.
  case webRTC = "webrtc"
  /// LL-HLS of the same show, by `Delivery.url`.
  case hls
}

/// Where a viewer is to get its media from now on.
package struct Delivery: Hashable, Sendable {
  /// Why; the raw value is on the wire.
  package enum Reason: String, Hashable, Sendable, CaseIterable {
    /// Every seat for WebRTC is taken.
    case full
    /// The viewer said that WebRTC does not work for it.
    case network
    /// The viewer's token or the room says HLS.
    case policy
    /// A drop opens soon.
    case drop
    /// A seat is free.
    case free
    /// The viewer asked for it.
    case asked
    /// The viewer buys: it claimed, bids or holds something.
    case buyer
  }

  /// A licence service, for browsers that have this key system.
  package struct Licence: Hashable, Sendable {
    package var keySystem: String
    package var url: String
    package init(keySystem: String, url: String) {
      self.keySystem = keySystem
      self.url = url
    }
  }

  package var via: DeliveryWay
  /// The multivariant playlist; nil for WebRTC.
  package var url: String?
  package var reason: Reason
  /// Who gives the key if the show is protected; empty for WebRTC.
  package var licences: [Licence]
  package init(via: DeliveryWay, url: String?, reason: Reason, licences: [Licence] = []) {
    self.via = via
    self.url = url
    self.reason = reason
    self.licences = licences
  }
}

/// What a viewer says of the picture it shows.
package struct WatchingRequest: Hashable, Sendable {
  /// What it wants besides saying so; the raw value is on the wire.
  package enum Wish: String, Hashable, Sendable, CaseIterable {
    /// HLS, because WebRTC does not work here.
    case network
    /// The way it names, because the viewer chose it.
    case asked
  }

  package var via: DeliveryWay
  /// How late the picture is, in milliseconds, as the player measured it: to be shown, never to be
  /// reckoned with. 0…`MessageLimits.delayMsMax`.
  package var delayMs: Int64?
  package var wish: Wish?
  package init(via: DeliveryWay, delayMs: Int64?, wish: Wish?) {
    self.via = via
    self.delayMs = delayMs
    self.wish = wish
  }
}

/// How a room's viewers watch, told to its staff.
package struct TiersEvent: Hashable, Sendable {
  package var webRTC: Int
  package var hls: Int
  /// The median of what players on HLS said last; nil where none did.
  package var hlsDelayMs: Int64?
  package init(webRTC: Int, hls: Int, hlsDelayMs: Int64?) {
    self.webRTC = webRTC
    self.hls = hls
    self.hlsDelayMs = hlsDelayMs
  }
}
