// What the SRTP tests share: hexadecimal, seeded bytes, packets, and libsrtp2 as the other side.

import CSRTP
import Testing

@testable import SRTP

/// The bytes of a hexadecimal string; spaces and line ends are skipped.
func hex(_ text: String) -> [UInt8] {
  let digits = text.compactMap(\.hexDigitValue)
  return stride(from: 0, to: digits.count - 1, by: 2).map {
    UInt8(digits[$0] << 4 | digits[$0 + 1])
  }
}

/// SplitMix64: a seed replays a run.
struct Seeded: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
  mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
  }
}

func masterKey(_ profile: SRTPProfile, seed: UInt64 = 1) -> MasterKey {
  var random = Seeded(state: seed)
  return MasterKey(key: random.bytes(profile.keyLength), salt: random.bytes(profile.saltLength))
}

/// An RTP packet with `csrcs` contributing sources and, if asked, an eight-byte extension.
func rtpPacket(
  ssrc: UInt32, sequence: UInt16, payload: [UInt8], csrcs: Int = 0, hasExtension: Bool = false
) -> (bytes: [UInt8], headerLength: Int) {
  var bytes: [UInt8] = [0x80 | (hasExtension ? 0x10 : 0) | UInt8(csrcs), 96]
  bytes += [UInt8(sequence >> 8), UInt8(sequence & 0xFF), 0, 0, 1, 0]
  bytes += (0..<4).map { UInt8(truncatingIfNeeded: ssrc >> (24 - 8 * UInt32($0))) }
  bytes += Array(repeating: 0x77, count: 4 * csrcs)
  if hasExtension { bytes += [0xBE, 0xDE, 0, 1, 0x10, 0x55, 0, 0] }
  return (bytes + payload, bytes.count)
}

/// A receiver report with `extra` more bytes behind it.
func rtcpPacket(ssrc: UInt32, extra: [UInt8]) -> [UInt8] {
  [0x80, 201, 0, 1] + (0..<4).map { UInt8(truncatingIfNeeded: ssrc >> (24 - 8 * UInt32($0))) }
    + extra
}

/// Our sender with arrays in and out.
final class TestSender {
  var sender: SRTPSender

  init(_ profile: SRTPProfile, _ key: MasterKey) throws {
    sender = try SRTPSender(profile: profile, key: key)
  }
  init(_ sender: consuming SRTPSender) { self.sender = sender }

  func rtp(_ packet: (bytes: [UInt8], headerLength: Int), roc: UInt32 = 0) throws -> [UInt8] {
    var room = packet.bytes + Array(repeating: 0xEE, count: 20)
    var span = room.mutableSpan
    let length = try sender.protectRTP(
      &span, length: packet.bytes.count, headerLength: packet.headerLength, rolloverCounter: roc)
    return Array(room[0..<length])
  }

  func rtcp(_ packet: [UInt8]) throws -> [UInt8] {
    var room = packet + Array(repeating: 0xEE, count: 24)
    var span = room.mutableSpan
    let length = try sender.protectRTCP(&span, length: packet.count)
    return Array(room[0..<length])
  }
}

/// Our receiver with arrays in and out.
final class TestReceiver {
  var receiver: SRTPReceiver

  init(_ profile: SRTPProfile, _ key: MasterKey) throws {
    receiver = try SRTPReceiver(profile: profile, key: key)
  }
  init(_ receiver: consuming SRTPReceiver) { self.receiver = receiver }

  func rtp(_ packet: [UInt8]) throws(SRTPError) -> [UInt8] {
    var copy = packet
    var span = copy.mutableSpan
    let length = try receiver.unprotectRTP(&span, length: packet.count)
    return Array(copy[0..<length])
  }

  func rtcp(_ packet: [UInt8]) throws(SRTPError) -> [UInt8] {
    var copy = packet
    var span = copy.mutableSpan
    let length = try receiver.unprotectRTCP(&span, length: packet.count)
    return Array(copy[0..<length])
  }
}

/// libsrtp2 protecting: the oracle of our own protection.
@safe
final class LibSRTPSender {
  private let session: srtp_t

  init(_ profile: SRTPProfile, _ key: MasterKey) throws {
    unsafe session = try #require(
      unsafe LibSRTP.makeSession(profile: profile, key: key, direction: .outbound))
  }

  deinit { _ = unsafe srtp_dealloc(session) }

  func rtp(_ packet: [UInt8]) -> [UInt8] {
    unsafe run(packet) { unsafe srtp_protect(session, $0, $1) }
  }

  func rtcp(_ packet: [UInt8]) -> [UInt8] {
    unsafe run(packet) { unsafe srtp_protect_rtcp(session, $0, $1) }
  }

  private func run(
    _ packet: [UInt8],
    _ body: (UnsafeMutableRawPointer?, UnsafeMutablePointer<Int32>) -> srtp_err_status_t
  ) -> [UInt8] {
    var room = packet + Array(repeating: 0, count: 160)
    var length = Int32(packet.count)
    let status = unsafe room.withUnsafeMutableBytes { unsafe body($0.baseAddress, &length) }
    #expect(status == srtp_err_status_ok)
    return Array(room[0..<Int(length)])
  }
}

/// libsrtp2 unprotecting: the oracle of our own.
@safe
final class LibSRTPReceiver {
  private let session: srtp_t

  init(_ profile: SRTPProfile, _ key: MasterKey) throws {
    unsafe session = try #require(
      unsafe LibSRTP.makeSession(profile: profile, key: key, direction: .inbound))
  }

  deinit { _ = unsafe srtp_dealloc(session) }

  /// Nil when it refuses.
  func rtp(_ packet: [UInt8]) -> [UInt8]? {
    unsafe run(packet) { unsafe srtp_unprotect(session, $0, $1) }
  }

  func rtcp(_ packet: [UInt8]) -> [UInt8]? {
    unsafe run(packet) { unsafe srtp_unprotect_rtcp(session, $0, $1) }
  }

  private func run(
    _ packet: [UInt8],
    _ body: (UnsafeMutableRawPointer?, UnsafeMutablePointer<Int32>) -> srtp_err_status_t
  ) -> [UInt8]? {
    var copy = packet
    var length = Int32(packet.count)
    let status = unsafe copy.withUnsafeMutableBytes { unsafe body($0.baseAddress, &length) }
    return status == srtp_err_status_ok ? Array(copy[0..<Int(length)]) : nil
  }
}
