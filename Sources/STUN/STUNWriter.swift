// Writes the STUN messages ICE needs into a caller's buffer (RFC 8489 section 5, RFC 8445 section 7).

package import Crypto
package import Wire

/// Writers of whole messages. Each replaces the buffer's contents, and leaves it empty when it throws
/// `.noSpace`. All end in FINGERPRINT; all but unauthenticated errors carry MESSAGE-INTEGRITY.
package enum STUNWriter {
  static let bindingRequestType: UInt16 = 0x0001
  private static let bindingSuccessType: UInt16 = 0x0101
  private static let bindingErrorType: UInt16 = 0x0111
  /// Room for any message written here: the longest USERNAME and all other attributes.
  package static let messageBytesMax = 640

  /// What a connectivity or consent check says (RFC 8445 section 7.1).
  package struct BindingRequest {
    package var transactionID: STUNTransactionID
    /// The priority a peer-reflexive candidate of ours would have.
    package var priority: UInt32
    package var role: STUNMessage.RoleClaim
    package var useCandidate: Bool
    package init(
      transactionID: STUNTransactionID, priority: UInt32, role: STUNMessage.RoleClaim,
      useCandidate: Bool
    ) {
      self.transactionID = transactionID
      self.priority = priority
      self.role = role
      self.useCandidate = useCandidate
    }
  }

  /// Writes a check.
  ///
  /// - Parameters:
  ///   - username: the receiver's ufrag, a colon, our ufrag.
  ///   - key: the receiver's password.
  package static func write(
    _ request: BindingRequest, username: borrowing Span<UInt8>, key: HMACSHA1,
    into buffer: inout WireBuffer
  ) throws(WireError) {
    do throws(WireError) {
      try begin(bindingRequestType, request.transactionID, &buffer)
      try attribute(STUNAttributeType.username, length: username.count, &buffer)
      try buffer.append(username)
      try buffer.append(zeros: (4 - username.count % 4) % 4)
      try attribute(STUNAttributeType.priority, length: 4, &buffer)
      try buffer.append(u32: request.priority)
      if request.useCandidate {
        try attribute(STUNAttributeType.useCandidate, length: 0, &buffer)
      }
      try append(request.role, &buffer)
      try end(key, &buffer)
    } catch {
      buffer.removeAll()
      throw error
    }
  }

  /// Writes the success response to `id`: `mapped` is where the request came from.
  ///
  /// - Parameter key: the password the request was verified with.
  package static func writeSuccess(
    to id: STUNTransactionID, mapped: SocketAddress, key: HMACSHA1, into buffer: inout WireBuffer
  ) throws(WireError) {
    do throws(WireError) {
      try begin(bindingSuccessType, id, &buffer)
      try append(mapped, id, &buffer)
      try end(key, &buffer)
    } catch {
      buffer.removeAll()
      throw error
    }
  }

  /// Writes an error response to `id`.
  ///
  /// - Parameters:
  ///   - unknown: named in a 420.
  ///   - key: the password the request was verified with; nil when it was not verified.
  package static func writeError(
    _ code: STUNErrorCode, to id: STUNTransactionID,
    unknown: STUNUnknownAttributes = STUNUnknownAttributes(), key: HMACSHA1?,
    into buffer: inout WireBuffer
  ) throws(WireError) {
    do throws(WireError) {
      try begin(bindingErrorType, id, &buffer)
      try append(code, &buffer)
      if !unknown.isEmpty { try append(unknown, &buffer) }
      try end(key, &buffer)
    } catch {
      buffer.removeAll()
      throw error
    }
  }

  private static func begin(_ type: UInt16, _ id: STUNTransactionID, _ buffer: inout WireBuffer)
    throws(WireError)
  {
    buffer.removeAll()
    try buffer.append(u16: type)
    try buffer.append(u16: 0)
    try buffer.append(u32: STUNMessage.magicCookie)
    try buffer.append(u32: id.high)
    try buffer.append(u64: id.low)
  }

  private static func attribute(_ type: UInt16, length: Int, _ buffer: inout WireBuffer)
    throws(WireError)
  {
    guard let length = UInt16(exactly: length) else { throw .badLength }
    try buffer.append(u16: type)
    try buffer.append(u16: length)
  }

  private static func append(_ role: STUNMessage.RoleClaim, _ buffer: inout WireBuffer)
    throws(WireError)
  {
    switch role {
    case .controlling(let tieBreaker):
      try attribute(STUNAttributeType.iceControlling, length: 8, &buffer)
      try buffer.append(u64: tieBreaker)
    case .controlled(let tieBreaker):
      try attribute(STUNAttributeType.iceControlled, length: 8, &buffer)
      try buffer.append(u64: tieBreaker)
    }
  }

  private static func append(
    _ address: SocketAddress, _ id: STUNTransactionID, _ buffer: inout WireBuffer
  ) throws(WireError) {
    let cookie = STUNMessage.magicCookie
    let isIPv4 = address.ip.isIPv4
    try attribute(STUNAttributeType.xorMappedAddress, length: isIPv4 ? 8 : 20, &buffer)
    try buffer.append(u16: isIPv4 ? 1 : 2)
    try buffer.append(u16: address.port ^ UInt16(cookie >> 16))
    if isIPv4 {
      try buffer.append(u32: UInt32(truncatingIfNeeded: address.ip.low) ^ cookie)
    } else {
      try buffer.append(u64: address.ip.high ^ (UInt64(cookie) << 32 | UInt64(id.high)))
      try buffer.append(u64: address.ip.low ^ id.low)
    }
  }

  private static func append(_ code: STUNErrorCode, _ buffer: inout WireBuffer) throws(WireError) {
    let reason = code.reason
    let count = reason.utf8CodeUnitCount
    try attribute(STUNAttributeType.errorCode, length: 4 + count, &buffer)
    try buffer.append(u16: 0)
    try buffer.append(u8: UInt8(truncatingIfNeeded: code.rawValue / 100))
    try buffer.append(u8: UInt8(truncatingIfNeeded: code.rawValue % 100))
    for index in 0..<count { try buffer.append(u8: unsafe reason.utf8Start[index]) }
    try buffer.append(zeros: (4 - count % 4) % 4)
  }

  private static func append(_ unknown: STUNUnknownAttributes, _ buffer: inout WireBuffer)
    throws(WireError)
  {
    try attribute(STUNAttributeType.unknownAttributes, length: 2 * unknown.count, &buffer)
    for index in 0..<unknown.count { try buffer.append(u16: unknown[index]) }
    if unknown.count % 2 == 1 { try buffer.append(u16: 0) }
  }

  /// Appends MESSAGE-INTEGRITY, where there is a key, and FINGERPRINT. Each is computed with the
  /// length field already counting itself (RFC 8489 sections 14.5 and 14.7).
  private static func end(_ key: HMACSHA1?, _ buffer: inout WireBuffer) throws(WireError) {
    if let key {
      try patchLength(adding: 4 + HMACSHA1.byteCount, &buffer)
      var tag = InlineArray<20, UInt8>(repeating: 0)
      var span = tag.mutableSpan
      key.write(over: buffer.bytes, into: &span)
      try attribute(STUNAttributeType.messageIntegrity, length: HMACSHA1.byteCount, &buffer)
      try buffer.append(tag.span)
    }
    try patchLength(adding: 8, &buffer)
    let fingerprint = STUNFingerprint.value(over: buffer.bytes)
    try attribute(STUNAttributeType.fingerprint, length: 4, &buffer)
    try buffer.append(u32: fingerprint)
  }

  private static func patchLength(adding extra: Int, _ buffer: inout WireBuffer) throws(WireError) {
    let length = buffer.count + extra - STUNMessage.headerByteCount
    guard let length = UInt16(exactly: length) else { throw .badLength }
    try buffer.patch(u16: length, at: 2)
  }
}
