// What a fuzzer runs: the order of requests and answers.

import HTTP
import Wire

/// The fuzz body of the HTTP conversation.
package enum WebFuzzBody {
  /// Takes `bytes` as a client's and answers what they ask, newest first; traps when an invariant breaks.
  package static func run(_ bytes: borrowing Span<UInt8>) {
    var conversation = HTTPConversation(limits: WebLimits())
    var output = OutgoingQueue()
    var unanswered: [UInt64] = []
    // The first byte chooses the size of the pieces, 1...64.
    let step = 1 + Int((bytes.byte(at: 0) ?? 0) & 63)
    var start = 0
    while start < bytes.count {
      let end = min(bytes.count, start + step)
      conversation.receive(bytes.extracting(start..<end))
      start = end
      take(&conversation, &unanswered)
      if unanswered.count > 2 { answer(&conversation, &unanswered, &output) }
    }
    conversation.endInput()
    answer(&conversation, &unanswered, &output)
    precondition(conversation.isFinished, "a conversation with all answers given goes on")
    precondition(conversation.next(queuedBytes: 0) == .wait, "a request after the end")
  }

  private static func take(_ conversation: inout HTTPConversation, _ unanswered: inout [UInt64]) {
    while true {
      switch conversation.next(queuedBytes: 0) {
      case .wait: return
      case .request(let id, _): unanswered.append(id)
      case .upgrade(let request): unanswered.append(conversation.begin(request))
      }
      precondition(unanswered.count <= WebLimits().pipelinedRequestsMax, "too many requests wait")
    }
  }

  private static func answer(
    _ conversation: inout HTTPConversation, _ unanswered: inout [UInt64],
    _ output: inout OutgoingQueue
  ) {
    for id in unanswered.reversed() { conversation.respond(id, .text(200, "ok")) }
    unanswered.removeAll()
    conversation.write(into: &output, date: WallTime(nanoseconds: 0))
    output.removeFirst(output.withFirst(.max / 2) { $0.count })
  }
}
