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
    var (flags, rest) = try ConfigSource.flags(arguments)
    var file = ConfigSource()
    let path = option("--config", in: &rest) ?? Environment.value("HAWKER_CONFIG")
    if let path {
      guard let text = Files.read(path) else { throw ConfigError("cannot read \(path)") }
      file = try ConfigSource.file(text, name: path)
    }
    flags = flags.over(.environment(Environment.all)).over(file)
    return (try ServerConfiguration(flags), rest)
  }

  /// Takes `name VALUE` or `name=VALUE` out of `arguments`.
  static func option(_ name: String, in arguments: inout [String]) -> String? {
    if let index = arguments.firstIndex(of: name), index + 1 < arguments.count {
      let value = arguments[index + 1]
      arguments.removeSubrange(index...(index + 1))
      return value
    }
    if let index = arguments.firstIndex(where: { $0.hasPrefix(name + "=") }) {
      return String(arguments.remove(at: index).dropFirst(name.count + 1))
    }
    return nil
  }
}
