// The body of one message: counted, chunked or until the end of the connection (RFC 9112 section 6).

/// Collects a body; what is framed otherwise than announced is refused.
struct HTTPBodyDecoder: Sendable {
  private enum State {
    case counted(remaining: Int)
    case untilClose
    case chunkSize
    case chunkData(remaining: Int)
    case chunkEnd
    case trailers(HTTPHeaderSection)
    case complete
  }

  /// What has come of the body.
  private(set) var body: [UInt8] = []
  private var state: State
  private let bytesMax: Int

  /// A body of exactly `byteCount` bytes.
  init(byteCount: Int, bytesMax: Int) throws(HTTPRefusal) {
    guard byteCount <= bytesMax else { throw .bodyTooLarge }
    state = byteCount == 0 ? .complete : .counted(remaining: byteCount)
    self.bytesMax = bytesMax
  }

  /// A chunked body of at most `bytesMax` bytes.
  init(chunkedBytesMax bytesMax: Int) {
    state = .chunkSize
    self.bytesMax = bytesMax
  }

  /// A body that ends with the connection.
  init(untilCloseBytesMax bytesMax: Int) {
    state = .untilClose
    self.bytesMax = bytesMax
  }

  /// Whether the peer's closing now completes the body instead of breaking it.
  var endsAtClose: Bool {
    if case .untilClose = state { return true }
    return false
  }

  /// Takes what the buffer holds; true when the body is complete.
  mutating func advance(
    _ buffer: inout HTTPInputBuffer, limits: HTTPLimits
  ) throws(HTTPRefusal) -> Bool {
    while true {
      switch state {
      case .complete:
        return true
      case .counted(let remaining):
        let left = remaining - buffer.take(remaining, into: &body)
        state = left == 0 ? .complete : .counted(remaining: left)
        if left > 0 { return false }
      case .untilClose:
        _ = buffer.take(bytesMax - body.count, into: &body)
        guard buffer.count == 0 else { throw .bodyTooLarge }
        return false
      case .chunkSize:
        guard let line = try takeLine(&buffer, limit: limits.chunkLineBytesMax) else {
          return false
        }
        let size = try HTTPBodyDecoder.chunkSize(line)
        guard size <= bytesMax - body.count else { throw .bodyTooLarge }
        state = size == 0 ? .trailers(HTTPHeaderSection()) : .chunkData(remaining: size)
      case .chunkData(let remaining):
        let left = remaining - buffer.take(remaining, into: &body)
        state = left == 0 ? .chunkEnd : .chunkData(remaining: left)
        if left > 0 { return false }
      case .chunkEnd:
        guard let line = try takeLine(&buffer, limit: 0) else { return false }
        guard line.isEmpty else { throw .bad("chunk longer than announced") }
        state = .chunkSize
      case .trailers(var section):
        // Trailer fields are checked and dropped: RFC 9112 section 7.1.2 allows it, and merging is unsafe.
        let done = try section.advance(&buffer, limits: limits)
        state = done ? .complete : .trailers(section)
        if !done { return false }
      }
    }
  }

  private func takeLine(
    _ buffer: inout HTTPInputBuffer, limit: Int
  ) throws(HTTPRefusal) -> ArraySlice<UInt8>? {
    do { return try buffer.takeLine(limit: limit) } catch { throw .bad("malformed chunk") }
  }

  /// The size a chunk line announces. Extensions are passed over (RFC 9112 section 7.1.1).
  private static func chunkSize(_ line: ArraySlice<UInt8>) throws(HTTPRefusal) -> Int {
    let digits = line.prefix { HTTPSyntax.hexValue($0) != nil }
    // Seven digits are 256 MiB, far above any body limit; more could only be an attack on arithmetic.
    guard (1...7).contains(digits.count) else { throw .bad("malformed chunk size") }
    let rest = line[digits.endIndex...]
    guard rest.first.map({ $0 == 0x3B }) ?? true, rest.allSatisfy(HTTPSyntax.isFieldValue) else {
      throw .bad("malformed chunk extension")
    }
    return digits.reduce(0) { $0 << 4 | Int(HTTPSyntax.hexValue($1) ?? 0) }
  }
}
