// `hawker doctor`: checks this machine and the configuration, and says what is wrong and what to do.

import Config
import Glibc
import Loop
import Wire

/// Runs the checks.
enum DoctorCommand {
  static func run(_ arguments: [String]) -> Int32 {
    do throws(ConfigError) {
      let (configuration, rest) = try Configuration.read(arguments)
      if let unknown = rest.first { return Terminal.usage("doctor: unknown argument \(unknown)") }
      let findings = DoctorChecks.all(configuration)
      for finding in findings {
        let mark = finding.verdict.rawValue.padded(to: 5)
        Terminal.write("\(mark) \(finding.name): \(finding.text)\n", to: 1)
      }
      return findings.contains { $0.verdict == .fail } ? 1 : 0
    } catch {
      Terminal.write("FAIL  configuration: \(error.text)\n", to: 1)
      return 1
    }
  }
}

extension String {
  /// This text with spaces up to `width` characters.
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
