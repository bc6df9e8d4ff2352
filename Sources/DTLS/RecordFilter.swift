// Which records of a datagram OpenSSL gets to see (RFC 6347 sections 4.1.2.7 and 4.2).

import Wire

/// Keeps from OpenSSL what anybody could have sent and would end an association there.
///
/// Before the keys exist, alerts and application data in clear, and handshake messages that are
/// malformed or not the peer's to send. After, everything in clear.
struct RecordFilter {
  let role: DTLSRole
  /// Whether the handshake has ended.
  var isEstablished = false

  /// Cuts `datagram` into records and keeps those worth showing to OpenSSL.
  ///
  /// - Returns: the byte ranges of the kept records, in order, and how many pieces were discarded; a
  ///   tail that is no record counts as one piece.
  func admit(_ datagram: Span<UInt8>) -> (records: [Range<Int>], discards: Int) {
    var records: [Range<Int>] = []
    var discards = 0
    var reader = ByteReader(datagram)
    while !reader.isAtEnd {
      let start = reader.offset
      guard let record = try? DTLSRecord(&reader) else { return (records, discards + 1) }
      let end = reader.offset
      let fragment = datagram.extracting((start + DTLSRecord.headerLength)..<end)
      if isWorthReading(record, fragment) {
        records.append(start..<end)
      } else {
        discards += 1
      }
    }
    return (records, discards)
  }

  private func isWorthReading(_ record: DTLSRecord, _ fragment: Span<UInt8>) -> Bool {
    switch record.epoch {
    case 0:
      guard !isEstablished else { return false }
      switch record.contentType {
      case DTLSRecord.changeCipherSpec: return fragment.count == 1 && fragment.byte(at: 0) == 1
      case DTLSRecord.handshake: return isHandshake(fragment)
      default: return false
      }
    // Authenticated: OpenSSL discards what was not made under the keys, and replays. It does not
    // look at an alert's version, which has been agreed by now.
    case 1:
      return record.minorVersion == DTLSRecord.minorVersion12 && !fragment.isEmpty
        && record.contentType >= DTLSRecord.alert
        && record.contentType <= DTLSRecord.applicationData
    // There is no second handshake in an association.
    default: return false
    }
  }

  /// Whether `bytes` is a run of well-formed message fragments that the peer may send in clear.
  private func isHandshake(_ bytes: Span<UInt8>) -> Bool {
    var reader = ByteReader(bytes)
    guard !reader.isAtEnd else { return false }
    while !reader.isAtEnd {
      guard let type = try? reader.u8(), let length = try? reader.u24(),
        let sequence = try? reader.u16(), let offset = try? reader.u24(),
        let count = try? reader.u24(), (try? reader.skip(Int(count))) != nil,
        length <= RecordFilter.messageBytesMax, offset + count <= length,
        mayCome(type, sequence: sequence)
      else { return false }
    }
    return true
  }

  /// The handshake messages of the other role (RFC 5246 section 7.4), in clear.
  private func mayCome(_ type: UInt8, sequence: UInt16) -> Bool {
    switch role {
    case .server:
      // We never ask for a cookie (ICE has verified the path), so a ClientHello is the first message.
      type == 1 ? sequence == 0 : type == 11 || type == 15 || type == 16
    case .client:
      // ServerHello, HelloVerifyRequest, Certificate, ServerKeyExchange, CertificateRequest, ServerHelloDone.
      type == 2 || type == 3 || (type >= 11 && type <= 14)
    }
  }

  /// Room for a chain of large RSA certificates; WebRTC sends one self-signed certificate.
  static let messageBytesMax: UInt32 = 16 * 1024
}
