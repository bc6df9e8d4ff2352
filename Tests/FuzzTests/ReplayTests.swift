// What fuzzing found stays found: kept inputs and former crashes run through their bodies.

import Foundation
import Testing

@Suite("Fuzz corpora")
struct ReplayTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  private static let corpus = root.appending(path: "Tests/Fuzz/Corpus")
  private static let failures = root.appending(path: "Tests/Fuzz/FailCases")
  /// As scripts/fuzz-keep has it: a corpus is read by people and cloned by everybody.
  private static let filesMax = 40
  private static let bytesMax = 2048

  /// The files of a folder; none where there is no folder.
  private static func files(_ folder: URL) throws -> [URL] {
    guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
    return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .sorted { $0.path < $1.path }
  }

  @Test("every kept input keeps its body's promises", arguments: FuzzBodies.all.keys.sorted())
  func replay(target: String) throws {
    let body = try #require(FuzzBodies.all[target])
    let kept = try ReplayTests.files(ReplayTests.corpus.appending(path: target))
    #expect(!kept.isEmpty, "nothing to replay: make fuzz T=\(target)")
    #expect(kept.count <= ReplayTests.filesMax)
    for file in kept + (try ReplayTests.files(ReplayTests.failures.appending(path: target))) {
      let bytes = [UInt8](try Data(contentsOf: file))
      #expect(bytes.count <= ReplayTests.bytesMax || !kept.contains(file))
      // A broken promise traps; `scripts/fuzz TARGET 1` then names the input.
      body(bytes.span)
    }
  }

  @Test("every fuzz body in the sources is replayed here, and every folder has its body")
  func complete() throws {
    var named: Set<String> = []
    for folder in ["Sources", "signaling"] {
      let all = FileManager.default.enumerator(
        at: ReplayTests.root.appending(path: folder), includingPropertiesForKeys: nil)
      for case let file as URL in try #require(all)
      where file.lastPathComponent == "FuzzBody.swift" {
        let text = try String(contentsOf: file, encoding: .utf8)
        for line in text.split(separator: "\n") {
          guard let match = line.firstMatch(of: /^package enum (\w+)FuzzBody/) else { continue }
          named.insert(match.1.lowercased())
        }
      }
    }
    #expect(named == Set(FuzzBodies.all.keys))
    for folder in [ReplayTests.corpus, ReplayTests.failures] {
      let targets = try ReplayTests.files(folder).map(\.lastPathComponent)
      #expect(Set(targets).isSubset(of: named))
    }
  }
}
