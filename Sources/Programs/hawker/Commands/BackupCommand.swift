// `hawker backup` and `hawker restore`: copies of the rooms' database.

import Config
import Store

/// Copies the database, while a server may be running.
enum BackupCommand {
  static func run(_ arguments: [String]) -> Int32 {
    DatabaseCopy.run("backup", arguments, help: help) { (path, directory) throws(StoreError) in
      let content = try Backup.make(of: directory, to: path)
      return "\(path): \(content.events) events of \(content.rooms) rooms, checked"
    }
  }

  private static let help = """
    hawker backup FILE [--data DIR]

    Copies the rooms' SQLite database to the new file FILE and checks the copy. A server may be running:
    the copy is its state at one moment, with everything acknowledged before. Keys of tokens, ban-key
    (by which people who were banned and then erased are known) and the configuration are not in
    it; secrets of webhooks are, so keep it as safe as the data folder. Rooms in PostgreSQL are
    copied with pg_dump.
    """
}

/// Brings a copy back.
enum RestoreCommand {
  static func run(_ arguments: [String]) -> Int32 {
    DatabaseCopy.run("restore", arguments, help: help) { (path, directory) throws(StoreError) in
      let content = try Backup.restore(path, to: directory)
      return "\(directory.database): \(content.events) events of \(content.rooms) rooms, checked"
    }
  }

  private static let help = """
    hawker restore FILE [--data DIR]

    Makes the rooms' database in the data folder from a backup, after checking it. No server may be
    running there, and an existing database is never replaced: move it away first.
    """
}

/// What both commands share: one file and the data folder.
private enum DatabaseCopy {
  static func run(
    _ name: String, _ arguments: [String], help: String,
    _ body: (String, StoreDirectory) throws(StoreError) -> String
  ) -> Int32 {
    if arguments.contains("--help") || arguments.contains("-h") { return Terminal.print(help) }
    let directory: StoreDirectory
    let path: String
    do throws(ConfigError) {
      let (configuration, rest) = try Configuration.read(arguments)
      if let unknown = rest.first(where: { $0.hasPrefix("-") }) ?? rest.dropFirst().first {
        return Configuration.refuse(unknown, of: name)
      }
      guard let file = rest.first else { throw ConfigError("FILE is needed") }
      path = file
      guard configuration.store == .sqlite else {
        throw ConfigError("the rooms are in PostgreSQL: use pg_dump and pg_restore")
      }
      directory = StoreDirectory(configuration.data)
    } catch {
      return Terminal.usage("\(name): \(error.text)")
    }
    do throws(StoreError) {
      return Terminal.print(try body(path, directory))
    } catch {
      return Terminal.failure("\(name): \(error)")
    }
  }
}
