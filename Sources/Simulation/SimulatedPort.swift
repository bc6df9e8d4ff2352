// A worker's border in simulation: everything it does is noted, and the world carries it out.

import DTLS
package import MediaControl
package import MediaWorker
package import Wire

/// What one worker has done since the world last looked.
final class Outbox {
  var datagrams: [(path: TransportPath, bytes: [UInt8])] = []
  var handOffs: [(to: WorkerIndex, kind: HandOff, bytes: [UInt8])] = []
  var effects: [WorkerEffect] = []
  /// Hand-offs refused, as by a full ring.
  var refusesHandOffs = false
}

/// The simulated conformer of `WorkerPort`.
package struct SimulatedPort: WorkerPort {
  let outbox = Outbox()

  package mutating func send(_ batch: borrowing DatagramBatch) {
    for index in 0..<batch.entries.count {
      outbox.datagrams.append((batch.entries[index].path, batch.bytes(at: index).toArray()))
    }
  }

  package mutating func handOff(
    _ kind: HandOff, _ bytes: borrowing Span<UInt8>, to worker: WorkerIndex
  ) -> Bool {
    guard !outbox.refusesHandOffs else { return false }
    outbox.handOffs.append((worker, kind, bytes.toArray()))
    return true
  }

  package mutating func perform(_ effect: WorkerEffect) { outbox.effects.append(effect) }
}
