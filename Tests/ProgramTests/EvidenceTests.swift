// The tests that documents name as evidence exist.

import Foundation
import Testing

@Suite("Documents that name tests")
struct EvidenceTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  @Test(
    "every test a document names is in the file it names",
    arguments: ["docs/conformance.md", "docs/threat-model.md"])
  func evidence(document: String) throws {
    let text = try String(
      contentsOf: EvidenceTests.root.appending(path: document), encoding: .utf8)
    var count = 0
    for line in text.split(separator: "\n") where line.hasPrefix("|") {
      var source = ""
      // Split at code spans and quotes: odd pieces of backticks are code.
      for (index, piece) in line.split(separator: "`", omittingEmptySubsequences: false)
        .enumerated()
      {
        if index % 2 == 1 {
          let code = String(piece)
          if code.hasSuffix(".swift") || code.hasSuffix(".py") {
            source = try String(
              contentsOf: EvidenceTests.root.appending(path: "Tests/" + code), encoding: .utf8)
          } else if code.hasPrefix("test_") {
            #expect(source.contains("def \(code)("), "\(document): \(code)")
            count += 1
          }
        } else if !source.isEmpty {
          for sentence in EvidenceTests.quoted(piece) {
            #expect(source.contains("\"\(sentence)"), "\(document): \(sentence)")
            count += 1
          }
        }
      }
    }
    #expect(count > 20)
  }

  /// What stands between double quotes; a sentence with code in it is cut there.
  private static func quoted(_ text: Substring) -> [Substring] {
    text.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
      .filter { $0.offset % 2 == 1 }.map(\.element)
  }
}
