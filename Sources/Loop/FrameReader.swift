// Cuts a TCP stream into frames: two bytes of length, then the packet (RFC 4571 section 2). Sans-IO.

/// Why a framed stream cannot be read on. There is no way back in step: close the connection.
package enum FrameError: Error, Equatable, Sendable {
  /// A frame longer than `Limits.frameBytesMax`.
  case tooLong
}

/// Collects the frames of one connection. Allocates once.
///
///      0                   1                   2                   3
///     ---------------------------------------------------------------
///     |             LENGTH            |  RTP or RTCP packet ...       |
///     ---------------------------------------------------------------
package struct FrameReader {
  private var storage = [UInt8](repeating: 0, count: Limits.frameBytesMax)
  /// Bytes of length and packet taken so far of the frame in progress.
  private var taken = 0
  private var length = 0
  private var isComplete = false

  package init() {}

  /// Takes bytes from `input`, starting at `offset`, up to the end of the next frame that is not empty.
  ///
  /// Empty frames, which RFC 4571 allows, are passed over. Call again with the same input until false.
  ///
  /// - Parameter offset: advanced past what was taken.
  /// - Returns: whether a frame is complete: `withFrame` lends it until the next call.
  /// - Throws: `.tooLong`, and again at every later call.
  package mutating func advance(_ input: borrowing Span<UInt8>, from offset: inout Int)
    throws(FrameError) -> Bool
  {
    if isComplete { startFrame() }
    while offset < input.count || isFrameTaken {
      if isFrameTaken {
        if length > 0 {
          isComplete = true
          return true
        }
        startFrame()
      } else if taken < 2 {
        length = length << 8 | Int(input[offset])
        taken += 1
        offset += 1
      } else {
        guard length <= Limits.frameBytesMax else { throw .tooLong }
        let count = min(length - (taken - 2), input.count - offset)
        for index in 0..<count { storage[taken - 2 + index] = input[offset + index] }
        taken += count
        offset += count
      }
    }
    if taken == 2 && length > Limits.frameBytesMax { throw .tooLong }
    return false
  }

  /// Lends the complete frame for use in place; an empty span when there is none.
  package mutating func withFrame<Result>(_ body: (inout MutableSpan<UInt8>) -> Result) -> Result {
    let count = isComplete ? length : 0
    var whole = storage.mutableSpan
    var frame = whole._mutatingExtracting(0..<count)
    return body(&frame)
  }

  private var isFrameTaken: Bool { taken >= 2 && taken - 2 == length }

  private mutating func startFrame() {
    taken = 0
    length = 0
    isComplete = false
  }
}
