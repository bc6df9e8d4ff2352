// `hawker token`: prints a token for someone.

import Access
import Config
import Loop
import Wire

/// Mints one token.
enum TokenCommand {
  /// What the token is to say.
  private struct Claims {
    var room: String
    var role: Role
    var identity: String
    var name: String?
    var lifetime: TimeSpan
    var isSubscriber: Bool
    var isBoundToHLS: Bool
  }

  /// The command's own flags as they were given.
  private struct Options {
    static let names = ["room", "role", "identity", "name", "ttl", "subscriber", "hls-only"]
    let room, role, identity, name, lifetime: String?
    let isSubscriber, isBoundToHLS: Bool

    /// Takes them out of `arguments`.
    init(_ arguments: inout [String]) throws(ConfigError) {
      room = try Configuration.option("--room", in: &arguments)
      role = try Configuration.option("--role", in: &arguments)
      identity = try Configuration.option("--identity", in: &arguments)
      name = try Configuration.option("--name", in: &arguments)
      lifetime = try Configuration.option("--ttl", in: &arguments)
      isSubscriber = Configuration.isSet("--subscriber", in: &arguments)
      isBoundToHLS = Configuration.isSet("--hls-only", in: &arguments)
    }
  }

  static func run(_ arguments: [String]) -> Int32 {
    if arguments.contains("--help") || arguments.contains("-h") { return Terminal.print(help) }
    let configuration: ServerConfiguration
    let claims: Claims
    do throws(ConfigError) {
      var rest: [String]
      (configuration, rest) = try Configuration.read(arguments)
      let options = try Options(&rest)
      if let unknown = rest.first {
        return Configuration.refuse(unknown, of: "token", options: Options.names)
      }
      claims = try self.claims(options)
    } catch {
      return Terminal.usage("token: \(error.text)")
    }
    do throws(ConfigError) {
      return try mint(claims, try Keys.load(configuration, creating: false))
    } catch {
      return Terminal.failure("token: \(error.text)")
    }
  }

  private static func claims(_ options: Options) throws(ConfigError) -> Claims {
    let roleName = try needed("--role", options.role, roles)
    guard let role = Role(rawValue: roleName) else {
      throw ConfigError("--role: \"\(roleName)\" is not one of \(roles)")
    }
    let room = try needed("--room", options.room, rooms)
    if room == "*" && role != .service {
      throw ConfigError("--room: * is for --role service only")
    }
    guard Credential.isRoomName(room) || room == "*" else {
      throw ConfigError("--room: \"\(room)\" is not \(rooms)")
    }
    let identity = try needed("--identity", options.identity, identities)
    // The very rule tokens are judged by, so that none is printed that no server takes.
    guard !identity.isEmpty, Credential.isText(identity, max: Credential.subjectMax) else {
      throw ConfigError("--identity: must be \(identities)")
    }
    guard !identity.hasPrefix(AccessControl.anonymousPrefix) else {
      throw ConfigError(
        "--identity: \(AccessControl.anonymousPrefix) begins the names of anonymous viewers")
    }
    let name = options.name
    guard name.map({ Credential.isText($0, max: Credential.nameMax) }) ?? true else {
      throw ConfigError("--name: must be at most \(Credential.nameMax) printable characters")
    }
    let text = options.lifetime ?? "6h"
    guard let lifetime = TimeSpan(duration: text) else {
      throw ConfigError(
        "--ttl: \"\(text)\" is not a whole number and s, m, h or d (6h), of at most ten years")
    }
    return Claims(
      room: room, role: role, identity: identity, name: name, lifetime: lifetime,
      isSubscriber: options.isSubscriber, isBoundToHLS: options.isBoundToHLS)
  }

  private static let roles = Role.allCases.map(\.rawValue).joined(separator: ", ")
  private static let rooms = "[A-Za-z0-9_-]{1,64} (or * for a service)"
  private static let identities = "1 to \(Credential.subjectMax) printable characters"

  private static func needed(
    _ flag: String, _ value: String?, _ form: String
  ) throws(ConfigError) -> String {
    guard let value else { throw ConfigError("\(flag) is needed: \(form)") }
    return value
  }

  private static func mint(_ claims: Claims, _ keys: [APIKey]) throws(ConfigError) -> Int32 {
    let minted = try? AccessControl(keys: keys).mint(
      subject: claims.identity, name: claims.name, room: claims.room, role: claims.role,
      isSubscriber: claims.isSubscriber, isBoundToHLS: claims.isBoundToHLS,
      lifetime: claims.lifetime, wall: SystemClock.wallTime())
    guard let minted else { throw ConfigError("no key to sign with") }
    return Terminal.print(minted.token)
  }

  private static let help = """
    hawker token: prints a token on stdout.

      --room ROOM       [A-Za-z0-9_-]{1,64}; * is every room, for a service
      --role ROLE       host, cohost, moderator, viewer or service
      --identity ID     who it is, 1 to \(Credential.subjectMax) characters
      --name NAME       what others see
      --ttl TIME        how long it is good: 90s, 30m, 6h (default), 2d; what is published or
                        watched with it ends a minute later
      --subscriber      says that this member subscribes to the host
      --hls-only        this viewer watches over HLS, where the server has it

    It is signed with api-key and api-secret (HAWKER_API_KEY, HAWKER_API_SECRET, --config FILE), or
    with the first key of the data folder (--data DIR) that `hawker serve` made.
    """
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
