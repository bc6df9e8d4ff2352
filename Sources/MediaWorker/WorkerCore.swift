// One media worker without its thread: peers, tracks and what passes between them. Sans-IO.

import Forwarding
package import MediaControl
import Peer
package import Wire

/// A worker's identity among its fellows.
package struct WorkerConfig: Sendable {
  package var index: WorkerIndex
  /// Seeds first sequence numbers and timestamps: random in production, fixed in simulation.
  package var seed: UInt64
  package init(index: WorkerIndex, seed: UInt64) {
    self.index = index
    self.seed = seed
  }
}

/// Everything one worker knows and does, as a function of datagrams, commands and time.
///
/// A turn: any number of `receive`, `take` and `execute` calls, then `finishTurn`, then `advance`.
package struct WorkerCore<Port: WorkerPort> {
  package let index: WorkerIndex
  package var port: Port
  package internal(set) var statistics = WorkerStatistics()

  var batch = DatagramBatch(entriesMax: WorkerLimits.batchEntries)
  var reply: WireBuffer
  var control: WireBuffer
  var peers: [PeerID: Peer] = [:]
  /// Remote address and channel to peer, by valid checks only (DESIGN 7.1).
  var addresses: [PathKey: PeerID] = [:]
  /// Our ufrag to peer; several during an ICE restart.
  var ufrags: [UfragKey: PeerID] = [:]
  /// Addresses whose peer another worker owns.
  var elsewhere = AddressOwners()
  var departed = DepartedPeers()

  var tracks: [Track] = []
  var trackSlots: [TrackID: Int] = [:]
  var freeTracks: [Int] = []
  /// Tracks with packets that came in this turn.
  var touched: [Int] = []
  /// By track: its publisher here (owner), or the worker that owns it.
  var sources: [TrackID: TrackSource] = [:]
  /// By track, on a follower: what was asked of the owner, by encoding. However many viewers here ask,
  /// the owner hears of it as seldom as a publisher would.
  var askedOwner: [TrackID: [KeyframeBudget]] = [:]
  /// By track, on the owner: the workers that follow it.
  var followers: [TrackID: [WorkerIndex]] = [:]
  /// Tracks that had nothing yet for a viewer who is ready; it starts in the turn they have.
  var latecomers: Set<Int> = []
  /// On a follower: tracks whose chains are still on their way from the owner.
  var awaitedChains: Set<Int> = []

  /// The peers that send us something.
  var publishers: [PeerID] = []
  var feedbackTurn: UInt64 = 0
  var catchingUp: [Subscriber] = []
  var nextCatchUp = Instant.distantFuture
  var nextFeedback = Instant.zero
  var nextSlow = Instant.zero
  var nextMeasure = Instant.zero
  /// The peers in the order in which slow work is done for them, those that ended among them until
  /// their turn comes; whose turn it is; and what of a peer's turn the ticks so far have earned.
  var rota: [PeerID] = []
  var nextInRota = 0
  var slowCredit = 0
  private var seed: UInt64
  /// Whether peers added from now on are watched for packet indexes used twice (simulation).
  package var watchesNonces = false
  var endedNonceViolations = 0

  /// A worker without peers.
  package init(_ config: WorkerConfig, port: Port) {
    index = config.index
    seed = config.seed
    self.port = port
    reply = WireBuffer(capacity: DatagramBatch.datagramBytesMax)
    control = WireBuffer(capacity: 1200)
  }

  /// A random-looking number from the worker's seed.
  mutating func nextSeed() -> UInt64 {
    // SplitMix64: one addition and three mixes; its period is 2^64.
    seed &+= 0x9E37_79B9_7F4A_7C15
    var z = seed
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func discard(_ reason: DiscardReason) {
    statistics.discards[Int(reason.rawValue)] &+= 1
  }

  mutating func report(_ event: MediaEvent) { port.perform(.event(event)) }

  /// Packet indexes used for two different packets by watched peers, those that ended included.
  package var nonceViolations: Int {
    peers.values.reduce(endedNonceViolations) { $0 + $1.nonceViolations }
  }

  // MARK: Turns

  /// Forwards what came in since the last call and sends everything queued.
  package mutating func finishTurn(at now: Instant, wall: WallTime) {
    forwardTouched(at: now, wall: wall)
    flush()
  }

  /// Sends the batch.
  mutating func flush() {
    guard !batch.isEmpty else { return }
    port.send(batch)
    batch.removeAll()
  }

  /// Makes room for `count` more datagrams.
  mutating func reserve(_ count: Int) {
    if batch.entries.count >= WorkerLimits.batchFlush
      || batch.entries.count + count > WorkerLimits.batchEntries
    {
      flush()
    }
  }

  /// Counts a datagram that was queued, or, of length 0, could not be.
  mutating func countSent(_ length: Int) {
    guard length > 0 else { return statistics.packetsUnsent &+= 1 }
    statistics.packetsSent &+= 1
    statistics.bytesSent &+= UInt64(length)
  }

  /// When `advance` must be called next.
  package var nextDeadline: Instant { min(nextCatchUp, nextFeedback, nextSlow) }

  /// Does what is due by time.
  package mutating func advance(at now: Instant, wall: WallTime) {
    if now >= nextCatchUp { advanceCatchUp(at: now) }
    if now >= nextFeedback {
      nextFeedback = now + WorkerLimits.feedbackInterval
      sendFeedback(at: now, wall: wall)
    }
    if now >= nextSlow {
      nextSlow = now + WorkerLimits.slowTick
      advanceSlowly(at: now, wall: wall)
    }
    flush()
  }
}

/// Where a track's packets come from.
enum TrackSource {
  /// A peer of this worker, and the track's place among its sections.
  case peer(PeerID, index: Int)
  /// Another worker.
  case worker(WorkerIndex)
}

/// The remote end of a path: what a datagram without ICE credentials is recognised by.
struct PathKey: Hashable {
  let remote: SocketAddress
  let channel: PathChannel
  init(_ path: TransportPath) {
    remote = path.remote
    channel = path.channel
  }
}

/// One of our ufrags as a number: they are eight ice-chars, the first of which names the owner.
struct UfragKey: Hashable {
  let rawValue: UInt64

  /// Nil unless the text is exactly eight bytes.
  init?(_ bytes: borrowing Span<UInt8>) {
    guard bytes.count == WorkerUfrag.length else { return nil }
    var value: UInt64 = 0
    for index in 0..<bytes.count { value = value << 8 | UInt64(bytes[index]) }
    rawValue = value
  }

  init?(_ text: String) {
    let bytes = Array(text.utf8)
    self.init(bytes.span)
  }
}
