// Where parts and segments end: RFC 8216bis sections 4.4.3.1 and 4.4.4.9, and our own cut plan.

import HLS
import Testing
import Wire

@Suite("Segmenter")
struct SegmenterTests {
  /// A segmenter, its plan, and what it said.
  private struct Bench {
    var segmenter: Segmenter
    var plan: CutPlan
    var output: [OnSegmenter] = []

    init(_ format: TrackFormat) {
      plan = CutPlan(sequence: 0, start: .zero, segment: .seconds(2))
      segmenter = Segmenter(
        format, timing: HLSTiming(), epoch: WallTime(nanoseconds: 0), sequence: 0, start: 0,
        plan: &plan, into: &output)
    }

    /// Frames at `rate` from `from` to `to` (seconds); keyframes at the times in `keys`.
    mutating func frames(
      _ rate: Double, from: Double = 0, to end: Double, keys: Set<Double> = [0],
      format: TrackFormat? = nil
    ) {
      var index = 0.0
      while from + index / rate < end - 1e-9 {
        let time = from + index / rate
        let isSync = keys.contains { abs($0 - time) < 1e-6 }
        segmenter.append(
          TimedSample(time: Int64((time * 90_000).rounded()), bytes: [1], isSync: isSync),
          format: isSync ? format : nil, plan: &plan, into: &output)
        index += 1
      }
    }

    mutating func advance(to seconds: Double) {
      segmenter.advance(to: Int64(seconds * 90_000), plan: &plan, into: &output)
    }

    var parts: [Part] { output.compactMap { if case .part(let part) = $0 { part } else { nil } } }
    var starts: [SegmentStart] {
      output.compactMap { if case .began(let start) = $0 { start } else { nil } }
    }
    /// Milliseconds of each part.
    var lengths: [Int] { parts.map { Int($0.duration / 90) } }
  }

  private func picture(_ width: Int = 640) throws -> TrackFormat {
    try .avc(configuration(width: width, height: 360))
  }

  @Test("at 30 frames a second a part has nine, and is out when the tenth has come")
  func thirtyFrames() throws {
    var bench = Bench(try picture())
    bench.frames(30, to: 1.51)
    #expect(bench.lengths == [300, 300, 300, 300, 300])
    #expect(bench.parts.allSatisfy { !$0.isGap })
    #expect(bench.parts.map(\.isIndependent) == [true, false, false, false, false])
  }

  @Test("a segment begins at the first keyframe from its cut on, whatever part that ends")
  func keyframe() throws {
    var bench = Bench(try picture())
    bench.frames(30, to: 4.5, keys: [0, 1.5, 2.1, 4.1])
    #expect(bench.starts.map { $0.start / 90 } == [0, 2100, 4100])
    #expect(
      bench.parts.filter { $0.sequence == 1 && $0.index == 0 }.allSatisfy { $0.isIndependent })
  }

  @Test("without keyframes a segment ends within half a second of its cut and says so")
  func noKeyframe() throws {
    var bench = Bench(try picture())
    bench.frames(30, to: 12)
    let starts = bench.starts.map { $0.start / 90 }
    #expect(starts.count == 6)
    for (index, start) in starts.enumerated().dropFirst() {
      #expect(start >= index * 2000 && start <= index * 2000 + 480)
    }
    #expect(bench.parts.dropFirst().allSatisfy { !$0.isIndependent })
  }

  @Test(
    "frames of any rate from 5 a second on make parts within the limits, without gaps",
    arguments: [5.0, 7, 10, 12, 12.5, 15, 18, 20, 24, 25, 48, 50, 60, 90])
  func rates(rate: Double) throws {
    var bench = Bench(try picture())
    bench.frames(rate, to: 20)
    for part in bench.parts {
      #expect(part.duration <= 28_800)
      #expect(part.duration >= 24_480)
      #expect(!part.isGap)
    }
  }

  @Test("time without frames becomes gaps, without a hole, and segments go on with the plan")
  func gaps() throws {
    var bench = Bench(try picture())
    bench.frames(30, to: 1)
    bench.advance(to: 7)
    bench.frames(30, from: 7, to: 9, keys: [7])
    var expected: Int64 = 0
    for part in bench.parts {
      #expect(part.start == expected)
      expected += part.duration
    }
    #expect(bench.starts.map { $0.start / 90 }.prefix(4) == [0, 2000, 4000, 6000])
    #expect(bench.parts.filter { $0.sequence == 1 }.allSatisfy { $0.isGap })
    let back = try #require(bench.parts.last { !$0.isGap && $0.isIndependent })
    #expect(abs(back.start - 7 * 90_000) <= 150 * 90)
  }

  @Test("another coding begins a segment at once, with its own section and a discontinuity")
  func format() throws {
    var bench = Bench(try picture())
    bench.frames(30, to: 0.8)
    bench.frames(30, from: 0.8, to: 4, keys: [0.8], format: try picture(320))
    let second = try #require(bench.starts.dropFirst().first)
    #expect(second.start == 72_000)
    #expect(second.isDiscontinuity && second.discontinuityCount == 1)
    let other = try picture(320)
    #expect(second.format == other)
    // The plan goes on from there.
    #expect(bench.starts.dropFirst(2).first.map { $0.start / 90 >= 2800 } ?? false)
  }

  @Test("sound is cut on frames: fifteen of 1024 are exactly a part of 320 ms")
  func soundParts() throws {
    var bench = Bench(.aac(try sound()))
    for index in Int64(0)..<469 {
      bench.segmenter.append(
        TimedSample(time: index * 1024, bytes: [0], isSync: true), plan: &bench.plan,
        into: &bench.output)
    }
    let parts = bench.parts
    #expect(parts.filter { $0.index < 6 }.allSatisfy { $0.duration == 15_360 })
    #expect(parts.allSatisfy { $0.isIndependent && !$0.isGap && $0.duration % 1024 == 0 })
    let frames = bench.starts.map { $0.start / 1024 }
    #expect(frames == [0, 94, 188, 282, 375])
  }

  @Test("sound of the past is discarded, a picture of the past is shown late")
  func late() throws {
    var sounding = Bench(.aac(try sound()))
    sounding.segmenter.advance(to: 96_000, plan: &sounding.plan, into: &sounding.output)
    sounding.segmenter.append(
      TimedSample(time: 1024, bytes: [0], isSync: true), plan: &sounding.plan,
      into: &sounding.output)
    #expect(sounding.segmenter.discardedCount == 1)
    var shown = Bench(try picture())
    shown.advance(to: 1)
    shown.frames(30, from: 0.5, to: 0.51, keys: [0.5])
    #expect(shown.segmenter.discardedCount == 0)
    #expect(shown.segmenter.retimedCount == 1)
  }

  @Test("a clock that jumps a minute ahead makes no thousand gaps")
  func jump() throws {
    var bench = Bench(try picture())
    bench.frames(30, to: 1)
    let before = bench.output.count
    bench.frames(30, from: 3600, to: 3600.1)
    #expect(bench.output.count == before)
    #expect(bench.segmenter.discardedCount == 3)
  }

  @Test("all renditions take the same cuts, and one that is far ahead is not rewritten")
  func plan() {
    var plan = CutPlan(sequence: 3, start: .seconds(1), segment: .seconds(2))
    #expect(plan.cut(5).at == .seconds(5))
    let moved = plan.force(at: .seconds(4), after: 4)
    #expect(moved)
    #expect(plan.cut(5).at == .seconds(4) && plan.cut(5).isDiscontinuity)
    #expect(plan.cut(6).at == .seconds(6) && plan.cut(6).discontinuityCount == 1)
    plan.take(6)
    let published = plan.force(at: .seconds(5), after: 5)
    #expect(!published, "segment 6 is out and is no discontinuity")
    let again = plan.force(at: .seconds(4), after: 4)
    #expect(again, "segment 5 is one already")
  }
}
