// What a synthetic host has produced and its caller has yet to packetize and send.
package import Wire

/// Frames and packets of one `advance`, in storage that is reused.
package struct HostOutput: Sendable {
  /// One encoded video frame of one layer.
  package struct Video: Sendable {
    /// The layer's place in `SyntheticHost.Configuration.layers`.
    package fileprivate(set) var layer = 0
    /// When the picture was drawn, as its time code says; with the frame's timestamp this makes a
    /// sender report.
    package fileprivate(set) var captured = WallTime(nanoseconds: 0)
    package fileprivate(set) var frame = EncodedVideoFrame()
  }

  /// One Opus packet of 20 ms.
  package struct Audio: Sendable {
    /// On the 48 kHz clock, of the first sample.
    package fileprivate(set) var timestamp = RTPTimestamp(0)
    /// When the first sample sounds.
    package fileprivate(set) var captured = WallTime(nanoseconds: 0)
    package fileprivate(set) var payload: [UInt8] = []
  }

  private var videoPool: [Video] = []
  private var audioPool: [Audio] = []
  /// Video frames to send, 0 or one per active layer.
  package private(set) var videoCount = 0
  /// Audio packets to send.
  package private(set) var audioCount = 0

  /// An empty output.
  package init() {}

  /// Video frame `index`, 0..<`videoCount`.
  package func video(_ index: Int) -> Video { videoPool[index] }

  /// Audio packet `index`, 0..<`audioCount`, in order of time.
  package func audio(_ index: Int) -> Audio { audioPool[index] }

  /// Forgets everything; keeps the storage.
  mutating func removeAll() {
    videoCount = 0
    audioCount = 0
  }

  /// Adds a video frame that `encode` fills; adds nothing when it throws.
  mutating func addVideo(
    layer: Int, captured: WallTime,
    _ encode: (inout EncodedVideoFrame) throws(CodecError) -> Void
  ) throws(CodecError) {
    if videoPool.count == videoCount { videoPool.append(Video()) }
    videoPool[videoCount].layer = layer
    videoPool[videoCount].captured = captured
    try encode(&videoPool[videoCount].frame)
    videoCount += 1
  }

  /// Adds an audio packet that `encode` fills; adds nothing when it throws.
  mutating func addAudio(
    timestamp: RTPTimestamp, captured: WallTime,
    _ encode: (inout [UInt8]) throws(CodecError) -> Void
  ) throws(CodecError) {
    if audioPool.count == audioCount { audioPool.append(Audio()) }
    audioPool[audioCount].timestamp = timestamp
    audioPool[audioCount].captured = captured
    try encode(&audioPool[audioCount].payload)
    audioCount += 1
  }
}
