// The body of ICE's fuzz target: candidate lines. Datagrams are STUN's fuzz target.

/// What a fuzzer runs on arbitrary bytes.
package enum ICEFuzzBody {
  /// Reads `bytes` as a candidate line; traps when what we write is not what we read.
  package static func run(_ bytes: borrowing Span<UInt8>) {
    var text: [UInt8] = Array("candidate:".utf8)
    for index in 0..<bytes.count { text.append(bytes[index]) }
    for start in [0, "candidate:".utf8.count] {
      guard let line = ICECandidateLine(String(decoding: text[start...], as: UTF8.self)) else {
        continue
      }
      // Traps are wanted here: this is a fuzz target's assertion, never in a server's path.
      precondition(ICECandidateLine(line.description) == line)
      _ = line.remoteCandidate
    }
  }
}
