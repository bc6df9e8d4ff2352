// One connection of the load: sends a request, and knows when the whole answer is there.

import Loop
import Wire

/// Speaks just enough HTTP to measure who speaks all of it: answers have a Content-Length.
final class LoadConnection {
  let stream: TCPStream
  /// The bytes of the answer so far; of its head only, once it is known how long it is.
  private(set) var head: [UInt8] = []
  private var bodyLeft: Int?
  private(set) var status = 0

  init(_ remote: SocketAddress) throws {
    stream = try TCPStream(connectingTo: remote, queuedBytesMax: 4096)
  }

  func send(_ request: [UInt8]) {
    head.removeAll(keepingCapacity: true)
    bodyLeft = nil
    _ = stream.write(request.span)
  }

  /// Takes what has come; whether the answer is complete. Nil when the connection is lost.
  func receive(_ buffer: inout [UInt8]) -> Bool? {
    while true {
      var span = buffer.mutableSpan
      switch stream.read(into: &span) {
      case .bytes(let count): if take(buffer[..<count]) { return true }
      case .wouldBlock: return false
      case .endOfStream, .failed: return nil
      }
    }
  }

  private func take(_ bytes: ArraySlice<UInt8>) -> Bool {
    if let left = bodyLeft {
      bodyLeft = left - bytes.count
      return left <= bytes.count
    }
    head += bytes
    guard let end = LoadConnection.find([13, 10, 13, 10], in: head) else { return false }
    status = Int(String(decoding: head[9..<12], as: UTF8.self)) ?? 0
    let length = LoadConnection.number(after: "ontent-Length: ", in: head) ?? 0
    bodyLeft = Int(length) - (head.count - end - 4)
    return bodyLeft ?? 0 <= 0
  }

  /// The bytes of the body that came with the head; all of a small one.
  var body: ArraySlice<UInt8> {
    LoadConnection.find([13, 10, 13, 10], in: head).map { head[($0 + 4)...] } ?? []
  }

  /// The number after a text.
  static func number(after text: String, in bytes: [UInt8]) -> Int64? {
    let name = Array(text.utf8)
    guard let at = find(name, in: bytes) else { return nil }
    let digits = bytes[(at + name.count)...].prefix { (0x30...0x39).contains($0) }
    return Int64(String(decoding: digits, as: UTF8.self))
  }

  private static func find(_ wanted: [UInt8], in bytes: [UInt8]) -> Int? {
    guard bytes.count >= wanted.count, let first = wanted.first else { return nil }
    for index in 0...(bytes.count - wanted.count) where bytes[index] == first {
      if bytes[index..<(index + wanted.count)].elementsEqual(wanted) { return index }
    }
    return nil
  }
}
