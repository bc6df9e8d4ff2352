// What the fuzzer runs against DTLS: cutting datagrams into records.

import Wire

/// The fuzz body of this target.
package enum DTLSFuzzBody {
  /// Cuts `bytes` as incoming datagram and as outgoing stream, and checks what must hold.
  package static func run(_ bytes: borrowing Span<UInt8>) {
    for role in [DTLSRole.client, .server] {
      for isEstablished in [false, true] {
        let admitted = RecordFilter(role: role, isEstablished: isEstablished).admit(bytes)
        var end = 0
        for record in admitted.records {
          precondition(
            record.lowerBound >= end && record.upperBound <= bytes.count, "records overlap")
          precondition(record.count >= DTLSRecord.headerLength, "a record without header")
          end = record.upperBound
        }
        precondition(
          !admitted.records.isEmpty || admitted.discards > 0 || bytes.isEmpty, "bytes vanished")
      }
    }
    let whole = bytes.toArray()
    let datagrams = DatagramPacker.pack(whole)
    precondition(whole.starts(with: datagrams.joined()), "packing changed bytes")
    precondition(datagrams.allSatisfy { !$0.isEmpty }, "an empty datagram")
  }
}
