// What leaves for a peer: a turn's packets of one track, single packets, and RTCP.

import Congestion
package import Forwarding
import SRTP
package import Wire

extension Peer {
  /// What became of a turn's packets for one section.
  package struct Forwarded: Sendable {
    /// Datagrams queued, and their bytes.
    package var packets: UInt64 = 0
    package var bytes: UInt64 = 0
    /// Packets that were due but could not be queued.
    package var unsent: UInt64 = 0
    /// Whether the stream's first frame begins here.
    package var hasFirstFrame = false
  }

  /// Decides on, writes, protects and queues everything pending of `track` for one section.
  ///
  /// One call for a turn: the state of a class is checked for exclusive use at every access, and this
  /// is the loop in which that would show.
  package func forward(
    _ track: Track, section: Int, at now: Instant, into batch: inout DatagramBatch
  ) -> Forwarded {
    guard let path, sections.indices.contains(section) else { return Forwarded() }
    return Peer.forward(
      track, to: path, &sections[section], &sender, &transportReader.history, at: now, into: &batch)
  }

  private static func forward(
    _ track: Track, to path: TransportPath, _ section: inout ViewerSection,
    _ sender: inout SRTPSender?, _ history: inout SentPacketHistory, at now: Instant,
    into batch: inout DatagramBatch
  ) -> Forwarded {
    var result = Forwarded()
    for pending in track.pending {
      track.withPacket(encoding: pending.encoding, sequence: pending.sequence) { info, bytes in
        guard
          let patch = section.stream.forward(
            info, transportSequence: history.nextNumber.rawValue, at: now)
        else { return }
        let length = queue(
          patch, info, stored: bytes, section.extensions, to: path, &sender, into: &batch)
        _ = history.record(byteCount: length, at: now)
        result.packets += length > 0 ? 1 : 0
        result.unsent += length > 0 ? 0 : 1
        result.bytes += UInt64(length)
        if patch.isFirstFrame { result.hasFirstFrame = true }
      }
    }
    return result
  }

  /// Writes, protects and queues one media packet.
  ///
  /// - Returns: the datagram's length; 0 when it was not queued.
  package func send(
    _ patch: HeaderPatch, _ info: PacketInfo, stored: borrowing Span<UInt8>, section: Int,
    into batch: inout DatagramBatch
  ) -> Int {
    guard let path else { return 0 }
    return Peer.queue(
      patch, info, stored: stored, sections[section].extensions, to: path, &sender, into: &batch)
  }

  private static func queue(
    _ patch: HeaderPatch, _ info: PacketInfo, stored: borrowing Span<UInt8>,
    _ extensions: StreamExtensions, to path: TransportPath, _ sender: inout SRTPSender?,
    into batch: inout DatagramBatch
  ) -> Int {
    guard sender != nil else { return 0 }
    var length = 0
    batch.append(to: path) { slot in
      guard
        let written = try? PacketWriter.write(
          patch, info, stored: stored, extensions: extensions, to: &slot),
        let total = try? sender?.protectRTP(
          &slot, length: written.length, headerLength: written.headerLength,
          rolloverCounter: patch.rolloverCounter)
      else { return 0 }
      length = total
      return total
    }
    return length
  }

  /// Protects and queues one RTCP packet.
  package func sendRTCP(_ packet: borrowing WireBuffer, into batch: inout DatagramBatch) -> Int {
    guard let path, sender != nil, packet.count > 0 else { return 0 }
    var length = 0
    batch.append(to: path) { slot in
      guard slot.copy(packet.bytes, at: 0),
        let total = try? sender?.protectRTCP(&slot, length: packet.count)
      else { return 0 }
      length = total
      return total
    }
    return length
  }
}
