// Secrets in the data folder that all servers on one database must have alike.

import Config
import Crypto
import Hooks
import Store

/// Makes the files agree with the database before anything reads them: what the first server made is what
/// the others have, and what an operator writes into one of them counts for all.
enum SharedFiles {
  /// - Throws: when the database can't be had, or two servers can't agree.
  static func agree(_ configuration: ServerConfiguration, _ place: StorePlace) throws(ConfigError) {
    guard case .postgres = place else { return }
    let folder = configuration.data
    try Files.makeFolder(folder)
    if configuration.apiKey == nil {
      try agree(place, Keys.fileName, in: folder, make: Keys.newText)
    }
    try agree(place, Keys.markFileName, in: folder, make: Keys.newMarkText)
    for hook in configuration.hooks { try agreeOnHook(hook.merchant, place, in: folder) }
  }

  private static func agree(
    _ place: StorePlace, _ name: String, in folder: String, make: () -> String?
  ) throws(ConfigError) {
    let own = try Files.textIfPresent(folder + "/" + name)
    let agreed = try text(place, name, own: own, make: make)
    if agreed != own { try Files.replace(name, in: folder, agreed) }
  }

  private static func agreeOnHook(
    _ merchant: String, _ place: StorePlace, in folder: String
  ) throws(ConfigError) {
    let own = try HookSecrets.known(of: merchant, in: folder).map(line)
    let agreed = try text(place, "hook/" + merchant, own: own) {
      var random = RandomSource.system
      return HookKey.makeSymmetric(&random).text
    }
    guard agreed != own else { return }
    let keys = agreed.split(separator: " ").compactMap { HookKey($0) }
    try HookSecrets.put(keys, of: merchant, in: folder)
  }

  private static func line(_ keys: [HookKey]) -> String {
    keys.map(\.text).joined(separator: " ")
  }

  private static func text(
    _ place: StorePlace, _ name: String, own: String?, make: () -> String?
  ) throws(ConfigError) -> String {
    do throws(StoreError) {
      if let text = try SharedSecrets.agree(on: place, name, own: own, make: make) { return text }
    } catch {
      throw ConfigError("cannot start: \(error.description)")
    }
    throw ConfigError("cannot make what the file \(name) of the data folder holds")
  }
}
