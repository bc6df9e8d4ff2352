// ICE-TCP over loopback: a connection accepted by another worker than the peer's owner.

import Crypto
import DTLS
import Loop
import MediaControl
import Synchronization
import Testing
import Wire

@testable import MediaWorker

@Suite("ICE-TCP connections that move to the owner")
struct MovedConnectionTests {
  private static let patience = TimeSpan.seconds(20)

  /// Reads from `stream` until so many frames have come, or patience ends; their bytes.
  private static func readFrames(_ count: Int, from stream: TCPStream) throws -> [[UInt8]] {
    let loop = try EventLoop()
    try loop.add(stream.descriptor, token: 1, interest: .reading)
    var buffer = [UInt8](repeating: 0, count: 4096)
    var reader = FrameReader()
    var frames: [[UInt8]] = []
    let deadline = SystemClock.now() + patience
    while frames.count < count, loop.now < deadline {
      var span = buffer.mutableSpan
      switch stream.read(into: &span) {
      case .bytes(let got):
        var offset = 0
        while try reader.advance(buffer.span.extracting(0..<got), from: &offset) {
          reader.withFrame { frame in frames.append(frame.span.toArray()) }
        }
      case .wouldBlock: loop.wait(until: deadline)
      case .endOfStream, .failed: return frames
      }
    }
    return frames
  }

  private static func frame(_ bytes: [UInt8]) -> [UInt8] {
    [UInt8(bytes.count >> 8), UInt8(bytes.count & 0xFF)] + bytes
  }

  @Test("what was read behind the frame that names the owner is not lost, whoever accepts")
  func twoFramesInOneSegment() throws {
    let identity = try DTLSIdentity(now: SystemClock.wallTime())
    let plane = try MediaPlane(port: 0, workers: 2, identity: identity) { _ in }
    defer { plane.stop() }
    // The kernel spreads connections over both workers: of sixteen, one in 65,536 runs has none that
    // moves.
    for number in UInt32(1)...16 {
      let far = Far(number)
      #expect(
        plane.post(.addPeer(far.id, far.transport, viewerMedia([])), to: WorkerIndex(0)))
      let address = SocketAddress(ip: IPAddress(ipv4: 0x7F00_0001), port: plane.port)
      let stream = try TCPStream(connectingTo: address, queuedBytesMax: 1 << 16)
      let loop = try EventLoop()
      try loop.add(stream.descriptor, token: 1, interest: .writing)
      loop.wait(until: SystemClock.now() + MovedConnectionTests.patience)
      try stream.finishConnecting()
      // Two checks and half of a third leave in one segment, the other half later.
      let third = MovedConnectionTests.frame(far.check(id: 3))
      let segment =
        MovedConnectionTests.frame(far.check(id: 1)) + MovedConnectionTests.frame(far.check(id: 2))
        + third.prefix(30)
      #expect(stream.write(segment.span) == .accepted)
      let answers = try MovedConnectionTests.readFrames(2, from: stream)
      #expect(answers.map { $0.dropFirst(19).first } == [1, 2])
      #expect(stream.write(Array(third.dropFirst(30)).span) == .accepted)
      let last = try MovedConnectionTests.readFrames(1, from: stream)
      #expect(last.map { $0.dropFirst(19).first } == [3])
    }
  }
}
