// Every parser survives what is not meant for it: all short lengths, truncations, mutations, corpora.

import Foundation
import Testing
import Wire

@testable import RTP

/// Valid packets to cut and change.
private let rtpPackets = [
  "80 E0 1234 00010203 DEADBEEF AABBCC",
  "B2 60 0001 00000002 00000003 11111111 22222222 BEDE 0002 1031 610405 100000 90E0923456400102 03",
  "90 60 0001 00000002 00000003 1000 0003 010131 0602040500 020161 90E09234564010 02009D012A80026801",
  "90 60 0001 00000002 00000003 BEDE 0005 7F0000000180000000000000000000000782FFF001 AA923410073801",
].map(hex)

private let rtcpDatagrams = [
  "81C8000C AABBCCDD 0102030405060708 FFFFFFFF 0000000A 0000000B 00000011 FFFFFFFF 00010002 0 00000000 00000000 0000000",
  "80C90001 00000001 81CA0003 00000001 01046162 63640000 81CB0001 00000001",
  "81CD0005 00000001 00000002 FFFA8001 000B8000 001C0000",
  "8FCD0009 00000001 00000002 FFFE0018 00000209 2003A001 E4000102 03040500 FB060000 00000000",
  "84CE0004 00000001 00000000 00000003 C8000000 81CE0002 00000001 00000002",
  "8FCE0005 00000001 00000000 52454D42 010B4A8C 12345678",
  "80CF000B 00000001 01000001 AAAAAAAA 04000002 0102030405060708 05000003 00000009 0000000A 0000000B 06000000",
].map(hex)

/// Seeds beside the checkout; empty where there are none.
private func corpus(_ name: String) -> [[UInt8]] {
  let here = URL(fileURLWithPath: #filePath)
  let checkout = here.deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  for parent in ["../shared", "../../shared"] {
    let folder = checkout.appendingPathComponent("\(parent)/corpora/\(name)").standardizedFileURL
    let files = try? FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil)
    if let files {
      return files.sorted { $0.path < $1.path }.compactMap { try? Data(contentsOf: $0) }
        .map { [UInt8]($0) }
    }
  }
  return []
}

@Suite("Hostile input")
struct HostileInputTests {
  @Test("random bytes of every length 0...64 never trap")
  func lengths() {
    sweepLengths(seed: 1) { RTPFuzzBody.run($0.span) }
    sweepLengths(seed: 2) { RTCPFuzzBody.run($0.span) }
    // With the fixed bits right, so that more of each parser is reached.
    for type in UInt8(199)...208 {
      sweepLengths(seed: UInt64(type), rounds: 8) { bytes in
        var datagram = bytes
        guard datagram.count >= 4 else { return }
        datagram[0] = 0x80 | (datagram[0] & 0x1F)
        datagram[1] = type
        datagram[2] = 0
        datagram[3] = UInt8(datagram.count / 4 - 1)
        RTCPFuzzBody.run(Array(datagram[..<(datagram.count / 4 * 4)]).span)
      }
    }
    sweepLengths(seed: 3) { bytes in
      var packet = bytes
      if !packet.isEmpty { packet[0] = 0x80 | (packet[0] & 0x31) }
      RTPFuzzBody.run(packet.span)
    }
  }

  @Test("every truncation of valid packets never traps, and cut RTCP is refused")
  func truncations() {
    for packet in rtpPackets {
      for length in 0...packet.count { RTPFuzzBody.run(Array(packet[..<length]).span) }
    }
    for datagram in rtcpDatagrams {
      for length in 0..<datagram.count {
        let cut = Array(datagram[..<length])
        RTCPFuzzBody.run(cut.span)
        if length % 4 != 0 {
          #expect(throws: WireError.self) {
            var compound = RTCPCompound()
            while try compound.next(in: cut.span) != nil {}
          }
        }
      }
    }
  }

  @Test("mutated packets never trap", arguments: 0..<4)
  func mutations(seed: UInt64) {
    for packet in rtpPackets { mutate(packet, seed: seed) { RTPFuzzBody.run($0.span) } }
    for datagram in rtcpDatagrams { mutate(datagram, seed: seed) { RTCPFuzzBody.run($0.span) } }
  }

  @Test("the vectors of this file are sound before they are broken")
  func vectors() throws {
    for packet in rtpPackets { _ = try RTPHeader(parsing: packet.span) }
    for datagram in rtcpDatagrams {
      var compound = RTCPCompound()
      while try compound.next(in: datagram.span) != nil {}
    }
  }

  @Test("seeds beside the checkout, whole and mutated, never trap")
  func seeds() {
    for (index, seed) in corpus("rtp").enumerated() {
      RTPFuzzBody.run(seed.span)
      mutate(seed, seed: UInt64(index), rounds: 200) { RTPFuzzBody.run($0.span) }
    }
    for (index, seed) in corpus("rtcp").enumerated() {
      RTCPFuzzBody.run(seed.span)
      mutate(seed, seed: UInt64(index), rounds: 200) { RTCPFuzzBody.run($0.span) }
    }
  }
}
