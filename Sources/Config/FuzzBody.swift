// What reading a configuration file must keep to, whatever the bytes: the body of a fuzz target.

import Wire

/// The invariants of reading configuration files.
package enum ConfigFuzzBody {
  /// Traps when one does not hold.
  package static func run(_ bytes: borrowing Span<UInt8>) {
    var units: [UInt8] = []
    for index in bytes.indices { units.append(bytes[index]) }
    let text = String(decoding: units, as: UTF8.self)
    guard let source = try? ConfigSource.file(text, name: "fuzz") else { return }
    let written = source.values.map { "\($0.key.rawValue) = \($0.value.text)" }
    let again = try? ConfigSource.file(written.joined(separator: "\n"), name: "again")
    precondition(
      again?.values.mapValues(\.text) == source.values.mapValues(\.text),
      "values survive being written")
    guard let configuration = try? ServerConfiguration(source) else { return }
    precondition(configuration.workers.map { (1...36).contains($0) } ?? true)
    precondition(!configuration.mediaAddresses.contains(where: \.isUnspecified))
  }
}
