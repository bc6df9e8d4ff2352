// Colours as pictures store them.

/// A colour in BT.601, limited range.
package struct Ink: Hashable, Sendable {
  package let y: UInt8
  package let u: UInt8
  package let v: UInt8

  /// From red, green and blue, 0...255 each, full range.
  package init(red: Int, green: Int, blue: Int) {
    let (r, g, b) = (Double(red) / 255, Double(green) / 255, Double(blue) / 255)
    let luma = 0.299 * r + 0.587 * g + 0.114 * b
    y = Ink.byte(16 + 219 * luma)
    u = Ink.byte(128 + 224 * (b - luma) / 1.772)
    v = Ink.byte(128 + 224 * (r - luma) / 1.402)
  }

  private static func byte(_ value: Double) -> UInt8 {
    UInt8(min(max(value.rounded(), 0), 255))
  }

  package static let black = Ink(red: 0, green: 0, blue: 0)
  package static let white = Ink(red: 255, green: 255, blue: 255)
}
