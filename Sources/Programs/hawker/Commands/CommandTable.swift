// The commands of `hawker`, by name.

import Config

/// Finds and runs a command.
enum CommandTable {
  /// The version of the program, as in CHANGELOG.md.
  static let version = "0.1.0"

  private static let commands = [
    Command(name: "serve", summary: "runs the server") { ServeCommand.run($0) },
    Command(name: "token", summary: "prints a token for a host, a viewer or a service") {
      TokenCommand.run($0)
    },
    Command(name: "doctor", summary: "checks machine and configuration, names what is wrong") {
      DoctorCommand.run($0)
    },
    Command(name: "config", summary: "prints a configuration with every key, or checks one") {
      ConfigCommand.run($0)
    },
    Command(name: "backup", summary: "copies the rooms' database, while a server may be running") {
      BackupCommand.run($0)
    },
    Command(name: "restore", summary: "makes the rooms' database from a backup") {
      RestoreCommand.run($0)
    },
    Command(name: "verify-draw", summary: "repeats the draws of a room's exported log") {
      VerifyDrawCommand.run($0)
    },
    Command(name: "hooks", summary: "prints a merchant's secret, or tests its receiver") {
      HooksCommand.run($0)
    },
    Command(name: "demo", summary: "publishes a moving test picture and a tone, or plays a shop") {
      DemoCommand.run($0)
    },
    Command(name: "load", summary: "publishes and plays against any WHIP/WHEP server, prints JSON")
    {
      LoadCommand.run($0)
    },
    Command(name: "bench", summary: "measures the packet path or the store on this machine") {
      BenchCommand.run($0)
    },
    Command(name: "version", summary: "prints the version") { _ in printVersion() },
    Command(name: "help", summary: "prints this, or with a command what it takes") { help($0) },
  ]

  /// Runs the command `arguments` name; the process's exit status: 0 done, 1 failed, 2 wrong usage.
  static func run(_ arguments: [String]) -> Int32 {
    switch arguments.first {
    case nil, "--help"?, "-h"?: return Terminal.print(overview)
    case "--version"?: return printVersion()
    case let name?: return run(name, Array(arguments.dropFirst()))
    }
  }

  private static func run(_ name: String, _ arguments: [String]) -> Int32 {
    if let command = commands.first(where: { $0.name == name }) { return command.run(arguments) }
    let near = NearestName.nearest(name, among: commands.map(\.name))
    return Terminal.usage(
      "unknown command \"\(name)\"; "
        + (near.map { "did you mean `hawker \($0)`?" } ?? "`hawker help` lists them"))
  }

  private static func printVersion() -> Int32 { Terminal.print("hawker \(version)") }

  private static func help(_ arguments: [String]) -> Int32 {
    guard let name = arguments.first, name != "help", name != "version" else {
      return Terminal.print(overview)
    }
    return run(name, ["--help"])
  }

  private static var overview: String {
    let lines = commands.map { command in
      "  hawker " + command.name
        + String(repeating: " ", count: max(1, 13 - command.name.count)) + command.summary
    }
    return "hawker \(version): live commerce over WebRTC\n\n" + lines.joined(separator: "\n")
      + "\n\n`hawker help COMMAND` says what a command takes."
  }
}
