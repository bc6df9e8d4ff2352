// What a fuzzer runs against what processes read of each other.

import HTTP
import Hooks
import Wire

/// The fuzz body of stamps, hints and the URL of Redis.
package enum NodesFuzzBody {
  /// Reads `bytes` as each thing another may send; what is accepted must be what it seems.
  package static func run(_ bytes: borrowing Span<UInt8>) {
    let array = bytes.toArray()
    let text = String(decoding: array, as: UTF8.self)
    if let message = BusMessage(array) {
      precondition(message.bytes.flatMap { BusMessage($0) } == message, "a hint that changed")
    }
    if let address = RedisAddress(text) {
      precondition(address.server.port > 0, "no port")
      precondition(RedisAddress("\(address)")?.server == address.server, "another server")
    }
    guard let target = try? HTTPTarget("/api/v1/rooms/demo/messages") else { return }
    let request = HTTPRequest(.get, target, headers: ["Hawker-Forwarded": text])
    let key = [UInt8](repeating: 7, count: 32)
    let isBelieved = (try? ForwardStamp.verified(request, node: 2, key: key, atMs: 0)) ?? nil
    precondition(isBelieved == nil, "a stamp nobody signed")
  }
}
