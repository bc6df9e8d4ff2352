// `hawker backup` and `hawker restore` as an operator meets them: what they print, and what they refuse.

import Foundation
import Testing

@testable import Store

@Suite("Backups from the command line", .serialized, .timeLimit(.minutes(3)))
struct BackupProgramTests {
  private func withFolder(_ body: (URL) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "hawker-\(UUID())")
    try FileManager.default.createDirectory(
      at: folder.appending(path: "web/watch"), withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(folder)
  }

  /// Runs `hawker`; its exit status and all it printed.
  private func hawker(_ folder: URL, _ arguments: String...) throws -> (status: Int32, text: String)
  {
    let process = try LiveProcess(arguments, in: folder)
    let (text, status) = try process.all()
    return (status, text)
  }

  /// A server on ports of the kernel's choice that is ready.
  private func serve(_ data: String, in folder: URL) throws -> LiveProcess {
    let process = try LiveProcess(
      [
        "serve", "--http", "127.0.0.1:0", "--udp-port", "0", "--data", data, "--web", "web",
        "--workers", "1",
      ], in: folder)
    _ = try process.rest(after: "ready http=")
    return process
  }

  @Test("a backup of a serving data folder is restored to a new one, and a server starts from it")
  func roundTrip() async throws {
    try await withFolder { folder in
      let server = try serve("data", in: folder)
      let made = try hawker(folder, "backup", "copy.db", "--data", "data")
      #expect(made == (0, "copy.db: 0 events of 0 rooms, checked\n"))
      #expect(server.end() == 0)
      let back = try hawker(folder, "restore", "copy.db", "--data", "new")
      #expect(back == (0, "new/hawker.db: 0 events of 0 rooms, checked\n"))
      let second = try serve("new", in: folder)
      #expect(second.end() == 0)
    }
  }

  @Test("what can't be backed up or restored is refused in one line that says why")
  func refusals() async throws {
    try await withFolder { folder in
      let server = try serve("data", in: folder)
      #expect(try hawker(folder, "backup", "copy.db", "--data", "data").status == 0)
      let twice = try hawker(folder, "backup", "copy.db", "--data", "data")
      #expect(
        twice == (1, "hawker: backup: copy.db: exists already; move it away first\n"))
      let running = try hawker(folder, "restore", "copy.db", "--data", "data")
      #expect(running == (1, "hawker: restore: data is in use by another server\n"))
      #expect(server.end() == 0)
      let full = try hawker(folder, "restore", "copy.db", "--data", "data")
      #expect(
        full == (1, "hawker: restore: data/hawker.db: exists already; move it away first\n"))
      let absent = try hawker(folder, "restore", "absent.db", "--data", "new")
      #expect(absent == (1, "hawker: restore: absent.db: No such file or directory\n"))
      try "not a database, whatever its name says. "
        .write(to: folder.appending(path: "text.db"), atomically: true, encoding: .utf8)
      let text = try hawker(folder, "restore", "text.db", "--data", "new")
      #expect(text == (1, "hawker: restore: text.db is not a database of Hawker\n"))
      let other = try Database(folder.appending(path: "other.db").path, .create)
      try other.run("CREATE TABLE things(a INTEGER)")
      let foreign = try hawker(folder, "restore", "other.db", "--data", "new")
      #expect(foreign == (1, "hawker: restore: other.db is not a database of Hawker\n"))
      let newer = try Database(folder.appending(path: "copy.db").path, .write)
      try newer.run("INSERT INTO schema_version(version, applied_ms) VALUES (99, 0)")
      let known = Migration.all.last?.version ?? 0
      let next = try hawker(folder, "restore", "copy.db", "--data", "new")
      #expect(next.status == 1)
      #expect(
        next.text == "hawker: restore: the database has version 99, this program knows up to "
          + "\(known): use a newer program\n")
      // Nothing that was refused left anything behind.
      #expect(!FileManager.default.fileExists(atPath: folder.path + "/new/hawker.db"))
      let empty = try hawker(folder, "backup", "none.db", "--data", "new")
      #expect(empty == (1, "hawker: backup: new/hawker.db: No such file or directory\n"))
      #expect(try hawker(folder, "backup", "--data", "data").status == 2)
      #expect(try hawker(folder, "restore", "a", "b", "--data", "data").status == 2)
    }
  }
}
