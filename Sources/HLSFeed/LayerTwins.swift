// Which sections of a session carry one encoding: a publisher's single one comes in every section of `layer=all`.

import Wire

/// Tells encodings that are the same from those that only have the same size, or had.
///
/// Sections with one track share timestamps exactly (decision 0005), so the same frame has the same
/// timestamp and the same length in both.
struct LayerTwins {
  private struct Frame {
    let timestamp: RTPTimestamp
    let byteCount: Int
  }

  /// The newest frame of each layer.
  private var newest: [Int: Frame] = [:]
  /// For each layer, those that had the same frame when both were last compared.
  private var twins: [Int: Set<Int>] = [:]

  /// Takes a frame of a layer.
  ///
  /// - Returns: the layers that were its twins and are not.
  mutating func note(_ layer: Int, timestamp: RTPTimestamp, byteCount: Int) -> Set<Int> {
    newest[layer] = Frame(timestamp: timestamp, byteCount: byteCount)
    var parted: Set<Int> = []
    for (other, frame) in newest where other != layer && frame.timestamp == timestamp {
      if frame.byteCount == byteCount {
        twins[layer, default: []].insert(other)
        twins[other, default: []].insert(layer)
      } else if twins[layer]?.remove(other) != nil {
        twins[other]?.remove(layer)
        parted.insert(other)
      }
    }
    return parted
  }

  /// The layers that carry the same encoding, as far as is known.
  func twins(of layer: Int) -> Set<Int> { twins[layer] ?? [] }
}
