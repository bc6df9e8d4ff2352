import Foundation
import JSON
import Testing

@testable import Messages

@Suite("PROTOCOL.md is true")
struct DocumentTests {
  @Test("every example of a request decodes to what the document says")
  func requests() throws {
    let decoded = try ProtocolDocument.requests().map { try ClientMessage.decode(Array($0.utf8)) }
    #expect(decoded == DocumentExamples.requests)
  }

  @Test("every request has an example")
  func completeRequests() throws {
    let types = try ProtocolDocument.requests()
      .map { try ProtocolDocument.type(of: ProtocolDocument.object($0)) }
    #expect(Set(types) == ProtocolDocument.requestTypes)
  }

  @Test("every example of a reply and an event is what the encoder writes")
  func serverMessages() throws {
    let documented = try ProtocolDocument.serverMessages().map { try parsed(Array($0.utf8)) }
    let written = try DocumentExamples.serverMessages.map { try parsed($0) }
    #expect(documented.count == written.count)
    for (index, (document, ours)) in zip(documented, written).enumerated() {
      #expect(document == ours, "example \(index)")
    }
  }

  @Test("the connections of a resumed session are written as the table of `joined` shows")
  func connections() throws {
    let line = try ProtocolDocument.text().split(separator: "\n")
      .first { $0.hasPrefix("| `connections` |") }
    let example = line?.split(separator: "`").first { $0.hasPrefix("[") }
    let document = try parsed(Array(try #require(example).utf8))
    let entries = [
      ConnectionEntry(connection: "c1", generation: 2, purpose: .publish(stream: "main")),
      ConnectionEntry(
        connection: "c2", generation: 5, purpose: .subscribe(map: ["0": "t7", "1": "t8"])),
    ]
    #expect(document == sorted(.array(entries.map(\.json))))
  }

  @Test("every error code of the code is in the document's table and closes as it says")
  func errorCodes() throws {
    let text = try ProtocolDocument.text()
    let table = try #require(text.components(separatedBy: "## Errors").last)
      .components(separatedBy: "\n## ")[0]
    var documented: [String: String] = [:]
    for line in table.split(separator: "\n") where line.hasPrefix("| `") {
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      for code in cells[0].split(separator: "`") where code != "code" && !code.hasPrefix(",") {
        documented[String(code)] = cells[2]
      }
    }
    #expect(Set(documented.keys) == Set(ErrorCode.allCases.map(\.rawValue)))
    for code in ErrorCode.allCases {
      let says = try #require(documented[code.rawValue])
      switch code.closing {
      case .never: #expect(says == "no", "\(code)")
      case .always: #expect(says == "yes", "\(code)")
      case .atJoin: #expect(says == "a `join`: yes", "\(code)")
      case .whenRepeated:
        #expect(says == "after 10 in a minute" || says == "when it goes on for 10 s", "\(code)")
      }
    }
  }

  @Test("every reason of `bye` is in the document with its close code")
  func byeReasons() throws {
    for reason in ByeReason.allCases {
      let line = try ProtocolDocument.text().split(separator: "\n").first {
        $0.hasPrefix("| `\(reason.rawValue)`") && $0.contains(" | \(reason.closeCode) | ")
          || $0.contains("`\(reason.rawValue)` | \(reason.closeCode) |")
      }
      #expect(line != nil, "\(reason)")
    }
  }

  @Test("every reason of `connectionEnded` is in the document")
  func endReasons() throws {
    let text = try ProtocolDocument.text()
    for reason in ConnectionEndReason.allCases {
      #expect(text.contains("`\(reason.rawValue)`"), "\(reason)")
    }
  }
}
