// The load generator's packets, stamps and counts.

import RTP
import Testing
import Wire

@testable import ClientShell

@Suite("Synthetic media")
struct SyntheticMediaTests {
  @Test("a second at 1.5 Mbit/s is 180 video packets, 50 audio packets and the bitrate asked for")
  func rates() {
    var media = SyntheticMedia(publisher: 7, bitrate: .kilobits(1500), startingAt: .zero)
    var (video, audio, bytes, markers) = (0, 0, 0, 0)
    for step in 0..<1000 {
      media.advance(at: Instant(nanoseconds: Int64(step) * 1_000_000)) { packet, payload in
        if packet.isVideo {
          video += 1
          bytes += payload.count
          if packet.marker { markers += 1 }
        } else {
          audio += 1
        }
      }
    }
    #expect(video == 180)
    #expect(markers == 30)
    #expect(audio == 50)
    #expect(abs(bytes * 8 - 1_500_000) < 15_000)
  }

  @Test("frames have VP8 descriptors that follow each other, and keyframes are asked for")
  func descriptors() throws {
    var media = SyntheticMedia(publisher: 7, bitrate: .kilobits(1500), startingAt: .zero)
    var pictures: [Int] = []
    var keyframes: [Int] = []
    for step in 0..<300 {
      if step == 150 { media.requestKeyframe() }
      media.advance(at: Instant(nanoseconds: Int64(step) * 1_000_000)) { packet, payload in
        guard packet.isVideo, let descriptor = try? VP8PayloadDescriptor(parsing: payload) else {
          return
        }
        let picture = descriptor.pictureID.map { Int($0.value) } ?? -1
        if descriptor.startsFrame { pictures.append(picture) }
        if descriptor.isKeyframe { keyframes.append(picture) }
        #expect(!descriptor.isKeyframe || (descriptor.width == 1280 && descriptor.height == 720))
      }
    }
    #expect(pictures == Array(0...8))
    #expect(keyframes == [0, 5])
  }

  @Test("a stamp is read back from the end of any payload that has room, and from no other")
  func stamps() {
    let stamp = PacketStamp(
      sentAt: Instant(nanoseconds: 0x0102_0304_0506_0708), publisher: 9, count: .max)
    for length in 0...64 {
      var payload = [UInt8](repeating: 0xAA, count: length)
      stamp.write(toEndOf: &payload)
      let read = PacketStamp(endOf: payload.span)
      #expect(read == (length >= PacketStamp.length ? stamp : nil))
      #expect(payload.prefix(max(0, length - PacketStamp.length)).allSatisfy { $0 == 0xAA })
    }
  }

  @Test("percentiles are those of what was recorded")
  func percentiles() {
    var histogram = LatencyHistogram()
    #expect(histogram.percentile(0.5) == nil)
    for index in 1...1000 { histogram.record(.microseconds(Int64(index) * 100)) }
    #expect(histogram.percentile(0.5) == .microseconds(50_010))
    #expect(histogram.percentile(0.99) == .microseconds(99_010))
    #expect(histogram.percentile(1) == .milliseconds(100))
    histogram.record(.seconds(3))
    histogram.record(.milliseconds(-1))
    #expect(histogram.longest == .seconds(3))
    #expect(histogram.percentile(1) == .seconds(3))
  }

  @Test("this process is in the process table")
  func ownProcess() throws {
    let sample = try #require(ProcessSample.own)
    #expect(sample.residentBytes > 1_000_000)
    #expect(sample.cpuSeconds >= 0)
    #expect(ProcessSample(process: 0) == nil)
  }
}
