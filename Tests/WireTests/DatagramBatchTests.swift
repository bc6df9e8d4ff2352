// Batches of datagrams: their order, their bounds, and that a full one takes nothing.

import Testing
import Wire

@Suite("Datagram batches")
struct DatagramBatchTests {
  private let path = TransportPath(
    channel: .udp, local: IPAddress(ipv4: 0x7F00_0001),
    remote: SocketAddress(ip: IPAddress(ipv4: 0x7F00_0002), port: 9))

  @Test("datagrams lie back to back in the order they came, and are lent as they were")
  func order() {
    var batch = DatagramBatch(entriesMax: 3)
    let bytes: [UInt8] = [1, 2]
    let isAppended = batch.append(bytes.span, to: path)
    #expect(isAppended)
    let isWritten = batch.append(to: path) { slot in
      slot[0] = 3
      return 1
    }
    #expect(isWritten)
    #expect(batch.entries.map(\.offset) == [0, 2])
    let lent = [batch.bytes(at: 0).toArray(), batch.bytes(at: 1).toArray()]
    #expect(lent == [[1, 2], [3]])
    let all = batch.arenaBytes.toArray()
    #expect(all == [1, 2, 3])
  }

  @Test("nothing, and what is longer than a datagram, is not taken")
  func bounds() {
    var batch = DatagramBatch(entriesMax: 2)
    let longest = [UInt8](repeating: 9, count: DatagramBatch.datagramBytesMax)
    let tooLong = longest + [0]
    var areAppended = [
      batch.append(Span(), to: path), batch.append(tooLong.span, to: path),
      batch.append(to: path) { _ in 0 },
    ]
    #expect(areAppended == [false, false, false])
    #expect(batch.isEmpty)
    areAppended = [
      batch.append(longest.span, to: path), batch.append(longest.span, to: path),
      batch.append(longest.span, to: path),
    ]
    #expect(areAppended == [true, true, false])
    #expect(!batch.hasRoom)
    #expect(batch.entries.count == 2)
    batch.removeAll()
    #expect(batch.isEmpty && batch.hasRoom)
  }
}
