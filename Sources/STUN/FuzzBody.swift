// The body of STUN's fuzz target: any bytes, and what must hold for them.

import Crypto
import Wire

/// What a fuzzer runs on arbitrary bytes.
package enum STUNFuzzBody {
  /// Parses `bytes` every way there is; traps when an invariant is broken.
  package static func run(_ bytes: borrowing Span<UInt8>) {
    _ = DatagramKind(bytes)
    let ufrag = STUNRouting.localUfrag(in: bytes)
    guard let message = try? STUNMessage(bytes) else { return }
    let key = HMACSHA1(key: [UInt8](repeating: 1, count: 22).span)
    // Traps are wanted here: this is a fuzz target's assertion, never linked into a server's path.
    precondition(!message.verifyIntegrity(key: key, in: bytes) || message.integrityOffset != nil)
    if let username = message.username {
      precondition(bytes.slice(username) != nil)
      if let ufrag, message.integrityOffset.map({ ufrag.upperBound < $0 }) ?? true {
        precondition(username.lowerBound == ufrag.lowerBound)
      }
    }
    checkRoundTrip(message, key)
  }

  /// What we write about a message, we read back.
  private static func checkRoundTrip(_ message: STUNMessage, _ key: HMACSHA1) {
    var buffer = WireBuffer(capacity: STUNWriter.messageBytesMax)
    guard let address = message.mappedAddress,
      (try? STUNWriter.writeSuccess(
        to: message.transactionID, mapped: address, key: key, into: &buffer)) != nil
    else { return }
    let again = try? STUNMessage(buffer.bytes)
    precondition(again?.mappedAddress == address && again?.fingerprint == .valid)
    precondition(again?.transactionID == message.transactionID)
    precondition(again?.verifyIntegrity(key: key, in: buffer.bytes) ?? false)
  }
}
