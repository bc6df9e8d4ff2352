// `hawker doctor`: checks this machine and the configuration, and says what is wrong and what to do.

import Config
import Doctor
import JSON

/// Runs the checks; changes nothing.
enum DoctorCommand {
  static func run(_ arguments: [String]) -> Int32 {
    if arguments.contains("--help") || arguments.contains("-h") { return Terminal.print(help) }
    var arguments = arguments
    let asJSON = Configuration.isSet("--json", in: &arguments)
    do throws(ConfigError) {
      let (sources, rest) = try Configuration.Sources.read(arguments)
      if let unknown = rest.first {
        return Configuration.refuse(unknown, of: "doctor", options: ["json"])
      }
      let configuration = try ServerConfiguration(sources.merged)
      // A key that can't be used would stop the server as surely as a taken port.
      if configuration.apiKey != nil { _ = try Keys.load(configuration, creating: false) }
      let facts = MachineFacts.measured(for: configuration, sources)
      return show(Diagnosis(facts, for: configuration).report, asJSON)
    } catch {
      return show(DoctorReport(configurationError: error.text), asJSON)
    }
  }

  private static func show(_ report: DoctorReport, _ asJSON: Bool) -> Int32 {
    Terminal.write(asJSON ? report.json.text + "\n" : report.text, to: 1)
    return report.hasFailures ? 1 : 0
  }

  private static let help = """
    hawker doctor [--json] [--config FILE] [settings of `hawker serve`]

    Checks what the server would meet here: ports, addresses, certificate, data folder, limits, clock.
    One line each: ok, warn (works, but not for everyone) or FAIL, and what to do. Exit status 1 if
    anything fails. It changes nothing; run it as the server's user.
    """
}
