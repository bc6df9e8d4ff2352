// Names to addresses on threads of their own, because the system's resolver blocks.

import Glibc
package import Loop
package import Wire

/// Looks names up. Several threads, so that one slow name server does not stop the others.
package final class NameResolver: Sendable {
  private struct Question: Sendable {
    let name: String
    let answer: @Sendable ([IPAddress]) -> Void
  }

  private struct Parts: Sendable {
    let waker: Waker
    let mailbox: Mailbox<Question?>
  }

  /// Threads, and so name servers that may hang at once.
  private static let threadCount = 4
  /// Names that wait for one thread; more count as not found, and are tried again later.
  private static let waitingMax = 256

  private let parts: [Parts]

  package init() throws(SystemError) {
    var made: [Parts] = []
    for _ in 0..<NameResolver.threadCount {
      let waker = try Waker()
      made.append(
        Parts(
          waker: waker, mailbox: Mailbox(capacity: NameResolver.waitingMax, waker: waker)))
    }
    parts = made
    // Never joined: one may be in a lookup that takes half a minute.
    for part in made {
      _ = try WorkerThread(name: "resolve", config: part, body: NameResolver.run)
    }
  }

  /// Calls `answer` on another thread with all addresses of `name`; none when there are none.
  ///
  /// - Parameter lane: the same for all names of one owner: their lookups wait for each other, not for
  ///   those of others.
  package func resolve(
    _ name: String, lane: Int64, answer: @escaping @Sendable ([IPAddress]) -> Void
  ) {
    let part = parts[Int(UInt64(bitPattern: lane) % UInt64(parts.count))]
    if !part.mailbox.post(Question(name: name, answer: answer)) { answer([]) }
  }

  /// Ends the threads when they are done with what they do.
  package func stop() { for part in parts { _ = part.mailbox.post(nil, reserve: 1) } }

  private static func run(_ parts: Parts) {
    guard let loop = try? EventLoop(waker: parts.waker) else { return }
    var questions: [Question?] = []
    while true {
      loop.wait(until: .distantFuture)
      parts.mailbox.drain(into: &questions)
      for question in questions {
        guard let question else { return }
        question.answer(addresses(of: question.name))
      }
    }
  }

  /// All addresses of `name`, in the resolver's order.
  static func addresses(of name: String) -> [IPAddress] {
    // Not left to the resolver: a machine without a hosts file has localhost all the same.
    if name == "localhost" || name.hasSuffix(".localhost") { return [IPAddress(ipv4: 0x7F00_0001)] }
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    guard unsafe getaddrinfo(name, nil, &hints, &list) == 0 else { return [] }
    defer { unsafe freeaddrinfo(list) }
    var found: [IPAddress] = []
    var next = unsafe list
    while let entry = unsafe next {
      if let ip = unsafe address(entry.pointee), !found.contains(ip) { found.append(ip) }
      unsafe next = entry.pointee.ai_next
    }
    return found
  }

  private static func address(_ entry: addrinfo) -> IPAddress? {
    // The text form avoids reading socket addresses field by field.
    var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    guard
      unsafe getnameinfo(
        entry.ai_addr, entry.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
    else { return nil }
    let bytes = text.prefix { $0 != 0 && $0 != 0x25 }.map { UInt8(bitPattern: $0) }
    return IPAddress(String(decoding: bytes, as: UTF8.self))
  }
}
