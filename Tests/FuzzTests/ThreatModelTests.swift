// docs/threat-model.md names tests: those that it names exist.

import Foundation
import Testing

@Suite("The threat model")
struct ThreatModelTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  @Test("every test that docs/threat-model.md names is in the file it names")
  func namedTestsExist() throws {
    let root = ThreatModelTests.root
    let page = try String(
      contentsOf: root.appending(path: "docs/threat-model.md"), encoding: .utf8)
    var count = 0
    for match in page.matches(of: /`([A-Za-z]+\/[A-Za-z+]+\.swift)`((?:,? "[^"]+")+)/) {
      let file = root.appending(path: "Tests/\(match.1)")
      let text = try #require(try? String(contentsOf: file, encoding: .utf8), "\(match.1)")
      for name in match.2.matches(of: /"[^"]+"/) {
        #expect(text.contains(name.0), "\(match.1) has no test \(name.0)")
        count += 1
      }
    }
    // Far fewer would mean that the page is written in a way this test no longer reads.
    #expect(count >= 80)
  }
}
