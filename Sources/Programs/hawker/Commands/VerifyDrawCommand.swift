// `hawker verify-draw`: repeats the draws of an exported log.

import Config
import Glibc
import Room

/// Verifies every draw of a log.
enum VerifyDrawCommand {
  static func run(_ arguments: [String]) -> Int32 {
    if arguments.contains("--help") || arguments.contains("-h") { return Terminal.print(help) }
    var rest = arguments
    var wanted: EntryID?
    do throws(ConfigError) {
      if let text = try Configuration.option("--giveaway", in: &rest) {
        guard let id = EntryID(text), id > 0 else {
          throw ConfigError("--giveaway: \"\(text)\" is no giveaway's id, a number from 1")
        }
        wanted = id
      }
      if let unknown = rest.first(where: { $0.hasPrefix("-") && $0 != "-" }) {
        return Configuration.refuse(unknown, of: "verify-draw", options: ["giveaway"])
      }
      guard !rest.isEmpty else { throw ConfigError("LOG.jsonl is needed") }
    } catch {
      return Terminal.usage("verify-draw: \(error.text)")
    }
    do throws(ConfigError) {
      return report(try verdicts(rest), wanted)
    } catch {
      return Terminal.failure("verify-draw: \(error.text)")
    }
  }

  private static func verdicts(
    _ paths: [String]
  ) throws(ConfigError) -> [DrawVerification.Verdict] {
    var verification = DrawVerification()
    for path in paths {
      var lines = try FileLines(path)
      while let line = try lines.next() {
        do throws(DrawVerification.Refusal) {
          try verification.take(line)
        } catch {
          throw ConfigError("\(lines.name): \(error.text)")
        }
      }
    }
    do throws(DrawVerification.Refusal) {
      return try verification.verdicts()
    } catch {
      throw ConfigError("the log can't be verified: \(error.text)")
    }
  }

  /// A sentence for each giveaway; the exit status.
  private static func report(_ verdicts: [DrawVerification.Verdict], _ wanted: EntryID?) -> Int32 {
    let shown = verdicts.filter { wanted == nil || $0.giveaway == wanted }
    for verdict in shown {
      _ = Terminal.print("giveaway \(verdict.giveaway) \(verdict.text)")
    }
    if let wanted {
      guard let verdict = shown.first else {
        return Terminal.failure("verify-draw: the log has no giveaway \(wanted)")
      }
      // Who asks for one wants to know that it was drawn as it should.
      return verdict.isRight == true ? 0 : 1
    }
    if verdicts.isEmpty { _ = Terminal.print("the log has no giveaway") }
    return verdicts.contains { $0.isRight == false } ? 1 : 0
  }

  private static let help = """
    hawker verify-draw LOG.jsonl [--giveaway ID]

    Repeats the draws of an exported log (GET /api/v1/rooms/{room}/log, all pages in their order, in
    one file or several; - reads standard input) as PROTOCOL.md has them, and says of each giveaway
    whether it is right. Exit status 0 when all draws are right, 1 when one is not or the log is not
    whole; with --giveaway 0 only when that one was drawn and is right.
    """
}
