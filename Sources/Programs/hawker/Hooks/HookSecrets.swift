// The secrets of configured webhooks: made when first asked for, kept in the data folder.

import Config
import Crypto
import Glibc
import Hooks

/// Finds and makes secrets: one line for each merchant, its name and one or two keys, newest first.
enum HookSecrets {
  /// The name of the file in the data folder.
  static let fileName = "hooks"
  /// Keys of one line: two while a secret is being changed.
  static let keysMax = HookLimits.keysMax

  /// A merchant's keys, newest first; made when there are none.
  static func keys(of merchant: String, in folder: String) throws(ConfigError) -> [HookKey] {
    if let keys = try read(folder)[merchant] { return keys }
    try Files.makeFolder(folder)
    // Two processes that start together must agree: the second finds what the first has made.
    let lock = try lock(folder)
    defer { close(lock) }
    let all = try read(folder)
    if let keys = all[merchant] { return keys }
    var random = RandomSource.system
    let key = HookKey.makeSymmetric(&random)
    try write(all.merging([merchant: [key]]) { $1 }, in: folder)
    return [key]
  }

  /// A merchant's keys, newest first; nil when there are none yet.
  static func known(of merchant: String, in folder: String) throws(ConfigError) -> [HookKey]? {
    try read(folder)[merchant]
  }

  /// From now on these are a merchant's keys.
  static func put(
    _ keys: [HookKey], of merchant: String, in folder: String
  ) throws(ConfigError) {
    let lock = try lock(folder)
    defer { close(lock) }
    try write(try read(folder).merging([merchant: keys]) { $1 }, in: folder)
  }

  private static func write(
    _ all: [String: [HookKey]], in folder: String
  ) throws(ConfigError) {
    var text = "# Secrets of webhooks: NAME KEY [OLDER KEY]. Keep this file secret.\n"
    for (name, keys) in all.sorted(by: { $0.key < $1.key }) {
      text += "\(name) \(keys.map(\.text).joined(separator: " "))\n"
    }
    try Files.replace(fileName, in: folder, text)
  }

  private static func lock(_ folder: String) throws(ConfigError) -> Int32 {
    let path = folder + "/\(fileName).lock"
    let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0, flock(descriptor, LOCK_EX) == 0 else {
      throw ConfigError("cannot lock \(path): \(Files.errorText())")
    }
    return descriptor
  }

  private static func read(_ folder: String) throws(ConfigError) -> [String: [HookKey]] {
    let path = folder + "/" + fileName
    guard let text = try Files.textIfPresent(path) else { return [:] }
    var all: [String: [HookKey]] = [:]
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      let words = line.split(separator: " ")
      guard let name = words.first, (2...(1 + keysMax)).contains(words.count) else {
        throw ConfigError("\(path) must hold lines of a name and one to \(keysMax) keys")
      }
      var keys: [HookKey] = []
      for word in words.dropFirst() {
        guard let key = HookKey(word) else {
          throw ConfigError("\(path): a key of \(name) is none of whsec_ or whsk_")
        }
        if case .verifying = key { throw ConfigError("\(path): whpk_ can't sign") }
        keys.append(key)
      }
      all[String(name)] = keys
    }
    return all
  }
}
