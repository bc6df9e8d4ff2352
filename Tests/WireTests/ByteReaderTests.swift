// The reader and the writer of wire bytes: every read and write at every bound, and nothing beyond.

import Testing
import Wire

@Suite("Reading and writing bytes")
struct ByteReaderTests {
  private static let bytes: [UInt8] = Array(1...12)

  @Test("integers are big-endian and move the cursor by their size")
  func integers() throws {
    let bytes = ByteReaderTests.bytes
    var reader = ByteReader(bytes.span)
    let values = try [
      UInt64(reader.u8()), UInt64(reader.u16()), UInt64(reader.u24()), UInt64(reader.u32()),
    ]
    #expect(values == [0x01, 0x0203, 0x0004_0506, 0x0708_090A])
    let (offset, remaining) = (reader.offset, reader.remaining)
    #expect(offset == 10 && remaining == 2)
    reader = ByteReader(bytes.span)
    let long = try reader.u64()
    #expect(long == 0x0102_0304_0506_0708)
  }

  @Test("a read of n bytes succeeds with n left and throws with fewer, at every length")
  func bounds() {
    typealias Read = (inout ByteReader) throws(WireError) -> Void
    let reads: [(size: Int, read: Read)] = [
      (1, { (reader) throws(WireError) in _ = try reader.u8() }),
      (2, { (reader) throws(WireError) in _ = try reader.u16() }),
      (3, { (reader) throws(WireError) in _ = try reader.u24() }),
      (4, { (reader) throws(WireError) in _ = try reader.u32() }),
      (8, { (reader) throws(WireError) in _ = try reader.u64() }),
      (5, { (reader) throws(WireError) in _ = try reader.take(5) }),
      (7, { (reader) throws(WireError) in try reader.skip(7) }),
    ]
    for (size, read) in reads {
      for count in 0...12 {
        let bytes = Array(ByteReaderTests.bytes.prefix(count))
        var reader = ByteReader(bytes.span)
        do throws(WireError) {
          try read(&reader)
          #expect(count >= size)
          let offset = reader.offset
          #expect(offset == size)
        } catch {
          #expect(count < size)
          #expect(error == .truncated)
          let offset = reader.offset
          #expect(offset <= count)
        }
      }
    }
  }

  @Test("lengths from the wire can't be negative, nor overflow")
  func lengths() {
    let bytes = ByteReaderTests.bytes
    var reader = ByteReader(bytes.span)
    for length in [-1, Int.min, 13, .max] {
      var errors: [WireError] = []
      do throws(WireError) { try reader.skip(length) } catch { errors.append(error) }
      do throws(WireError) { _ = try reader.take(length) } catch { errors.append(error) }
      let expected = length < 0 ? WireError.badLength : .truncated
      #expect(errors == [expected, expected])
    }
    let offset = reader.offset
    #expect(offset == 0)
  }

  @Test("the rest is what was not read, and then nothing")
  func rest() throws {
    let bytes = ByteReaderTests.bytes
    var reader = ByteReader(bytes.span)
    try reader.skip(9)
    let next = reader.peek()
    #expect(next == 10)
    let rest = reader.rest().toArray()
    #expect(rest == [10, 11, 12])
    let (isAtEnd, afterEnd) = (reader.isAtEnd, reader.peek())
    #expect(isAtEnd && afterEnd == nil)
    let nothing = reader.rest().toArray()
    #expect(nothing.isEmpty)
  }

  @Test("looking at a byte or a range outside is nil, whatever the numbers")
  func lookingOutside() {
    let bytes = ByteReaderTests.bytes
    let span = bytes.span
    let looked = [0, 11, -1, 12, Int.max, Int.min].map { bytes.span.byte(at: $0) }
    #expect(looked == [1, 12, nil, nil, nil, nil])
    let cases: [(range: Range<Int>, count: Int?)] = [
      (3..<5, 2), (12..<12, 0), (0..<12, 12), (-1..<3, nil), (5..<13, nil), (13..<13, nil),
      (0..<Int.max, nil), (Int.min..<0, nil),
    ]
    for (range, expected) in cases {
      let count = span.slice(range)?.count
      #expect(count == expected)
    }
    let middle = span.slice(3..<5)?.toArray()
    #expect(middle == [4, 5])
  }

  @Test("a full buffer takes nothing more and keeps what it has")
  func writing() throws {
    var buffer = WireBuffer(capacity: 18)
    try buffer.append(u8: 0x01)
    try buffer.append(u16: 0x0203)
    try buffer.append(u24: 0xFF04_0506)
    try buffer.append(u32: 0x0708_090A)
    try buffer.append(u64: 0x0B0C_0D0E_0F10_1112)
    #expect(buffer.array == Array(1...18))
    #expect(throws: WireError.noSpace) { try buffer.append(u8: 0) }
    buffer.truncate(to: 17)
    #expect(throws: WireError.noSpace) { try buffer.append(u16: 0) }
    #expect(throws: WireError.noSpace) { try buffer.append([1, 2]) }
    #expect(throws: WireError.noSpace) { try buffer.append(zeros: 2) }
    #expect(throws: WireError.noSpace) { try buffer.append(zeros: -1) }
    #expect(buffer.array == Array(1...17))
    buffer.truncate(to: 40)
    buffer.truncate(to: -1)
    #expect(buffer.count == 17)
    buffer.removeAll()
    #expect(buffer.array.isEmpty)
    #expect(buffer.capacity == 18)
  }

  @Test("only what was written can be patched")
  func patching() throws {
    var buffer = WireBuffer(capacity: 8)
    try buffer.append([1, 2, 3, 4])
    try buffer.patch(u16: 0xAABB, at: 2)
    #expect(buffer.array == [1, 2, 0xAA, 0xBB])
    for offset in [-1, 3, 4, 7] {
      #expect(throws: WireError.badLength) { try buffer.patch(u16: 0, at: offset) }
    }
  }

  @Test("a copy fits wholly or changes nothing")
  func copying() {
    var target = [UInt8](repeating: 0, count: 4)
    let source: [UInt8] = [7, 8]
    for offset in [-1, 3, 4, 5, .max] {
      var span = target.mutableSpan
      let isCopied = span.copy(source.span, at: offset)
      #expect(!isCopied)
    }
    #expect(target == [0, 0, 0, 0])
    var span = target.mutableSpan
    let areCopied = [span.copy(source.span, at: 2), span.copy(Span(), at: 4)]
    #expect(areCopied == [true, true])
    #expect(target == [0, 0, 7, 8])
  }
}
