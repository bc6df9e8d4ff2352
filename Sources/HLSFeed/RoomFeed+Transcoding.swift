// Rooms whose codec players of HLS don't know: frames out to the encoders, samples back.

import HLS
import RTP
package import Transcoding
package import Wire

extension RoomFeed {
  /// What a thread with a `TranscodeLine` is to do, in order; results come back by `receive`.
  package mutating func takeOrders() -> [TranscodeOrder] { transcoding.takeOrders() }

  /// Frames that were not transcoded because the encoders were behind.
  package var discardedFrames: UInt64 { transcoding.discardedCount }

  /// Takes a result that arrived at `now`.
  package mutating func receive(_ result: TranscodeResult, at now: Instant) {
    switch result {
    case .taken(let bytes, let isBroken): transcoding.finish(bytes: bytes, isBroken: isBroken)
    case .sample(let sample): receive(sample, at: now)
    case .stills(let stills):
      pictures.take(stills)
      if keepsStills, stillsToKeep.count < RoomFeed.stillsWaitingMax { stillsToKeep.append(stills) }
      if let epoch = presentation?.epoch {
        presentation?.replaceStills(pictures.files(epoch: epoch))
      }
    case .slate(let made): slate.take(made)
    }
  }

  /// Stills made since this was asked last, for a show that is kept.
  package mutating func takeStills() -> [Stills] {
    defer { stillsToKeep.removeAll() }
    return stillsToKeep
  }

  /// One is made every ten seconds and taken in the next turn of the loop.
  private static let stillsWaitingMax = 8

  /// Has a still made of a keyframe of the best rendition that is repackaged, when one is due.
  mutating func orderStill(_ output: LayerFeed.Output, _ layer: Int, at time: TimeSpan) {
    guard output.isSync, layers[layer].codec == .h264, time >= nextStillAt ?? time,
      layer == layers.indices.last(where: { layers[$0].place != nil }) ?? layer
    else { return }
    nextStillAt = time + StillMaker.interval
    transcoding.order(
      .still(
        SourceFrame(
          codec: .h264, capturedAt: output.capturedAt, bytes: layers[layer].lastKeyframe,
          isKeyframe: true, beginsSegment: false)))
  }

  /// While encoders rest, of a keyframe that came for others.
  private mutating func orderStill(_ frame: SourceFrame, at time: TimeSpan) {
    guard frame.isKeyframe, time >= nextStillAt ?? time else { return }
    nextStillAt = time + StillMaker.interval
    transcoding.order(.still(frame))
  }

  private mutating func receive(_ sample: TranscodedSample, at now: Instant) {
    let layer = layer(ofRung: sample.rung)
    // Another publisher may have come meanwhile, whose layers are repackaged.
    guard layers.indices.contains(layer), layers[layer].codec != .h264,
      let output = layers[layer].take(
        sample.picture.bytes.span, capturedAt: sample.picture.capturedAt)
    else { return }
    note(output, at: now)
    append(output, layer)
  }

  /// The largest rung is the best layer's rendition and the smallest the worst's, so that players stay
  /// where they are when a publisher with another codec comes.
  private func layer(ofRung rung: Int) -> Int {
    if rung == 0 { return layers.count - 1 }
    return rung == ladder.rungs.count - 1 ? 0 : layers.count - 1 - rung
  }

  /// Lets the encoders of a show rest that nobody watches, or go on: then a keyframe is needed. Players see
  /// the slate meanwhile. A show begins first: who comes later finds one.
  package mutating func restEncoders(_ rests: Bool) {
    let hasBegun = presentation?.isEnded == false && newestPicture ?? .zero > RoomFeed.restAge
    transcoding.rest(rests && hasBegun)
  }

  /// Whether the encoders rest.
  package var encodersRest: Bool { transcoding.isResting }

  /// A show so old has a playlist of some segments, and a picture to make a slate of.
  private static let restAge = TimeSpan.seconds(10)

  mutating func order(_ frame: SourceFrame, isDecodable: Bool, layer: Int, at now: Instant) {
    let epoch = presentation?.isEnded == false ? presentation?.epoch : nil
    if transcoding.isResting, let epoch {
      // The show goes on.
      newest = max(newest ?? frame.capturedAt, frame.capturedAt)
      orderStill(frame, at: frame.capturedAt - epoch)
    }
    transcoding.take(
      frame, isDecodable: isDecodable, layer: layer, isTop: layer == layers.count - 1,
      time: epoch.map { frame.capturedAt - $0 }, cut: presentation?.nextCut,
      segment: timing.segment, afterSlate: slate.isShown, at: now)
  }
}
