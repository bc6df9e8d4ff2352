// `hawker bench`: what the packet path costs on this machine, without network clients.

import JSON

/// Runs one microbenchmark.
enum BenchCommand {
  static func run(_ arguments: [String]) -> Int32 {
    do {
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
        return Terminal.usage("bench takes fanout [--hot] or path, [--viewers N] [--rounds N]")
      }
    } catch let error as UsageError {
      return Terminal.usage("bench: \(error.text)")
    } catch {
      return Terminal.failure("bench: \(error)")
    }
  }
}
