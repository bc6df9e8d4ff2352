// `hawker bench`: what the packet path and the store cost on this machine, without network clients.

import Config
import JSON

/// Runs one microbenchmark.
enum BenchCommand {
  static func run(_ arguments: [String]) -> Int32 {
    do {
      if arguments.first == "store" { return try store(Array(arguments.dropFirst())) }
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
            + "[--commands N] [--rate N] [--under-way N] [--data DIR] [--store sqlite|postgres://…]"
        )
      }
    } catch let error as UsageError {
      return Terminal.usage("bench: \(error.text)")
    } catch {
      return Terminal.failure("bench: \(error)")
    }
  }
  private static func store(_ arguments: [String]) throws -> Int32 {
    var options = CommandOptions(arguments)
    let place = try options.text("--store") ?? "sqlite"
    guard let store = StoreChoice(place) else {
      throw UsageError(text: "--store takes sqlite or postgres://…")
    }
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
