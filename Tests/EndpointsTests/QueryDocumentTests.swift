// PROTOCOL.md's examples of answers to queries, against the schemas that answers are checked with.

import Foundation
import JSON
import Messages
import Testing

@testable import Endpoints

@Suite("PROTOCOL.md's examples of queries are true")
struct QueryDocumentTests {
  @Test("each reply has the members its schema wants, and no others")
  func replies() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(
      contentsOf: root.appending(path: "signaling/PROTOCOL.md"), encoding: .utf8)
    let block = ["Queries", "The shop's queries"].map { title in
      let part = text.components(separatedBy: "\n### \(title)\n")[1]
      return part.components(separatedBy: "```json\n")[1].components(separatedBy: "```")[0]
    }.joined(separator: "\n")
    var asked: [String: QuerySpecification] = [:]
    var count = 0
    for line in block.split(separator: "\n") {
      guard case .object(var object) = try JSONValue.parse(Array(line.utf8)) else { continue }
      if let query = QueryCatalogue.query(named: object.text("type")) {
        asked[object.text("id")] = query
        continue
      }
      let query = try #require(asked[object.text("ref")])
      let schema = try #require(APISchema.answer(to: query))
      object["type"] = nil
      object["ref"] = nil
      #expect(SchemaCheck.faults(of: .object(object), schema.reference) == [])
      count += 1
    }
    #expect(count == QueryCatalogue.all.count(where: \.isOnSocket))
  }
}
