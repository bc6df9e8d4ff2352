// Every bound of a media worker, with its reason.

package import Wire

/// The named limits of one worker.
package enum WorkerLimits {
  /// Peers of one worker: at 10 KiB of state each and 100 KiB with video history this is 400 MiB.
  package static let peersMax = 4096
  /// Tracks held by one worker: 3 MiB each when full of video, so about 1.5 GiB at worst.
  package static let tracksMax = 512
  /// Addresses remembered as belonging to other workers.
  package static let elsewhereMax = 65_536
  /// Datagrams in one outgoing batch: what one turn of fan-out fills between two system calls.
  package static let batchEntries = 512
  /// A batch is sent once it holds this many: 64 datagrams are one sendmmsg.
  package static let batchFlush = 64
  /// No authenticated packet for this long pauses the media to a peer (DESIGN 7.1).
  package static let silenceBeforePause = TimeSpan.seconds(5)
  /// The handshake must end within this time of the first valid check.
  package static let handshakeTimeout = TimeSpan.seconds(15)
  /// DTLS datagrams a peer may send in a second before they are discarded unread.
  package static let handshakeDatagramsPerSecond = 50
  /// How often publishers' losses are looked at.
  package static let feedbackInterval = TimeSpan.milliseconds(10)
  /// Turns between transport-wide feedback (50 ms); receiver reports go every second time (100 ms).
  package static let turnsPerFeedback: UInt64 = 5
  /// Transport-wide feedback messages to one publisher at once: more is a flood.
  package static let feedbackMessagesPerTurn = 8
  /// How often everything slow is looked at: layers, guards, reports to viewers, consent.
  package static let slowInterval = TimeSpan.milliseconds(250)
  /// Ticks in that time, each for a share of the peers: of 2,000 eighty, some 10 µs each.
  package static let slowTicks = 25
  /// One such tick.
  package static let slowTick = slowInterval / Int64(slowTicks)
  /// How often a viewer gets sender reports once it has had its first.
  package static let senderReportInterval = TimeSpan.seconds(1)
  /// A path of another peer may be taken over once it was silent this long (address re-use).
  package static let addressReuse = TimeSpan.seconds(2)
  /// ICE-TCP connections of one worker, claimed or not.
  package static let connectionsMax = 4096
  /// How long a worker that stops waits for the close_notify of its peers to be made: some 10,000.
  package static let farewellLimit = TimeSpan.milliseconds(500)
  /// A connection that carried no valid check within this time is closed.
  package static let connectionClaim = TimeSpan.seconds(10)
  /// Bytes queued for one connection: 300 ms of a 3.5 Mbit/s viewer (DESIGN 7.5).
  package static let connectionQueueBytes = 131_072
  /// Bytes the kernel holds unsent for one connection: about 20 ms at that rate, so that delay builds
  /// up in our queue.
  package static let connectionKernelBytes = 16_384
  /// Reads of one connection in a turn.
  package static let connectionReadsPerTurn = 4
}
