// `hawker-hls bench transcode`: what transcoding a VP8 room of 720p costs on this machine.

import Glibc
import Media
import RTP
import Transcoding
import Wire

/// Transcodes a test picture as fast as it goes, and writes it as IVF for others to do the same.
enum TranscodeBench {
  private static let (width, height, framesPerSecond) = (1280, 720, 30)
  private static let framesMax = 3000
  /// What a browser sends at 720p.
  private static let bitrate = Bitrate.kilobits(2500)

  /// `--frames N --ivf FILE --ladder L --preset P`; one line of JSON.
  static func run(_ arguments: [String]) throws(SidecarSettings.Fault) -> Int32 {
    var values: [String: String] = [:]
    var rest = arguments[...]
    while let flag = rest.popFirst(), let value = rest.popFirst() { values[flag] = value }
    var settings = EncoderSettings()
    settings.preset = values["--preset"] ?? settings.preset
    guard let count = Int(values["--frames"] ?? "300"), (1...framesMax).contains(count),
      let ladder = values["--ladder"].map({ Ladder($0) }) ?? .standard, settings.isAvailable
    else {
      throw SidecarSettings.Fault(
        text: "bench transcode: [--frames N] [--ivf FILE] [--ladder L]", status: 2)
    }
    do {
      let frames = try makeFrames(count)
      if let path = values["--ivf"] { write(ivf(frames), to: path) }
      let (seconds, bytes, pictures) = transcode(frames, ladder, settings)
      let share = seconds * Double(framesPerSecond) / Double(count)
      print(
        "{\"frames\":\(count),\"pictures\":\(pictures),\"cpu_s\":\(rounded(seconds)),"
          + "\"cores\":\(rounded(share)),\"kbit_s\":\(bytes * 8 * framesPerSecond / count / 1000)}")
      return 0
    } catch {
      throw SidecarSettings.Fault(text: "bench: \(error)", status: 1)
    }
  }

  private static func rounded(_ value: Double) -> Double { (value * 10_000).rounded() / 10_000 }

  private static func makeFrames(_ count: Int) throws(CodecError) -> [SourceFrame] {
    guard let picture = TestPicture(width: width, height: height, title: "bench"),
      var canvas = VideoFrame(width: width, height: height)
    else { throw .badSize }
    let encoder = try VP8Encoder(
      VP8Encoder.Configuration(
        width: width, height: height, bitrate: bitrate, framesPerSecond: framesPerSecond,
        keyframeInterval: nil))
    var frames: [SourceFrame] = []
    var frame = EncodedVideoFrame()
    for number in 0..<count {
      let time = WallTime(nanoseconds: Int64(number) * 1_000_000_000 / Int64(framesPerSecond))
      picture.draw(at: time, frameNumber: UInt16(truncatingIfNeeded: number), into: &canvas)
      try encoder.encode(canvas, at: Int64(number) * 3000, into: &frame)
      frames.append(
        SourceFrame(
          codec: .vp8, capturedAt: time, bytes: frame.bytes.toArray(),
          isKeyframe: frame.isKeyframe, beginsSegment: number % (2 * framesPerSecond) == 0))
    }
    return frames
  }

  private static func transcode(
    _ frames: [SourceFrame], _ ladder: Ladder, _ settings: EncoderSettings
  ) -> (seconds: Double, bytes: Int, pictures: Int) {
    let line = TranscodeLine(ladder, settings)
    var (bytes, pictures) = (0, 0)
    let begin = cpuTime()
    for frame in frames {
      line.run([.frame(frame)]) { result in
        guard case .sample(let sample) = result else { return }
        bytes += sample.picture.bytes.count
        pictures += 1
      }
    }
    return (cpuTime() - begin, bytes, pictures)
  }

  /// Of this thread, which is the only one that works.
  private static func cpuTime() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  // MARK: IVF

  private static func ivf(_ frames: [SourceFrame]) -> [UInt8] {
    var bytes = Array("DKIF".utf8)
    append(0, 2, &bytes)
    append(32, 2, &bytes)
    bytes += Array("VP80".utf8)
    append(width, 2, &bytes)
    append(height, 2, &bytes)
    append(framesPerSecond, 4, &bytes)
    append(1, 4, &bytes)
    append(frames.count, 8, &bytes)
    for (number, frame) in frames.enumerated() {
      append(frame.bytes.count, 4, &bytes)
      append(number, 8, &bytes)
      bytes += frame.bytes
    }
    return bytes
  }

  private static func append(_ value: Int, _ count: Int, _ bytes: inout [UInt8]) {
    for index in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index))) }
  }

  private static func write(_ bytes: [UInt8], to path: String) {
    guard let file = unsafe fopen(path, "wb") else { return }
    unsafe bytes.withUnsafeBytes { unsafe _ = fwrite($0.baseAddress, 1, $0.count, file) }
    unsafe fclose(file)
  }
}
