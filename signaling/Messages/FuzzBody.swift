// What a fuzzer runs against the decoder of room socket messages.

import JSON

/// The Messages fuzz body.
package enum MessagesFuzzBody {
  /// Decodes `bytes` as a request. A refusal must itself be a message a client can read, and what is
  /// accepted keeps its promises.
  package static func run(_ bytes: borrowing Span<UInt8>) {
    do throws(UndecodableMessage) {
      check(try ClientMessage.decode(bytes))
    } catch {
      let text = ServerReply.error(error.refusal).encode(ref: error.id)
      precondition(
        (try? JSONValue.parse(text, limits: MessageLimits.json)) != nil, "an error is no JSON")
      precondition(error.refusal.text.utf8.count <= 1024, "an error quotes too much")
    }
  }

  private static func check(_ message: ClientMessage) {
    if let id = message.id {
      precondition(id.unicodeScalars.count <= MessageLimits.requestIDMax, "an id is too long")
    }
    switch message.request {
    case .join(let join): precondition(WireName.isName(join.room), "a room's name is bad")
    case .publish(let publish):
      precondition(WireName.isName(publish.stream ?? "main"), "a stream is bad")
    case .subscribe(let subscribe):
      precondition(subscribe.map.count <= MessageLimits.sectionsMax, "too many sections")
    case .ping(let time):
      let pong = ServerReply.pong(time: time, serverTimeMs: 0).encode(ref: message.id)
      precondition((try? JSONValue.parse(pong)) != nil, "a pong is no JSON")
    case .query(.history(let before, let limit)):
      precondition((1...QueryCatalogue.limitMax).contains(limit), "a page has no bound")
      precondition(before.map { $0 > 0 } ?? true, "a place is none")
    case .watching(let watching):
      precondition(watching.delayMs.map { $0 >= 0 } ?? true, "a delay is negative")
    case .unpublish, .assign, .layer, .trickle, .token, .leave, .command, .query: break
    }
  }
}
