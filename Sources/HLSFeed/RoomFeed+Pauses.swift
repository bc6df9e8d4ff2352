// Pauses: slate and silence where nothing comes, so that players go on.

import HLS
import Media
import Transcoding
import Wire

extension RoomFeed {
  /// Fills what nothing has come for up to `limit`, since the epoch, with slate and silence.
  mutating func fillPauses(until limit: TimeSpan) {
    fillSound(until: limit)
    let sizes = layers.indices.compactMap { slateSize($0)?.size }
    // While the encoders rest no picture comes, once what was on its way has.
    let patience =
      transcoding.isResting && transcoding.isIdle ? SlateDesk.step : SlateDesk.patience
    guard !sizes.isEmpty, let newestPicture, limit - newestPicture > patience else { return }
    for size in slate.order(sizes) { transcoding.order(.slate(size)) }
    slate.begin(at: limit, sizes: sizes)
    showSlate(until: limit)
  }

  mutating func showSlate(until limit: TimeSpan) {
    while let (time, index) = slate.next(until: limit, cut: presentation?.nextCut) {
      for layer in layers.indices {
        guard let (size, place) = slateSize(layer), let unit = slate.unit(index, size: size)
        else { continue }
        layers[layer].isOnSlate = true
        guard case .sample(let bytes, let isSync, _) = layers[layer].slateStream.receive(unit.span)
        else { continue }
        let format =
          isSync ? layers[layer].slateStream.configuration.map { TrackFormat.avc($0) } : nil
        presentation?.append(
          TimedSample(time: RoomFeed.ticks(time), bytes: bytes, isSync: isSync), format: format,
          to: place)
      }
    }
  }

  /// The size of a layer's rendition, and where it is.
  private func slateSize(_ layer: Int) -> (size: SlateSize, place: Int)? {
    guard let place = layers[layer].place, let renditions = presentation?.renditions,
      renditions.indices.contains(place), case .avc(let format)? = renditions[place].format
    else { return nil }
    return (SlateSize(width: format.width, height: format.height), place)
  }

  /// What a live sample finds: after a slate only a keyframe can be shown, with its parameter sets.
  ///
  /// - Returns: the format to go on with; nil for a sample that can't be shown.
  mutating func leaveSlate(_ output: LayerFeed.Output, _ layer: Int) -> AVCConfiguration?? {
    guard layers[layer].isOnSlate else { return .some(output.format) }
    guard output.isSync else {
      layers[layer].askForKeyframe()
      return nil
    }
    if slate.isShown, let epoch = presentation?.epoch {
      // Up to here without a gap.
      showSlate(until: output.capturedAt - epoch - SlateDesk.step)
      slate.end()
    }
    layers[layer].isOnSlate = false
    return .some(output.format ?? layers[layer].configuration)
  }

  private mutating func fillSound(until limit: TimeSpan) {
    guard sound?.place != nil, let newestSound, limit - newestSound > SlateDesk.patience else {
      return
    }
    var frames: [(tick: Int64, bytes: [UInt8])] = []
    sound?.fill(until: limit) { frames.append(($0, $1)) }
    for frame in frames { appendSilence(frame.tick, frame.bytes) }
  }

  private mutating func appendSilence(_ tick: Int64, _ bytes: [UInt8]) {
    guard let place = sound?.place else { return }
    presentation?.append(TimedSample(time: tick, bytes: bytes, isSync: true), to: place)
  }
}
