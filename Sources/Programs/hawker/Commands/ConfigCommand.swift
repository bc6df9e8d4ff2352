// `hawker config`: prints a sample configuration or checks one.

import Config

/// Sample and check.
enum ConfigCommand {
  static func run(_ arguments: [String]) -> Int32 {
    switch arguments.first {
    case "sample":
      Terminal.write(ConfigText.sample, to: 1)
      return 0
    case "check":
      do throws(ConfigError) {
        _ = try Configuration.read(arguments.count > 1 ? ["--config", arguments[1]] : [])
        return Terminal.print("ok")
      } catch {
        return Terminal.failure(error.text)
      }
    default:
      return Terminal.usage("config takes sample or check FILE")
    }
  }
}
