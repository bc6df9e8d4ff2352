// `hawker demo shop`: the demo shop on a port of this machine.

import Config
import Crypto
import Glibc
import HTTP
import HookDelivery
import Hooks
import Loop
import Web
import Wire

/// Serves the demo shop until it is told to stop.
enum DemoShop {
  static func run(_ arguments: [String]) -> Int32 {
    if arguments.contains("--help") { return Terminal.print(help) }
    do {
      let settings = try Settings(arguments)
      return try serve(settings)
    } catch let error as UsageError {
      return Terminal.usage("demo shop: \(error.text)")
    } catch let error as ConfigError {
      return Terminal.usage("demo shop: \(error.text)")
    } catch {
      return Terminal.failure("demo shop: \(error)")
    }
  }

  private struct Settings {
    let listen: SocketAddress
    let callback: HookURL
    let server: SocketAddress
    let keys: [HookKey]
    var switches = ShopSwitches()
    var chaos: ShopChaos?
    /// The room its products are put into; nil: none.
    let room: String?

    init(_ arguments: [String]) throws {
      var options = CommandOptions(arguments)
      let merchant = try options.text("--merchant") ?? "shop"
      guard HookTarget.isName(merchant) else {
        throw UsageError(text: "--merchant must be [A-Za-z0-9_-]{1,64}")
      }
      let listenText = try options.text("--listen") ?? "127.0.0.1:8081"
      guard let listen = SocketAddress(listenText), listen.ip.isLoopback else {
        throw UsageError(text: "--listen must be an address of this machine alone: 127.0.0.1:PORT")
      }
      self.listen = listen
      switches.slowMs = try options.number("--slow", in: 0...30_000, default: 0)
      switches.failPercent = try options.number("--fail", in: 0...100, default: 0)
      switches.repeats = try options.number("--repeat", in: 1...10, default: 1)
      switches.lies = options.isSet("--lie")
      if let seed = try options.text("--chaos") {
        guard let number = UInt64(seed) else { throw UsageError(text: "--chaos must be a number") }
        chaos = ShopChaos(seed: number)
      }
      room = try options.text("--seed")
      guard room.map({ HookTarget.isName($0) }) ?? true else {
        throw UsageError(text: "--seed must be the name of a room")
      }
      let secret = try options.text("--secret")
      let serverText = try options.text("--server")
      let (configuration, rest) = try Configuration.read(options.remaining())
      if let unknown = rest.first { throw UsageError(text: "unknown argument \(unknown)") }
      guard let server = serverText.map({ SocketAddress($0) }) ?? configuration.http else {
        throw UsageError(text: "--server must be ADDR:PORT")
      }
      self.server = server
      guard let url = HookURL("http://\(server)/api/v1/hooks/\(merchant)") else {
        throw UsageError(text: "--server must be ADDR:PORT")
      }
      callback = url
      if let secret {
        guard let key = HookKey(secret) else { throw UsageError(text: "--secret is no key") }
        keys = [key]
      } else {
        keys = try HookSecrets.keys(of: merchant, in: configuration.data)
      }
    }
  }

  /// What the web server's thread tells this one.
  private enum Message: Sendable {
    case request(UInt64, UInt64, HTTPRequest)
  }

  private static func serve(_ settings: Settings) throws -> Int32 {
    let signals = try SignalWatch()
    let loop = try EventLoop()
    let mailbox = Mailbox<Message>(capacity: 10_000, waker: loop.waker)
    let web = try WebServer(WebConfig(address: settings.listen)) { event in
      guard case .request(let connection, let id, let request, _) = event else { return }
      _ = mailbox.post(.request(connection, id, request))
    }
    let reporter = try ShopReporter(settings.callback, at: settings.server)
    var shop = ShopCore(
      keys: settings.keys, authority: "\(web.address)", switches: settings.switches,
      chaos: settings.chaos)
    try loop.add(signals.descriptor, token: 0, interest: .reading)
    Terminal.write("shop http://\(web.address)/\n", to: 2)
    if let room = settings.room {
      reporter.send(shop.seed(room, nowMs: SystemClock.wallTime().milliseconds))
    }
    var messages: [Message] = []
    var waiting: [(at: Instant, command: WebCommand)] = []
    while true {
      loop.wait(until: waiting.map(\.at).min() ?? .distantFuture)
      if try signals.next() != nil { break }
      mailbox.drain(into: &messages)
      for case .request(let connection, let id, let request) in messages {
        let answer = shop.answer(request, nowMs: SystemClock.wallTime().milliseconds)
        let command = WebCommand.respond(connection, id, answer.response)
        waiting.append((loop.now + .milliseconds(Int64(answer.afterMs)), command))
        for report in answer.reports { reporter.send(report) }
      }
      for item in waiting where item.at <= loop.now { web.post(item.command) }
      waiting.removeAll { $0.at <= loop.now }
    }
    web.stop()
    reporter.stop()
    return 0
  }

  private static let help = """
    hawker demo shop: a small merchant with a payment page that moves no money.

      --listen ADDR:PORT      of this machine alone (default 127.0.0.1:8081)
      --server ADDR:PORT      the hawker it reports to (default: --http of this configuration)
      --merchant NAME         whose it is (default shop); its secret is that of
                              `hawker hooks secret NAME`, or --secret whsec_…
      --slow MS, --fail PERCENT, --lie, --repeat N
                              goes wrong on purpose; the page http://127.0.0.1:8081/ changes it
      --chaos SEED            all of that at random, and decides by itself what becomes of payments
      --seed ROOM             offers its products in this room, once

    Start the server with --hook NAME=http://127.0.0.1:8081/hooks --hook-allow 127.0.0.1:8081.
    """
}
