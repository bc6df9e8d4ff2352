// Opening PostgreSQL: versions, foreign tables, settings, secrets.

import Foundation
import Loop
import RoomLog
import Testing
import Wire

@testable import Store

@Suite("Opening PostgreSQL")
struct PostgresOpeningTests {
  private let server: PostgresServer
  private let address: PostgresAddress
  private let session: PostgresSession

  init() throws {
    server = try PostgresServer.shared()
    address = try server.schema().address
    session = try PostgresSession(address, journal: nil)
  }

  @Test("a database of a newer program is refused by name and left as it was")
  func newer() throws {
    try PostgresMigration.run(on: address, atMs: 1)
    try session.run("INSERT INTO schema_version VALUES (99, 1)")
    let known = try #require(PostgresMigration.all.last?.version)
    let refusal = StoreError.newerSchema(found: 99, known: known)
    let folder = try TemporaryFolder()
    #expect(throws: refusal) { try RoomStore(.postgres(address, folder.directory)) { _ in } }
    #expect(try session.integer("SELECT max(version) FROM schema_version") == 99)
  }

  @Test("a schema with another program's rooms is refused by name; other tables are no matter")
  func foreign() throws {
    try session.run("CREATE TABLE visits(id BIGINT)")
    try PostgresMigration.run(on: address, atMs: 1)
    let other = try server.schema().address
    try PostgresSession(other, journal: nil).run("CREATE TABLE rooms(id BIGINT)")
    #expect(throws: StoreError.notHawkers(path: other.description)) {
      try PostgresMigration.run(on: other, atMs: 1)
    }
  }

  @Test("a step that fails leaves the version and the tables of the step before")
  func failedStep() throws {
    let more = "CREATE TABLE more(id BIGINT)"
    let before = try #require(PostgresMigration.all.last?.version)
    let version = before + 1
    let wrong = PostgresMigration(version: version, statements: [more, "NO SUCH STATEMENT"])
    #expect(throws: StoreError.self) {
      try PostgresMigration.run(PostgresMigration.all + [wrong], on: address, atMs: 1)
    }
    #expect(try PostgresMigration.version(of: session, address) == before)
    #expect(try session.integer("SELECT 1 WHERE to_regclass('more') IS NULL") == 1)
    let right = PostgresMigration(version: version, statements: [more])
    for now: Int64 in [2, 3] {
      try PostgresMigration.run(PostgresMigration.all + [right], on: address, atMs: now)
    }
    let applied = try session.integer(
      "SELECT applied_ms FROM schema_version WHERE version = ?", .integer(Int64(version)))
    #expect(applied == 2, "nothing is done twice")
  }

  @Test("the schemas of both databases have the same versions")
  func versions() {
    #expect(PostgresMigration.all.map(\.version) == Migration.all.map(\.version))
  }

  @Test("processes that start at the same moment make the tables once")
  func together() async throws {
    let address = address
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<4 { group.addTask { try PostgresMigration.run(on: address, atMs: 1) } }
      try await group.waitForAll()
    }
    #expect(
      try session.integer("SELECT count(*) FROM schema_version")
        == Int64(PostgresMigration.all.count))
  }

  @Test("commits are synchronous whatever the address says")
  func synchronous() throws {
    let lax = try #require(PostgresAddress(address.url + "%20-csynchronous_commit%3Doff"))
    let session = try PostgresSession(lax, journal: nil)
    #expect(try session.string("SELECT current_setting('synchronous_commit')") == "on")
  }

  @Test("a server that may lose what it acknowledges is refused by name")
  func unsafeServer() throws {
    let lax = try PostgresServer(settings: "-c fsync=off")
    defer { lax.stop() }
    #expect(throws: StoreError.unsafeSetting(name: "fsync", value: "off")) {
      try PostgresSession(lax.address(nil), journal: nil)
    }
  }

  @Test("a server that is away past the leases makes its process drop its rooms, then ends it")
  func away() throws {
    let proxy = try CuttingProxy(to: server.folder)
    let (_, schema) = try server.schema()
    let lost = Arrivals<RoomKey>()
    let writer = try PostgresWriter(
      try server.address(schema, through: proxy.folder.path), node: "away",
      patience: StorePatience(reconnect: .seconds(1), lease: .milliseconds(100))
    ) { news in if case .lost(let rooms) = news { lost.add(rooms) } }
    var feed = RoomFeed(try writer.open("shop"))
    proxy.stop()
    proxy.arm(.before)
    #expect { try writer.write(feed.next()) } throws: { error in
      (error as? StoreError)?.name == "storage-away"
    }
    #expect(lost.wait(for: 1) == [feed.room])
  }

  @Test("an address never shows its password, and one that could is refused")
  func secrets() {
    let address = PostgresAddress("postgres://shop:tulips@db.example:5433/hawker?password=roses")
    #expect(address?.description == "postgres://db.example:5433/hawker")
    #expect(!String(reflecting: address).contains("tulips"))
    #expect(!"\([address])".contains("roses"))
    for wrong in [
      "postgres://shop:tu@lips@db/hawker", "postgres://shop:tu/lips@db/hawker", "mysql://db/x",
      "postgres:/db", "",
    ] {
      #expect(PostgresAddress(wrong) == nil, "\(wrong)")
    }
  }

  @Test("a password that is refused is in no error")
  func wrongPassword() throws {
    // Nobody listens there: libpq's words name the place.
    let address = try #require(PostgresAddress("postgres://shop:tulips@127.0.0.1:1/hawker"))
    let patience = StorePatience(reconnect: .milliseconds(1))
    #expect {
      try PostgresSession(address, journal: nil, patience: patience)
    } throws: { error in
      let text = "\(error)"
      return text.contains("127.0.0.1") && !text.contains("tulips")
    }
  }

  @Test("parameters are numbered as PostgreSQL has them")
  func parameters() {
    #expect(PostgresSession.numbered("a = ? AND b = ?") == "a = $1 AND b = $2")
    #expect(PostgresSession.numbered("(?1, ?12) > ?2") == "($1, $12) > $2")
    #expect(PostgresSession.numbered("SELECT 1") == "SELECT 1")
  }

  @Test("numbers of every size, empty values and nulls come back as they were sent")
  func values() throws {
    for number: Int64 in [0, 1, -1, 255, -256, 1 << 40, .max, .min] {
      #expect(try session.integer("SELECT CAST(? AS BIGINT)", .integer(number)) == number)
    }
    #expect(try session.integer("SELECT CAST(-7 AS SMALLINT)") == -7)
    #expect(try session.integer("SELECT CAST(? AS BIGINT)", .null) == nil)
    #expect(try session.string("SELECT CAST(? AS TEXT)", .text("")) == "")
    #expect(try session.string("SELECT ? || 'ß🌷'", .text("a'; --")) == "a'; --ß🌷")
    let bytes = try session.first("SELECT CAST(? AS BYTEA)", [.bytes([0, 255, 7])]) { $0.bytes(0) }
    #expect(bytes == [0, 255, 7])
    let empty = try session.first("SELECT CAST(? AS BYTEA)", [.bytes([])]) { row in
      (row.isNull(0), row.bytes(0))
    }
    #expect(empty?.0 == false && empty?.1 == [])
  }
}
