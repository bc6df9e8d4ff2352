// The commands of `hawker`, by name.

import Config

/// Finds and runs a command.
enum CommandTable {
  /// The version of the program, as in CHANGELOG.md.
  static let version = "0.1.0"

  /// Runs the command `arguments` name; the process's exit status: 0 done, 1 failed, 2 wrong usage.
  static func run(_ arguments: [String]) -> Int32 {
    let rest = Array(arguments.dropFirst())
    switch arguments.first {
    case "serve": return ServeCommand.run(rest)
    case "token": return TokenCommand.run(rest)
    case "doctor": return DoctorCommand.run(rest)
    case "config": return ConfigCommand.run(rest)
    case "demo": return DemoCommand.run(rest)
    case "load": return LoadCommand.run(rest)
    case "bench": return BenchCommand.run(rest)
    case "version", "--version": return Terminal.print("hawker \(version)")
    case "help", "--help", "-h", nil: return Terminal.print(help)
    case let unknown?:
      return Terminal.usage("unknown command \"\(unknown)\"; `hawker help` lists them")
    }
  }

  private static let help = """
    hawker \(version): live commerce over WebRTC

      hawker serve    runs the server; `hawker serve --help` lists its settings
      hawker token    prints a token: --room R --role host|cohost|moderator|viewer|service
                      --identity ID [--name NAME] [--ttl 6h]
      hawker doctor   checks this machine and the configuration, and says what is wrong
      hawker config   sample: prints a configuration with every key; check FILE: checks one
      hawker demo     host: publishes a moving test picture and a tone, without a camera
      hawker load     publishes and plays against any WHIP/WHEP server, and prints JSON
      hawker bench    fanout, path: measures the packet path on this machine
      hawker version
    """
}
