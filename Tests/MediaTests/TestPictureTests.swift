// The test picture and its sound are functions of time alone.
import Testing
import Wire

@testable import Media

@Suite("Test picture and tone")
struct TestPictureTests {
  @Test("the same moment gives the same picture, another moment another one")
  func deterministic() throws {
    let picture = try TestPicture(width: 320, height: 180, title: "shop").orThrow()
    var first = try VideoFrame(width: 320, height: 180).orThrow()
    var second = try VideoFrame(width: 16, height: 16).orThrow()
    picture.draw(at: someMoment, frameNumber: 1, into: &first)
    picture.draw(at: someMoment, frameNumber: 1, into: &second)
    #expect(peakSignalToNoise(first, second) == 99)
    picture.draw(at: someMoment + .milliseconds(33), frameNumber: 2, into: &second)
    #expect(peakSignalToNoise(first, second) < 50)
    #expect(TimeCode.read(from: second)?.milliseconds == someMoment.milliseconds + 33)
  }

  @Test("sizes too small or too large are refused")
  func sizes() {
    #expect(TestPicture(width: 158, height: 90, title: "") == nil)
    #expect(TestPicture(width: 160, height: 88, title: "") == nil)
    #expect(TestPicture(width: 4000, height: 3000, title: "") == nil)
  }

  @Test("the clock shows UTC")
  func clock() {
    #expect(CivilTime(someMoment).clock == "22:13:20.123")
    #expect(CivilTime(someMoment).date == "2023-11-14")
    #expect(CivilTime(WallTime(nanoseconds: 951_782_400_000_000_000)).date == "2000-02-29")
    #expect(CivilTime(WallTime(nanoseconds: -1_000_000)).date == "1969-12-31")
    #expect(CivilTime(WallTime(nanoseconds: -1_000_000)).clock == "23:59:59.999")
  }

  @Test("the bell strikes at the second and is silent in its second half")
  func bell() {
    func energy(_ offset: TimeSpan) -> Int {
      var samples = [Int16](repeating: 0, count: 960)
      let second = WallTime(nanoseconds: 1_700_000_001_000_000_000)
      TestTone.fill(&samples, from: second + offset, channelCount: 1)
      return samples.reduce(0) { $0 + Int($1) * Int($1) } / samples.count
    }
    #expect(energy(.zero) > 1_000_000)
    #expect(energy(.milliseconds(200)) < energy(.zero) / 4)
    #expect(energy(.milliseconds(520)) == 0)
    #expect(energy(.milliseconds(-20)) == 0)
  }

  @Test("the sine is a sine")
  func sine() {
    #expect(abs(Sine.sine(turns: 1.0 / 12) - 0.5) < 1e-6)
    #expect(abs(Sine.sine(turns: 0.25) - 1) < 1e-6)
    #expect(abs(Sine.sine(turns: 0.75) + 1) < 1e-6)
    #expect(abs(Sine.cosine(turns: 1000.5) + 1) < 1e-6)
    #expect(abs(Sine.sine(turns: -0.125) + 0.707_106_78) < 1e-6)
  }
}
