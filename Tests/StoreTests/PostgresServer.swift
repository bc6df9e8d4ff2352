// A PostgreSQL of the tests' own: made when first asked for, gone with the test process.

import Foundation
import Synchronization
import Testing

@testable import Store

/// A database server in a temporary folder, on a Unix socket alone, with fsync on.
///
/// A shell in between stops it by its process id and removes the folder as soon as the test process has
/// gone, however that ended. It runs as the user postgres when the tests run as root, whom PostgreSQL
/// refuses.
final class PostgresServer: Sendable {
  /// The folder of its socket.
  let folder: String
  private let shell: Shell

  /// The one most tests share.
  static func shared() throws -> PostgresServer {
    try common.withLock { common in
      if let running = common { return running }
      let made = try PostgresServer()
      common = made
      return made
    }
  }

  private static let common = Mutex<PostgresServer?>(nil)
  private static let schemaCount = Atomic<Int>(0)

  /// Why there is none.
  struct Missing: Error, CustomStringConvertible {
    let description: String
  }

  /// The shell and the pipe it lives by.
  private final class Shell: @unchecked Sendable {
    let process = Process()
    let life = Pipe()
    private let output = Pipe()

    init(_ bin: String, _ settings: String) throws {
      process.executableURL = URL(filePath: "/bin/sh")
      process.arguments =
        getuid() == 0
        ? [
          "-c", "exec runuser -u postgres -- /bin/sh -c \"$3\" sh \"$1\" \"$2\"", "sh", bin,
          settings,
          Shell.script,
        ]
        : ["-c", Shell.script, "sh", bin, settings]
      process.standardInput = life
      process.standardOutput = output
      process.currentDirectoryURL = URL(filePath: "/")
      try process.run()
    }

    /// The folder, once the server answers.
    func folder() throws -> String {
      var said = Data()
      while !said.contains(UInt8(ascii: "\n")) {
        let more = output.fileHandleForReading.availableData
        guard !more.isEmpty else {
          throw Missing(description: "PostgreSQL did not start; run it by hand to see why")
        }
        said += more
      }
      return String(decoding: said, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static let script = """
      folder=$(mktemp -d /tmp/hawker-pg-XXXXXX) || exit 1
      trap '' INT TERM
      "$1/initdb" -D "$folder/data" -A trust -U hawker -E UTF8 --no-locale >"$folder/log" 2>&1 &&
      { "$1/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= -c max_connections=100 \\
          -c shared_buffers=32MB $2 >>"$folder/log" 2>&1 </dev/null &
        server=$!
        for try in $(seq 300); do
          "$1/pg_isready" -q -h "$folder" -U hawker -d postgres && { echo "$folder"; break; }
          kill -0 $server 2>/dev/null || break
          sleep 0.1
        done
        read -r word
        kill -INT $server; wait $server; }
      rm -rf "$folder"
      """
  }

  /// - Parameter settings: further arguments for the server.
  init(settings: String = "") throws {
    shell = try Shell(try PostgresServer.programs(), settings)
    folder = try shell.folder()
  }

  /// Stops it and waits.
  func stop() {
    try? shell.life.fileHandleForWriting.close()
    shell.process.waitUntilExit()
  }

  /// Where the newest version's programs are.
  private static func programs() throws -> String {
    let root = "/usr/lib/postgresql"
    let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
    guard let newest = versions.compactMap({ Int($0) }).max() else {
      throw Missing(
        description: "PostgreSQL is not installed, and these tests need it: run scripts/setup test")
    }
    return "\(root)/\(newest)/bin"
  }

  // MARK: Databases

  /// The address of an empty schema.
  ///
  /// - Parameter folder: of another socket that leads here.
  func schema(through folder: String? = nil) throws -> (address: PostgresAddress, name: String) {
    let number = PostgresServer.schemaCount.add(1, ordering: .relaxed).newValue
    let name = "test_\(number)"
    try PostgresSession(address(nil), journal: nil).run("CREATE SCHEMA \(name)")
    return (try address(name, through: folder), name)
  }

  /// The address of a schema.
  func address(_ schema: String?, through folder: String? = nil) throws -> PostgresAddress {
    let options = schema.map { "&options=-csearch_path%3D\($0)" } ?? ""
    return try #require(
      PostgresAddress(
        "postgres:///postgres?user=hawker&host=\(folder ?? self.folder)\(options)"))
  }
}
