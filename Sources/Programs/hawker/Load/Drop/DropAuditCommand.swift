// `hawker load audit`: an exported log of a drop, against its rules and what a crowd was told.

import Config
import JSON
import Room

/// Audits one room's log.
enum DropAuditCommand {
  /// The report; its `complaint_count` is 0 when all is well.
  static func run(_ arguments: [String]) throws -> JSONValue {
    var options = CommandOptions(arguments)
    let sights = try options.text("--sights")
    guard let log = try options.text("--log") else { throw UsageError(text: "--log is needed") }
    try options.finish()
    var audit = DropAudit()
    try read(log) { line throws(DropAudit.Refusal) in try audit.take(log: line) }
    if let sights {
      try read(sights) { line throws(DropAudit.Refusal) in try audit.take(sight: line) }
    }
    let report = audit.judge()
    return [
      "events": .integer(Int64(report.events)), "claims": .integer(Int64(report.claims)),
      "handed_on": .integer(Int64(report.handedOn)), "buyers": .integer(Int64(report.buyers)),
      "held": .integer(report.held), "sold": .integer(report.sold),
      "waiting": .integer(Int64(report.waiting)), "taken_most": .integer(report.takenMost),
      "complaint_count": .integer(Int64(report.complaintCount)),
      "complaints": .array(report.complaints.map { .string($0) }),
    ]
  }

  private static func read(
    _ path: String, _ take: ([UInt8]) throws(DropAudit.Refusal) -> Void
  ) throws {
    var lines = try FileLines(path)
    while let line = try lines.next() {
      do {
        try take(line)
      } catch {
        throw UsageError(text: "\(lines.name): \(error.text)")
      }
    }
  }
}
