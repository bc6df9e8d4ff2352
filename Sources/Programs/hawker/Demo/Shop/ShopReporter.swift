// Sends the demo shop's reports to Hawker, again and again until they are taken.

import HookDelivery
import Hooks
import Loop
import Synchronization
import Wire

/// A thread that posts signed callbacks.
final class ShopReporter: Sendable {
  private struct Parts: Sendable {
    let waker: Waker
    let mailbox: Mailbox<ShopReport?>
    let url: HookURL
    let rules: AddressRules
  }

  private let mailbox: Mailbox<ShopReport?>
  private let thread: Mutex<WorkerThread>

  /// Tries of one report: a server that restarts is back by then.
  private static let triesMax = 20

  init(_ url: HookURL, at server: SocketAddress) throws {
    let waker = try Waker()
    mailbox = Mailbox(capacity: 10_000, waker: waker)
    let parts = Parts(
      waker: waker, mailbox: mailbox, url: url, rules: AddressRules(allowing: [server]))
    thread = Mutex(try WorkerThread(name: "reports", config: parts, body: ShopReporter.run))
  }

  func send(_ report: ShopReport) { _ = mailbox.post(report) }

  func stop() {
    _ = mailbox.post(nil, reserve: 1)
    thread.withLock { $0.join() }
  }

  private static func run(_ parts: Parts) {
    guard let loop = try? EventLoop(waker: parts.waker),
      let probe = try? HookProbe(rules: parts.rules, authorities: nil)
    else { return }
    var waiting: [(report: ShopReport, tries: Int, at: Instant)] = []
    var fresh: [ShopReport?] = []
    while true {
      loop.wait(until: waiting.map(\.at).min() ?? .distantFuture)
      parts.mailbox.drain(into: &fresh)
      for report in fresh {
        guard let report else { return }
        waiting.append((report, 0, loop.now + .milliseconds(Int64(report.afterMs))))
      }
      let due = waiting.filter { $0.at <= loop.now }
      waiting.removeAll { $0.at <= loop.now }
      for item in due {
        let result = probe.send(
          to: parts.url, item.report.headers, body: item.report.body, pieces: 1,
          within: HookLimits.totalLimit)
        // Refused for good: what Hawker says of a report that is wrong does not change.
        if case .answered(let status) = result, status < 500, status != 429 { continue }
        guard item.tries < triesMax else { continue }
        waiting.append((item.report, item.tries + 1, loop.now + .seconds(1)))
      }
    }
  }
}
