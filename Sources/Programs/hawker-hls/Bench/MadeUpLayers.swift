// Three layers of made-up H.264 as a browser sends them: what matters is how much of it there is.

import RTP
import Wire

/// Frames of 1280×720, 640×360 and 320×180 at 30 a second: 2.5, 0.7 and 0.2 Mbit/s.
struct MadeUpLayers {
  static let names = ["low", "middle", "high"]
  static let bitsPerSecond = [200_000, 700_000, 2_500_000]
  static let framesPerSecond = 30

  /// Baseline SPS of the three sizes, and a PPS.
  private static let sequenceParameters: [[UInt8]] = [
    [0x67, 0x42, 0xC0, 0x1F, 0xDA, 0x05, 0x06, 0x7E, 0x74],
    [0x67, 0x42, 0xC0, 0x1F, 0xDA, 0x02, 0x80, 0xBF, 0xE5, 0x40],
    [0x67, 0x42, 0xC0, 0x1F, 0xDA, 0x01, 0x40, 0x16, 0xE8],
  ]
  private static let pictureParameters: [UInt8] = [0x68, 0xCE, 0x3C, 0x80]
  /// Of RTP, as browsers send.
  private static let payloadBytesMax = 1150

  /// The payloads of a frame: parameter sets and FU-A (RFC 6184).
  static func payloads(layer: Int, isKey: Bool) -> [[UInt8]] {
    let average = bitsPerSecond[layer] / 8 / framesPerSecond
    let size = isKey ? average * 6 : average * 9 / 10
    let header: UInt8 = isKey ? 0x65 : 0x41
    var payloads: [[UInt8]] = isKey ? [sequenceParameters[layer], pictureParameters] : []
    var left = size
    while left > 0 {
      let count = min(left, payloadBytesMax)
      let isFirst = left == size
      left -= count
      let indicator = header & 0x60 | 28
      let marks: UInt8 = (isFirst ? 0x80 : 0) | (left == 0 ? 0x40 : 0)
      // No emulation prevention is needed in bytes that are never zero.
      payloads.append([indicator, marks | header & 0x1F] + [UInt8](repeating: 0x5A, count: count))
    }
    return payloads
  }
}
