// The cache keeps what it has room for, once, byte for byte.

import Forwarding
import RTP
import Testing
import Wire

/// A cache filled with packets whose bytes are told by their number.
struct CacheHarness {
  var cache: PacketCache

  init(packets: Int, bytes: Int) { cache = PacketCache(packets: packets, bytes: bytes) }

  static func bytes(_ sequence: Int64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: Int64($0) &* 7 &+ sequence) }
  }

  mutating func insert(_ sequence: Int64, descriptor: Int = 0, payload: Int) -> Bool {
    var info = PacketInfo(encoding: 0, codec: .vp8, sequence: sequence, ticks: 0, arrival: .zero)
    info.descriptorLength = UInt16(descriptor)
    info.payloadLength = UInt16(payload)
    let all = CacheHarness.bytes(sequence, descriptor + payload)
    return cache.insert(
      info, descriptor: all.span.extracting(0..<descriptor),
      payload: all.span.extracting(descriptor..<all.count))
  }

  /// The stored bytes, nil when the packet is not lent.
  func stored(_ sequence: Int64) -> [UInt8]? {
    var found: [UInt8]?
    cache.withPacket(sequence) { info, bytes in
      if info.sequence == sequence { found = bytes.toArray() }
    }
    return found
  }
}

@Suite("The packet cache keeps what it has room for")
struct PacketCacheTests {
  @Test("bytes come back as they went in, descriptor first, also after the ring went round")
  func bytesSurviveTheWrap() {
    var harness = CacheHarness(packets: 64, bytes: 1000)
    for sequence in Int64(0)..<200 {
      let payload = 20 + Int(sequence * 37 % 140)
      #expect(harness.insert(sequence, descriptor: Int(sequence % 5), payload: payload) == true)
      // Every packet that is still lent is whole, whatever was written after it.
      for earlier in max(0, sequence - 20)...sequence {
        guard let bytes = harness.stored(earlier) else { continue }
        let count = 20 + Int(earlier * 37 % 140) + Int(earlier % 5)
        #expect(bytes == CacheHarness.bytes(earlier, count), "\(earlier) after \(sequence)")
      }
      #expect(harness.stored(sequence) != nil)
    }
  }

  @Test("a packet goes when its bytes are written over, not before")
  func evictionByBytes() {
    var harness = CacheHarness(packets: 64, bytes: 300)
    for sequence in Int64(1)...3 { #expect(harness.insert(sequence, payload: 100) == true) }
    #expect(harness.stored(1) != nil)
    #expect(harness.insert(4, payload: 1) == true)
    #expect(harness.stored(1) == nil)
    #expect(harness.stored(2) != nil)
    #expect(harness.cache.info(1) == nil)
    #expect(harness.cache.hasSeen(1), "that its bytes are gone does not make it new")
  }

  @Test("a number is taken once")
  func duplicates() {
    var harness = CacheHarness(packets: 8, bytes: 4000)
    #expect(harness.insert(5, payload: 10) == true)
    #expect(harness.insert(5, payload: 10) == false)
    #expect(harness.insert(4, payload: 10) == true)
    #expect(harness.insert(4, payload: 10) == false)
    #expect(harness.cache.newest == 5)
  }

  @Test("numbers a capacity or more behind the newest are too old")
  func tooOld() {
    var harness = CacheHarness(packets: 8, bytes: 4000)
    #expect(harness.insert(100, payload: 10) == true)
    #expect(harness.insert(92, payload: 10) == false)
    #expect(harness.cache.isTooOld(92))
    #expect(harness.insert(93, payload: 10) == true)
    #expect(harness.stored(93) != nil)
    #expect(harness.insert(101, payload: 10) == true)
    #expect(harness.stored(93) == nil, "its slot went to 101")
  }

  @Test("a packet larger than the ring is refused; one as large is kept")
  func capacity() {
    var harness = CacheHarness(packets: 8, bytes: 100)
    #expect(harness.insert(1, payload: 101) == false)
    #expect(!harness.cache.hasSeen(1))
    #expect(harness.insert(2, payload: 100) == true)
    #expect(harness.stored(2)?.count == 100)
    #expect(harness.insert(3, payload: 100) == true)
    #expect(harness.stored(2) == nil)
  }

  @Test("a packet without bytes is lent with none")
  func empty() {
    var harness = CacheHarness(packets: 8, bytes: 100)
    #expect(harness.insert(1, payload: 0) == true)
    #expect(harness.stored(1) == [])
  }

  @Test("after removeAll old numbers are new again")
  func removeAll() {
    var harness = CacheHarness(packets: 8, bytes: 1000)
    for sequence in Int64(100)..<110 { #expect(harness.insert(sequence, payload: 10) == true) }
    harness.cache.removeAll()
    #expect(harness.cache.newest == nil)
    #expect(harness.insert(3, payload: 10) == true)
    #expect(harness.stored(105) == nil)
  }
}
