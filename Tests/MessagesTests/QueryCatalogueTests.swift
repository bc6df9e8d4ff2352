// The query catalogue: a table that agrees with itself and PROTOCOL.md.

import JSON
import Room
import Testing

@testable import Messages

@Suite("The catalogue of queries")
struct QueryCatalogueTests {
  @Test("every query has a name of its own, which is no command's, and the authority of its row")
  func table() throws {
    #expect(Set(QueryCatalogue.all.map(\.name)).count == QueryCatalogue.all.count)
    for query in QueryCatalogue.all {
      #expect(CommandCatalogue.command(named: query.name) == nil)
      #expect(try query.decode(JSONFields(JSONObject())).authority == query.authority)
    }
  }

  @Test("a page is bounded, and a field out of its range is refused by name")
  func fields() throws {
    let history = try #require(QueryCatalogue.query(named: "history"))
    #expect(try history.decode(JSONFields(JSONObject())) == .history(before: nil, limit: 50))
    #expect(
      try history.decode(JSONFields(["before": 7, "limit": 100, "x": 1]))
        == .history(before: 7, limit: 100))
    let wrong: [(String, JSONValue)] = [
      ("limit", 0), ("limit", 101), ("limit", "1"), ("before", 0), ("before", "a"),
      ("before", 1.5),
    ]
    for (name, value) in wrong {
      do throws(MessageRefusal) {
        _ = try history.decode(JSONFields(JSONObject([(name, value)])))
        Issue.record("\(name) took \(value)")
      } catch {
        #expect(error.code == .badMessage && error.text.hasPrefix("\(name): expected"))
      }
    }
  }

  @Test("on the socket those that fit a message are requests, the others are none")
  func socket() throws {
    for query in QueryCatalogue.all {
      let text = Array("{\"type\":\"\(query.name)\",\"id\":\"1\"}".utf8)
      guard query.isOnSocket else {
        #expect(throws: UndecodableMessage.self) { try ClientMessage.decode(text) }
        continue
      }
      let message = try ClientMessage.decode(text)
      #expect(message.request == .query(try query.decode(JSONFields(JSONObject()))))
    }
  }

  @Test("PROTOCOL.md's table of queries is the catalogue, row by row, and each has an example")
  func document() throws {
    let part = try ProtocolDocument.roomPart() + ProtocolDocument.shopPart()
    let rows = part.split(separator: "\n").filter { $0.contains("| `GET") }
    let ours = QueryCatalogue.all.map { query in
      let name = query.isOnSocket ? "`\(query.name)`" : "REST only"
      let path = query.path.isEmpty ? "GET" : "GET \(query.path)"
      return "| \(name) | \(query.authority.rawValue) | `\(path)` | \(query.summary) |"
    }
    #expect(Set(rows.map { String($0) }) == Set(ours))
    var examples: Set<String> = []
    for text in ProtocolDocument.examples(in: part) {
      let object = try ProtocolDocument.object(text)
      let type = try ProtocolDocument.type(of: object)
      guard object["id"] != nil, let query = QueryCatalogue.query(named: type) else { continue }
      _ = try query.decode(JSONFields(object))
      let known = query.fields.map(\.name) + ["type", "id"]
      for member in object.members { #expect(known.contains(member.key), "\(type).\(member.key)") }
      examples.insert(type)
    }
    #expect(examples == Set(QueryCatalogue.all.filter(\.isOnSocket).map(\.name)))
  }
}
