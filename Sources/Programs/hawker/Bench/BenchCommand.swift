// `hawker bench`: what the packet path, the store and a served room cost on this machine.

import Config
import JSON

/// Runs one microbenchmark.
enum BenchCommand {
  static func run(_ arguments: [String]) -> Int32 {
    do {
      switch arguments.first {
      case "store": return try store(Array(arguments.dropFirst()))
      case "room": return try room(Array(arguments.dropFirst()))
      case "shop": return try shop(Array(arguments.dropFirst()))
      case "writer": return try BareWriter.run()
      default: break
      }
      var options = CommandOptions(Array(arguments.dropFirst()))
      let viewers = try options.number("--viewers", in: 1...1000, default: 100)
      let rounds = try options.number("--rounds", in: 1...100_000, default: 300)
      let isHot = options.isSet("--hot")
      try options.finish()
      switch arguments.first {
      case "fanout":
        let report = try FanOutBench.run(viewers: viewers, rounds: rounds, isPaced: !isHot)
        return Terminal.print(report.text)
      case "path": return Terminal.print(try PathBench.run(viewers: viewers, rounds: rounds).text)
      default:
        return Terminal.usage(
          "bench takes fanout [--hot] or path, [--viewers N] [--rounds N]; or store, [--rooms N] "
            + "[--commands N] [--rate N] [--under-way N] [--data DIR] "
            + "[--store sqlite|postgres://…]; or room commands|fanout|lively|stalled "
            + "[--sockets N] [--seconds N] [--data DIR] [--server BINARY]; or shop "
            + "claims|orders|drop [--count N] [--under-way N] [--data DIR] "
            + "[--store sqlite|postgres://…] [--server BINARY]"
        )
      }
    } catch let error as UsageError {
      return Terminal.usage("bench: \(error.text)")
    } catch {
      return Terminal.failure("bench: \(error)")
    }
  }

  private static func room(_ arguments: [String]) throws -> Int32 {
    let subjects = RoomBench.Subject.allCases.map(\.rawValue).joined(separator: ", ")
    guard let subject = arguments.first.flatMap(RoomBench.Subject.init) else {
      throw UsageError(text: "room: one of \(subjects)")
    }
    var options = CommandOptions(Array(arguments.dropFirst()))
    let sockets = try options.number("--sockets", in: 0...16_000, default: 0)
    let seconds = try options.number("--seconds", in: 1...40, default: 10)
    let folder = try options.text("--data") ?? "."
    let server = try options.text("--server") ?? "/proc/self/exe"
    try options.finish()
    return Terminal.print(
      try RoomBench.run(
        subject, sockets: sockets == 0 ? nil : sockets, seconds: seconds, in: folder,
        server: server
      ).text)
  }

  private static func shop(_ arguments: [String]) throws -> Int32 {
    let subjects = ShopBench.Subject.allCases.map(\.rawValue).joined(separator: ", ")
    guard let subject = arguments.first.flatMap(ShopBench.Subject.init) else {
      throw UsageError(text: "shop: one of \(subjects)")
    }
    var options = CommandOptions(Array(arguments.dropFirst()))
    let count = try options.number("--count", in: 0...100_000, default: 0)
    let settings = ShopBench.Settings(
      subject: subject, count: count == 0 ? nil : count,
      underWay: try options.number("--under-way", in: 1...8000, default: 2000),
      folder: try options.text("--data") ?? ".", store: try store(of: &options),
      server: try options.text("--server") ?? "/proc/self/exe")
    try options.finish()
    return Terminal.print(try ShopBench.run(settings).text)
  }

  private static func store(of options: inout CommandOptions) throws(UsageError) -> StoreChoice {
    let place = try options.text("--store") ?? "sqlite"
    guard let store = StoreChoice(place) else {
      throw UsageError(text: "--store takes sqlite or postgres://…")
    }
    return store
  }

  private static func store(_ arguments: [String]) throws -> Int32 {
    var options = CommandOptions(arguments)
    let store = try store(of: &options)
    let rate = try options.number("--rate", in: 0...1_000_000, default: 0)
    let settings = StoreBench.Settings(
      rooms: try options.number("--rooms", in: 1...10_000, default: 200),
      commands: try options.number("--commands", in: 1...100_000_000, default: 100_000),
      rate: rate == 0 ? nil : rate,
      underWay: try options.number("--under-way", in: 1...10_000, default: 2000),
      folder: try options.text("--data") ?? ".", store: store)
    try options.finish()
    return Terminal.print(try StoreBench.run(settings).text)
  }
}
