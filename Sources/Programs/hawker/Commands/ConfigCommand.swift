// `hawker config`: prints a sample configuration or checks one.

import Config

/// Sample and check.
enum ConfigCommand {
  static func run(_ arguments: [String]) -> Int32 {
    if arguments.contains("--help") || arguments.contains("-h") { return Terminal.print(help) }
    let rest = Array(arguments.dropFirst())
    switch arguments.first {
    case "sample" where rest.isEmpty:
      Terminal.write(ConfigText.sample, to: 1)
      return 0
    case "check": return check(rest)
    default: return Terminal.usage("config takes sample, or check FILE")
    }
  }

  private static func check(_ arguments: [String]) -> Int32 {
    // The file may be given plainly, which is how one thinks of it.
    let isFile = arguments.first.map { !$0.hasPrefix("-") } ?? false
    do throws(ConfigError) {
      let (configuration, rest) = try Configuration.read((isFile ? ["--config"] : []) + arguments)
      if let unknown = rest.first { return Configuration.refuse(unknown, of: "config") }
      if configuration.apiKey != nil { _ = try Keys.load(configuration, creating: false) }
      _ = try GiftFile.catalogue(configuration)
      return Terminal.print("ok")
    } catch {
      return Terminal.failure(error.text)
    }
  }

  private static let help = """
    hawker config sample        prints a configuration file with every key and its meaning
    hawker config check FILE    says ok, or what is wrong and in which line; exit status 1

    Flags and HAWKER_ variables are taken into account as `hawker serve` would.
    """
}
