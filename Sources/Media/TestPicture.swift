// The moving test picture: a clock one can read, a clock a machine can read, and movement.
package import Wire

/// Draws a test picture for any moment, at any size from 160x90, as a pure function of its
/// arguments.
///
/// Everything is placed on a grid of 640 by 360 that is stretched to the picture's size. The ball
/// touches the ground at every whole second, when `TestTone` strikes.
package struct TestPicture: Sendable {
  package let width: Int
  package let height: Int
  /// What never moves, drawn once.
  private var background: VideoFrame
  private let horizontal: Double
  private let vertical: Double

  /// The longest title that fits, in characters; longer ones are cut.
  package static let titleMax = 28
  /// The smallest picture whose time code survives low bitrates.
  package static let widthMin = 160
  package static let heightMin = 90

  /// - Parameter title: ASCII, such as the room's name.
  /// - Returns: nil for a size below the smallest or one `VideoFrame` refuses.
  package init?(width: Int, height: Int, title: String) {
    guard width >= TestPicture.widthMin, height >= TestPicture.heightMin,
      let frame = VideoFrame(width: width, height: height)
    else { return nil }
    self.width = width
    self.height = height
    horizontal = Double(width) / 640
    vertical = Double(height) / 360
    background = frame
    background = drawnBackground(on: frame, title: String(title.prefix(TestPicture.titleMax)))
  }

  /// Draws the picture of the moment `wall` into `frame`, which takes the picture's size.
  package func draw(
    at wall: WallTime, frameNumber: UInt16, into frame: inout VideoFrame
  ) {
    frame.copy(from: background)
    let time = CivilTime(wall)
    let second = Double(time.millisecond) / 1000
    drawHand(time, second, into: &frame)
    drawBall(time, second, into: &frame)
    text(time.clock, x: 176, y: 160, dot: 6, .white, into: &frame)
    text(
      "\(time.date) UTC  FRAME \(frameNumber)", x: 178, y: 216, dot: 2, Palette.pale, into: &frame)
    drawBeat(second, into: &frame)
    TimeCode(milliseconds: wall.milliseconds, frameNumber: frameNumber).write(into: &frame)
  }

  // MARK: What moves

  private var scale: Double { min(horizontal, vertical) }
  private var dial: (x: Double, y: Double) { (92 * horizontal, 214 * vertical) }

  /// The second hand, sweeping once a minute.
  private func drawHand(_ time: CivilTime, _ second: Double, into frame: inout VideoFrame) {
    let turns = (Double(time.second) + second) / 60
    let tip = (
      x: dial.x + 50 * scale * Sine.sine(turns: turns),
      y: dial.y - 50 * scale * Sine.cosine(turns: turns)
    )
    frame.paintLine(from: dial, to: tip, width: 4 * scale, with: Palette.coral)
    frame.paintDisc(x: dial.x, y: dial.y, radius: 6 * scale, with: Palette.coral)
  }

  /// The ball: to the right and back in eight seconds, one bounce a second.
  private func drawBall(_ time: CivilTime, _ second: Double, into frame: inout VideoFrame) {
    let phase = (Double(time.second % 8) + second) / 4
    let across = phase < 1 ? phase : 2 - phase
    let height = 4 * second * (1 - second)
    frame.paintDisc(
      x: (190 + 408 * across) * horizontal, y: (289 - 38 * height) * vertical, radius: 9 * scale,
      with: Palette.gold)
  }

  /// A lamp that flashes with the beep and fades over a quarter of a second.
  private func drawBeat(_ second: Double, into frame: inout VideoFrame) {
    let glow = max(0, 1 - second * 4)
    guard glow > 0 else { return }
    let (x, y, radius) = (604 * horizontal, 31 * vertical, 9 * scale)
    frame.paint(
      x: Int(x - radius) - 1..<Int(x + radius) + 2, y: Int(y - radius) - 1..<Int(y + radius) + 2,
      with: Palette.coral
    ) { px, py in
      let distance = ((px - x) * (px - x) + (py - y) * (py - y)).squareRoot()
      return min(1, radius - distance + 0.5) * glow
    }
  }

  private func text(
    _ text: String, x: Double, y: Double, dot: Double, _ ink: Ink, into frame: inout VideoFrame
  ) {
    frame.draw(text, x: x * horizontal, y: y * vertical, dot: dot * scale, with: ink)
  }

  // MARK: What stays

  private func drawnBackground(on canvas: VideoFrame, title: String) -> VideoFrame {
    var frame = canvas
    for row in 0..<height {
      // From deep blue to violet; steps of two rows, the chroma's own resolution.
      let share = (row & ~1) * 100 / height
      frame.fill(
        x: 0..<width, y: row..<(row + 1),
        with: Ink(red: 18 + share * 30 / 100, green: 22, blue: 52 + share * 26 / 100))
    }
    text(title.isEmpty ? "TEST PICTURE" : title, x: 24, y: 20, dot: 3, .white, into: &frame)
    frame.paintDisc(
      x: 604 * horizontal, y: 31 * vertical, radius: 12 * scale, inner: 10 * scale,
      with: Palette.pale)
    drawBars(into: &frame)
    drawDial(into: &frame)
    fill(x: 176..<612, y: 298..<300, Palette.pale, into: &frame)
    text("HAWKER", x: 540, y: 216, dot: 2, Palette.gold, into: &frame)
    return frame
  }

  private func fill(
    x: Range<Double>, y: Range<Double>, _ ink: Ink, into frame: inout VideoFrame
  ) {
    frame.fill(
      x: Int(x.lowerBound * horizontal)..<Int(x.upperBound * horizontal),
      y: Int(y.lowerBound * vertical)..<Int(y.upperBound * vertical), with: ink)
  }

  /// The usual colour bars at 75 %, so that a wrong matrix or range shows.
  private func drawBars(into frame: inout VideoFrame) {
    let bars = [
      (191, 191, 191), (191, 191, 0), (0, 191, 191), (0, 191, 0), (191, 0, 191), (191, 0, 0),
      (0, 0, 191),
    ]
    for (place, bar) in bars.enumerated() {
      let left = 24 + Double(place) * 84
      let ink = Ink(red: bar.0, green: bar.1, blue: bar.2)
      fill(x: left..<(left + 84), y: 56..<128, ink, into: &frame)
    }
  }

  private func drawDial(into frame: inout VideoFrame) {
    frame.paintDisc(x: dial.x, y: dial.y, radius: 66 * scale, with: Palette.night)
    frame.paintDisc(
      x: dial.x, y: dial.y, radius: 66 * scale, inner: 63 * scale, with: Palette.pale)
    for tick in 0..<12 {
      let (sine, cosine) = (
        Sine.sine(turns: Double(tick) / 12), Sine.cosine(turns: Double(tick) / 12)
      )
      let inner = (tick % 3 == 0 ? 50 : 55) * scale
      frame.paintLine(
        from: (dial.x + inner * sine, dial.y - inner * cosine),
        to: (dial.x + 59 * scale * sine, dial.y - 59 * scale * cosine), width: 2.5 * scale,
        with: Palette.pale)
    }
  }

  private enum Palette {
    static let pale = Ink(red: 190, green: 196, blue: 222)
    static let night = Ink(red: 12, green: 14, blue: 34)
    static let coral = Ink(red: 255, green: 94, blue: 87)
    static let gold = Ink(red: 255, green: 200, blue: 64)
  }
}
