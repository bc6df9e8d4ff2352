// `hawker token`: prints a token for someone.

import Access
import Config
import Loop
import Wire

/// Mints one token.
enum TokenCommand {
  static func run(_ arguments: [String]) -> Int32 {
    do throws(ConfigError) {
      var (configuration, rest) = try Configuration.read(arguments)
      let room = Configuration.option("--room", in: &rest)
      let role = Configuration.option("--role", in: &rest)
      let identity = Configuration.option("--identity", in: &rest)
      let name = Configuration.option("--name", in: &rest)
      let lifetime = Configuration.option("--ttl", in: &rest) ?? "6h"
      if let unknown = rest.first { return Terminal.usage("unknown argument \(unknown)") }
      guard let room, let role, let identity else {
        return Terminal.usage("token needs --room, --role and --identity")
      }
      return try mint(configuration, room, role, identity, name, lifetime)
    } catch {
      return Terminal.usage(error.text)
    }
  }

  private static func mint(
    _ configuration: ServerConfiguration, _ room: String, _ roleName: String, _ identity: String,
    _ name: String?, _ lifetimeText: String
  ) throws(ConfigError) -> Int32 {
    guard let role = Role(rawValue: roleName) else {
      throw ConfigError("--role must be host, cohost, moderator, viewer or service")
    }
    guard Credential.isRoomName(room) || (room == "*" && role == .service) else {
      throw ConfigError("--room must be [A-Za-z0-9_-]{1,64} (or * for a service)")
    }
    guard (1...Credential.subjectMax).contains(identity.count) else {
      throw ConfigError("--identity must be 1 to \(Credential.subjectMax) characters")
    }
    guard let lifetime = TimeSpan(duration: lifetimeText) else {
      throw ConfigError("--ttl must be a number and s, m, h or d, such as 6h")
    }
    let access = AccessControl(keys: try Keys.load(configuration, creating: false))
    let minted = try? access.mint(
      subject: identity, name: name, room: room, role: role, lifetime: lifetime,
      wall: SystemClock.wallTime())
    guard let minted else { throw ConfigError("no key to sign with") }
    return Terminal.print(minted.token)
  }
}

extension TimeSpan {
  /// Reads `90s`, `30m`, `6h`, `2d`; nil for anything else or more than ten years.
  init?(duration text: String) {
    let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
    guard let last = text.last, let unit = units[last], let count = Int64(text.dropLast()),
      count > 0, count <= 315_360_000 / unit
    else { return nil }
    self = .seconds(count * unit)
  }
}
