// `hawker hooks`: a merchant's secret, and the conformance kit for its receiver.

import Config
import Hooks
import Wire

/// Runs `hawker hooks secret` and `hawker hooks test`.
enum HooksCommand {
  static func run(_ arguments: [String]) -> Int32 {
    if arguments.contains("--help") || arguments.contains("-h") { return Terminal.print(help) }
    switch arguments.first {
    case "secret": return secret(Array(arguments.dropFirst()))
    case "test": return test(Array(arguments.dropFirst()))
    default: return Terminal.usage("hooks takes secret or test; `hawker hooks --help` says what")
    }
  }

  private static func secret(_ arguments: [String]) -> Int32 {
    do throws(ConfigError) {
      let (configuration, rest) = try Configuration.read(arguments)
      if let unknown = rest.first(where: { $0.hasPrefix("-") }) ?? rest.dropFirst().first {
        return Configuration.refuse(unknown, of: "hooks secret")
      }
      guard let merchant = rest.first, HookTarget.isName(merchant) else {
        throw ConfigError("NAME is needed: [A-Za-z0-9_-]{1,64}")
      }
      let keys = try HookSecrets.keys(of: merchant, in: configuration.data)
      return Terminal.print(keys.map(\.receiverText).joined(separator: "\n"))
    } catch {
      return Terminal.usage("hooks secret: \(error.text)")
    }
  }

  private static func test(_ arguments: [String]) -> Int32 {
    do {
      var options = CommandOptions(arguments)
      let secretText = try options.text("--secret")
      let allowed = try options.text("--hook-allow")
      let isQuiet = options.isSet("--yes")
      let authorities = try options.text("--ca")
      let merchant = try options.text("--merchant")
      let (configuration, rest) = try Configuration.read(options.remaining())
      if let unknown = rest.dropFirst().first {
        return Configuration.refuse(unknown, of: "hooks test")
      }
      guard let target = rest.first, let url = HookURL(target) else {
        throw UsageError(text: "URL is needed: https://HOST[:PORT][/PATH]")
      }
      let keys: [HookKey]
      if let secretText {
        guard let key = HookKey(secretText) else {
          throw UsageError(text: "--secret must be whsec_… or whsk_…")
        }
        keys = [key]
      } else {
        keys = try HookSecrets.keys(of: merchant ?? "shop", in: configuration.data)
      }
      var exceptions = Set(configuration.hookAllowed)
      for text in (allowed ?? "").split(separator: ",") {
        guard let address = SocketAddress(String(text)) else {
          throw UsageError(text: "--hook-allow must be ADDR:PORT")
        }
        exceptions.insert(address)
      }
      return try ReceiverKit(
        url: url, keys: keys, rules: AddressRules(allowing: exceptions), authorities: authorities,
        asks: !isQuiet
      ).run()
    } catch let error as UsageError {
      return Terminal.usage("hooks test: \(error.text)")
    } catch let error as ConfigError {
      return Terminal.usage("hooks test: \(error.text)")
    } catch {
      return Terminal.failure("hooks test: \(error)")
    }
  }

  private static let help = """
    hawker hooks secret NAME [--data DIR]
      Prints the secrets of the merchant NAME of --hook NAME=URL, newest first. Made when first asked
      for, and kept in the file hooks of the data folder; to change one, write a second key on the
      line (NAME NEW OLD), restart, change the receiver, and take the old one out.

    hawker hooks test URL [--secret whsec_…|whsk_…] [--merchant NAME] [--hook-allow ADDR:PORT]
                          [--ca FILE] [--yes]
      Sends a receiver what it has to take and what it has to refuse, prints a line for each, and
      exits 1 when one of them is wrong. Without --secret it signs with NAME's (default shop).
      It asks whether a repeated message had a second effect, which nobody else can see; --yes
      does not ask. --ca trusts a PEM file's authorities for a receiver under test.
    """
}
