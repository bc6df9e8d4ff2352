// One connection to a store that is kept, with one request on it at a time.

import ClientTLS
import HLS
import HTTP
import Loop
import Wire

/// Lives on the pushing thread. A class because a connection has identity.
final class StoreLink {
  /// What became of the request that is on its way.
  enum Event {
    case answered(HTTPResponse)
    case failed(String)
    /// The store had closed a connection that it kept before: the request was not looked at.
    case stale
  }

  let token: UInt64
  /// What is on its way; nil for a connection that is free.
  private(set) var order: PushOrder?
  /// When whatever is on its way is given up.
  private(set) var deadline = Instant.distantFuture
  /// Whether it can be used for another request.
  private(set) var isUsable = true
  private let stream: ServerStream
  private var parser: HTTPResponseParser
  private var unsent: ArraySlice<[UInt8]> = []
  private var requestCount = 0
  private var hasHeard = false

  /// Room in the queue for the largest part and what is before it: the rest of an object waits where it is.
  private static let queuedBytesMax = 2 * HLSLimits.partBytesMax
  /// While less is queued the next part of an object is queued, too.
  private static let lowWater = 256 << 10
  /// A store refuses with a page of XML.
  private static let answerBytesMax = 64 << 10
  /// From connecting to the answer: two seconds of media, ten times as slow as they are played.
  private static let patience = TimeSpan.seconds(20)

  init(
    _ address: SocketAddress, tls: (context: TLSClientContext, host: TLSHost)?, token: UInt64
  ) throws(ServerStreamFault) {
    self.token = token
    stream = try ServerStream(
      connectingTo: address, tls: tls, queuedBytesMax: StoreLink.queuedBytesMax)
    var limits = HTTPLimits()
    limits.bodyBytesMax = StoreLink.answerBytesMax
    parser = HTTPResponseParser(answering: .put, limits: limits)
  }

  /// For the loop.
  var descriptor: FileDescriptor { stream.descriptor }
  var interest: Interest { stream.interest }

  /// Begins a request; it may be before the connection is there.
  func send(_ order: PushOrder, head: [UInt8], at now: Instant) -> Event? {
    self.order = order
    requestCount += 1
    hasHeard = false
    deadline = now + StoreLink.patience
    unsent = [head]
    if case .put(let object) = order { unsent += object.chunks }
    do {
      try fill()
      return nil
    } catch {
      return fail(error.description)
    }
  }

  /// Goes on with what the connection is ready for; an event ends the request.
  func advance(_ ready: Readiness, buffer: inout [UInt8]) -> Event? {
    do {
      try stream.advance(ready)
      if ready.readable || ready.hangup, let event = try read(&buffer) { return event }
      try fill()
      return nil
    } catch {
      return fail(error.description)
    }
  }

  /// The time is over.
  func expire() -> Event {
    isUsable = false
    order = nil
    return .failed(stream.isOpen ? "no answer in time" : "no connection in time")
  }

  private func fill() throws(ServerStreamFault) {
    while stream.isOpen, stream.queuedBytes < StoreLink.lowWater, let next = unsent.popFirst() {
      try stream.write(next)
    }
  }

  private func read(_ buffer: inout [UInt8]) throws(ServerStreamFault) -> Event? {
    while true {
      var span = buffer.mutableSpan
      switch try stream.read(into: &span) {
      case .bytes(let count):
        hasHeard = true
        parser.receive(buffer.span.extracting(0..<count))
        if let event = answer(parser.next()) { return event }
      case .wouldBlock: return nil
      case .endOfStream:
        isUsable = false
        return answer(parser.finish()) ?? fail("the store hung up")
      }
    }
  }

  private func answer(_ output: HTTPResponseParser.Output) -> Event? {
    switch output {
    case .needsMore: return nil
    case .refused(let refusal): return fail("not an answer we understand: \(refusal.reason)")
    case .response(let response):
      // An answer before the request is whole leaves the connection in the middle of it.
      if !unsent.isEmpty || stream.queuedBytes > 0
        || response.headers.tokens("connection").contains("close")
      {
        isUsable = false
      }
      guard order != nil else { return fail("an answer that nobody asked for") }
      order = nil
      deadline = .distantFuture
      return .answered(response)
    }
  }

  private func fail(_ text: String) -> Event {
    isUsable = false
    let isStale = requestCount > 1 && !hasHeard && order != nil
    order = nil
    return isStale ? .stale : .failed(text)
  }
}
