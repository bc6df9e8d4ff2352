// Every bound of the forwarding plane, with its reason.

package import Wire

/// The named limits of forwarding.
package enum ForwardingLimits {
  /// Encodings of one track: browsers send at most three; one spare for a re-created SSRC.
  package static let encodingsMax = 4
  /// Packets a video encoding's cache indexes: 1024 are 3 s at 4 Mbit/s, longer than any NACK lives.
  package static let videoCachePackets = 1024
  /// Bytes a video encoding's cache keeps: the 1 MiB of the keyframe chain.
  package static let videoCacheBytes = 1 << 20
  /// Packets an audio encoding's cache indexes: 2.5 s of 20 ms packets.
  package static let audioCachePackets = 128
  /// Bytes an audio encoding's cache keeps.
  package static let audioCacheBytes = 1 << 16
  /// The longest chain that starts a viewer: beyond it a fresh keyframe is quicker.
  package static let chainAge = TimeSpan.seconds(2)
  /// The least span over which a chain's rate is averaged: a keyframe alone, which is a multiple of its
  /// share, is not taken for the rate of its layer.
  package static let chainSpanMin = TimeSpan.milliseconds(250)
  /// Packets a viewer may ask for again: 512 are 1.7 s at 2.5 Mbit/s.
  package static let videoHistoryPackets = 512
  /// Packets of audio a viewer may ask for again: 1.3 s.
  package static let audioHistoryPackets = 64
  /// A source that leaps by more than this has begun anew: nothing of the gap is asked for again
  /// (`MissingPackets.missingMax`), and a leap passed on would in time outrun the viewer's guess of
  /// the rollover counter (RFC 3711 section 3.3.1: 2^15).
  package static let gapMax: Int64 = 512
  /// Stretches of source numbers a viewer's map remembers: 4 s of dropped temporal layers.
  package static let segmentsMax = 64
  /// Keyframe requests per layer for repair: one per 500 ms, however many viewers ask.
  package static let repairInterval = TimeSpan.milliseconds(500)
  /// Keyframe requests per layer for joins: one per 2 s, the age a chain may have.
  package static let refreshInterval = TimeSpan.seconds(2)
  /// How long a waiting viewer trusts that a requested keyframe is on its way.
  package static let keyframePatience = TimeSpan.seconds(1)
  /// A packet that reached us longer ago than this is history, not live: no queue of ours holds
  /// packets so long.
  package static let liveAge = TimeSpan.milliseconds(150)
  /// How often the catch-up of joining viewers advances.
  package static let catchUpTick = TimeSpan.milliseconds(5)
  /// A joining viewer's pace, as a multiple of the layer's rate.
  package static let catchUpFactor: Int64 = 8
  /// The slowest and fastest a catch-up is paced.
  package static let catchUpRateMin = Bitrate.kilobits(4_000)
  package static let catchUpRateMax = Bitrate.kilobits(40_000)
  /// A retransmission of the same packet is not repeated within this time: the last is in flight.
  package static let retransmitInterval = TimeSpan.milliseconds(20)
  /// Payload bytes of one packet; what arrives in one Ethernet frame fits.
  package static let payloadBytesMax = 1400
}
