// The findings as text for people and as JSON for programs.

package import JSON

/// All findings of one run, in the order of their checks.
package struct DoctorReport: Hashable, Sendable {
  package let findings: [Finding]

  /// A report of these findings.
  package init(_ findings: [Finding]) { self.findings = findings }

  /// The report of a configuration that can't be read: no other check would mean anything.
  package init(configurationError text: String) {
    findings = [.fail("configuration", text, "`hawker config sample` shows every key")]
  }

  /// Whether anything must be changed before the server can work.
  package var hasFailures: Bool { findings.contains { $0.verdict == .fail } }

  /// One line per finding: `ok|warn|FAIL  name: fact; advice`.
  package var text: String {
    findings.map { finding in
      let mark = finding.verdict.rawValue
      let gap = String(repeating: " ", count: 6 - mark.count)
      return mark + gap + finding.name + ": " + finding.fact
        + (finding.advice.map { "; " + $0 } ?? "") + "\n"
    }.joined()
  }

  /// `{"ok":…,"checks":[{"verdict":"ok|warn|fail","name":…,"fact":…,"advice":…|null}]}`.
  package var json: JSONValue {
    let checks = findings.map { finding -> JSONValue in
      [
        "verdict": .string(finding.verdict.rawValue.lowercased()),
        "name": .string(finding.name), "fact": .string(finding.fact),
        "advice": finding.advice.map { .string($0) } ?? .null,
      ]
    }
    return ["ok": .bool(!hasFailures), "checks": .array(checks)]
  }
}
