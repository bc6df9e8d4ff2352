// Reads the configuration of a command from flags, environment and file.

import Config

/// The configuration of this process.
enum Configuration {
  /// Reads flags, `HAWKER_…` and, with `--config FILE`, a file.
  ///
  /// - Returns: the configuration and the arguments that are no keys of it.
  static func read(_ arguments: [String]) throws(ConfigError) -> (
    ServerConfiguration, rest: [String]
  ) {
    let (sources, rest) = try Sources.read(arguments)
    return (try ServerConfiguration(sources.merged), rest)
  }

  /// The values by where they were found.
  struct Sources {
    let flags: ConfigSource
    let environment: ConfigSource
    let file: ConfigSource
    /// The path of the file; nil without one.
    let path: String?

    /// Flags win over variables, variables over the file.
    var merged: ConfigSource { flags.over(environment).over(file) }

    static func read(_ arguments: [String]) throws(ConfigError) -> (Sources, rest: [String]) {
      let (flags, others) = try ConfigSource.flags(arguments)
      var rest = others
      let path = try option("--config", in: &rest) ?? Environment.value("HAWKER_CONFIG")
      var file = ConfigSource()
      if let path { file = try ConfigSource.file(try Files.text(path), name: path) }
      let sources = Sources(
        flags: flags, environment: .environment(Environment.all), file: file, path: path)
      return (sources, rest)
    }
  }

  /// Says which argument `command` does not know, and what was probably meant; exit status 2.
  ///
  /// - Parameter options: what the command takes beside the keys, without dashes.
  static func refuse(_ argument: String, of command: String, options: [String] = []) -> Int32 {
    guard argument.hasPrefix("--") else {
      return Terminal.usage("\(command): unexpected argument \"\(argument)\"")
    }
    let name = argument.dropFirst(2).split(separator: "=").first.map(String.init) ?? ""
    let near = NearestName.nearest(name, among: ConfigKey.names + ["config"] + options)
    return Terminal.usage(
      "\(command): unknown flag \"--\(name)\"; "
        + (near.map { "did you mean --\($0)?" } ?? "`hawker \(command) --help` lists its flags"))
  }

  /// Takes `name VALUE` or `name=VALUE` out of `arguments`; the last one counts.
  static func option(_ name: String, in arguments: inout [String]) throws(ConfigError) -> String? {
    var value: String?
    while let index = arguments.firstIndex(where: { $0 == name || $0.hasPrefix(name + "=") }) {
      let argument = arguments.remove(at: index)
      if argument != name {
        value = String(argument.dropFirst(name.count + 1))
      } else {
        guard index < arguments.count, !arguments[index].hasPrefix("--") else {
          throw ConfigError("\(name) needs a value")
        }
        value = arguments.remove(at: index)
      }
    }
    return value
  }

  /// Takes the switch `name` out of `arguments`; whether it was there.
  static func isSet(_ name: String, in arguments: inout [String]) -> Bool {
    let count = arguments.count
    arguments.removeAll { $0 == name }
    return arguments.count < count
  }
}
