// Finding the files that tests read: vectors in the repository, seed corpora beside it.

import Foundation
import SDP

/// Files next to the tests.
enum Vectors {
  private static var root: URL {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
  }

  /// Real browsers' offers.
  static let names = [
    "chromium-156-offer.sdp", "chromium-156-offer-simulcast-vp8.sdp",
    "firefox-153-offer-simulcast.sdp",
  ]

  static func bytes(_ name: String) throws -> [UInt8] {
    try Array(Data(contentsOf: root.appending(path: "Tests/Vectors/\(name)")))
  }

  /// Seed inputs where a directory of them lies beside the checkout; else nothing.
  static func seeds() -> [[UInt8]] {
    for base in [root.appending(path: ".."), root.appending(path: "../..")] {
      let folder = base.appending(path: "shared/corpora/sdp").standardizedFileURL
      let files = try? FileManager.default.contentsOfDirectory(
        at: folder, includingPropertiesForKeys: nil)
      if let files {
        return files.sorted { $0.path < $1.path }
          .compactMap { try? Data(contentsOf: $0) }.map { Array($0) }
      }
    }
    return []
  }
}

/// Runs the fuzz body on a copy of `bytes`.
func fuzz(_ bytes: some Sequence<UInt8>) {
  let copy = Array(bytes)
  SDPFuzzBody.run(copy.span)
}
