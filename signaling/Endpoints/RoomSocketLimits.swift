// The named limits of room sockets and their sessions (PROTOCOL.md, "Limits").

import Wire

/// What one socket, session and member may do.
enum RoomSocketLimits {
  /// Chat and counters of one room go out this often at most: a page paints no faster, and each frame
  /// costs every socket a system call.
  static let batchInterval = TimeSpan.milliseconds(250)
  /// Bytes of a batch: a message may have 64 KiB.
  static let batchBytesMax = 48 * 1024
  /// Events that everyone is told at once, in a second and together: what a host and its team do. In a
  /// storm of questions and bids they share messages as chat does.
  static let urgentPerSecond = 5
  static let urgentBurst = 20
  /// How long an event waits in a storm: nobody sees a tenth of a second, and two thousand sockets take
  /// a fifth of that to be told.
  static let urgentInterval = TimeSpan.milliseconds(100)
  /// How often a client is to send `ping`: within the idle time of proxies (60 s) three times over.
  static let pingInterval = TimeSpan.seconds(15)
  /// A client that was silent this long is gone: three pings in a row are lost.
  static let idleLimit = pingInterval * 3
  /// How long a new socket may take to join: a page sends it at once, a slow phone in seconds.
  static let joinLimit = TimeSpan.seconds(10)
  /// Requests a second and at once: a page that maps forty tiles uses forty-odd.
  static let requestsPerSecond = 20
  static let requestsBurst = 60
  /// How long a client may go on asking too much.
  static let overRateLimit = TimeSpan.seconds(10)
  /// Refusals in that time that end it early: far above what a careless page gets.
  static let overRateRefusalsMax = 400
  /// A client that was quiet this long while over its rate has come to its senses.
  static let overRateRest = TimeSpan.seconds(2)
  /// Messages in a minute that are no requests, after which the socket is closed.
  static let badMessagesMax = 10
  static let badMessagesWindow = TimeSpan.seconds(60)
  /// Offers of one session a second and at once: each costs a negotiation.
  static let offersPerSecond = 1
  static let offersBurst = 10
  /// Connections of one session: a host's camera and screens; a page watches over one.
  static let publishConnectionsMax = 8
  static let subscribeConnectionsMax = 2
  /// Publications of one member, over all sessions and WHIP.
  static let publicationsPerMemberMax = 8
  /// Sessions of one identity in one room: tabs, and reloads within the last half minute.
  static let sessionsPerMemberMax = 16
  /// How long a session lives without a socket.
  static let resumeLimit = TimeSpan.seconds(30)
  /// How often measures are told, and deadlines looked at.
  static let tickInterval = TimeSpan.seconds(1)
  /// When clients of a draining server are to come back: the sum of this and up to as much again.
  static let drainRetryMs: Int64 = 1000
}
