// The bounds of a backlog, for any sequence of frames.

import Crypto
import Room
import Testing

@testable import Endpoints

@Suite("A backlog")
struct BacklogTests {
  private func frame(_ delivery: Frame.Delivery, _ sequence: Int64, _ count: Int) -> Frame {
    Frame(
      audience: .everyone, delivery: delivery, sequence: sequence,
      bytes: [UInt8](repeating: 0x20, count: count))
  }

  @Test("its bytes are bounded, chat is kept or counted, and state is whole or given up")
  func bounded() {
    for seed in UInt64(1)...200 {
      var random = RandomSource.seeded(seed)
      var backlog = Backlog()
      var state: [Int64] = []
      var chats = 0
      for sequence in Int64(1)...600 {
        let size = Int(random.next() % (seed % 2 == 0 ? 400 : 1200)) + 1
        switch random.next() % 8 {
        case 0...4:
          backlog.add(frame(.chat, sequence, size))
          chats += 1
        case 5:
          backlog.add(frame(.state, sequence, size))
          state.append(sequence)
        case 6:
          backlog.add(frame(.counter(.poll(Int64(random.next() % 3))), sequence, size))
        default: backlog.add(frame(.passing, sequence, size))
        }
        #expect(
          backlog.byteCount <= BacklogLimits.stateBytesMax + BacklogLimits.chatBytesMax)
        #expect(backlog.byteCount == backlog.frames.reduce(0) { $0 + $1.bytes.count })
      }
      if backlog.isLost {
        #expect(backlog.frames.isEmpty && backlog.messages.isEmpty)
        continue
      }
      let kept = backlog.frames.filter { $0.delivery == .chat }
      #expect(kept.count + (backlog.gap?.count ?? 0) == chats)
      #expect((backlog.gap?.to ?? 0) < (kept.first?.sequence ?? .max))
      #expect(backlog.frames.filter { $0.delivery == .state }.map(\.sequence) == state)
      let sequences = backlog.frames.map(\.sequence)
      #expect(sequences == sequences.sorted())
      #expect(
        Set(backlog.frames.compactMap { $0.delivery.key }).count
          == backlog.frames.count { $0.delivery.key != nil }, "each counter once")
      #expect(backlog.messages.allSatisfy { $0.count <= 64 * 1024 })
    }
  }

  @Test("state beyond its bound gives up the backlog, chat never does")
  func lost() {
    var backlog = Backlog()
    for sequence in Int64(1)...10_000 { backlog.add(frame(.chat, sequence, 300)) }
    #expect(!backlog.isLost)
    for sequence in Int64(1)...1000 { backlog.add(frame(.state, sequence, 300)) }
    #expect(backlog.isLost)
  }
}

extension Frame.Delivery {
  fileprivate var key: CounterKey? {
    if case .counter(let key) = self { return key }
    return nil
  }
}
