// What every token and keys file must keep to, whatever the bytes: the body of a fuzz target.

import Wire

/// The invariants of reading tokens and keys files.
package enum AccessFuzzBody {
  /// Traps when one does not hold.
  package static func run(_ bytes: borrowing Span<UInt8>) {
    var units: [UInt8] = []
    for index in bytes.indices { units.append(bytes[index]) }
    let text = String(decoding: units, as: UTF8.self)
    readToken(text)
    readRevocations(text)
    guard let keys = APIKey.parse(file: text) else { return }
    let again = APIKey.parse(file: keys.map(\.line).joined(separator: "\n"))
    precondition(again == keys, "keys survive being written")
    precondition(keys.count <= APIKey.liveMax)
  }

  private static func readRevocations(_ text: String) {
    let start = WallTime(nanoseconds: 0)
    guard let revocations = Revocations.parse(file: text, at: start) else { return }
    let written = revocations.lines.map { $0 + "\n" }.joined()
    precondition(
      Revocations.parse(file: written, at: start)?.lines == revocations.lines,
      "revocations are kept")
  }

  /// No fuzzer knows the secret, so nothing it writes is a token.
  private static func readToken(_ text: String) {
    guard let key = APIKey(key: "fuzz", secret: "known-to-no-fuzzer") else {
      return
    }
    let access = AccessControl(keys: [key])
    let accepted = try? access.authorize(
      text, room: "show", .watch, at: WallTime(nanoseconds: 1_793_534_400_000_000_000))
    precondition(accepted == nil, "a token without the secret")
  }
}
