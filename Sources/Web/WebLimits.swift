// Every bound of the web server, each with its reason.

package import HTTP
package import Wire

/// What the clients of one web server may ask it to hold, and for how long.
package struct WebLimits: Sendable, Hashable {
  /// Connections at a time, WebSockets included: within the usual 20,000 descriptors of a process; 503.
  package var connectionsMax = 16_384
  /// Connections of one IPv4 address or IPv6 /64 at a time: a household or an office behind NAT; 503.
  package var connectionsPerAddressMax = 256
  /// Whether loopback counts as an address: not by default, a proxy on this machine speaks for everyone.
  package var countsLoopback = false
  /// Refused connections that may stay for the length of a 503 each; more are closed unanswered.
  package var refusalsMax = 64
  /// Connections accepted in one turn: at most a few milliseconds.
  package var acceptsPerTurnMax = 64
  /// Pause of accepting when the process is out of descriptors: they come back when connections end.
  package var acceptPause = TimeSpan.milliseconds(100)

  /// Requests of one connection that wait for their answers: browsers do not pipeline, proxies hardly.
  package var pipelinedRequestsMax = 16
  /// Bytes of answers waiting for a client above which its next request is not taken.
  package var answerBytesHighWater = 256 * 1024
  /// Bytes that wait for a WebSocket: some seconds of a busy room; a client further behind is closed.
  package var webSocketQueuedBytesMax = 1024 * 1024
  /// Bytes that wait for a WebSocket above which the application hears that it is behind: a few batches
  /// of a busy room, beyond what the kernel holds.
  package var webSocketHighWater = 64 * 1024
  /// Bytes that wait for a WebSocket below which it is behind no longer.
  package var webSocketLowWater = 16 * 1024
  /// Bytes of a WebSocket that the kernel keeps unsent: messages are small, and what waits in the kernel
  /// can't be replaced by something newer.
  package var webSocketUnsentMax = 64 * 1024
  /// Bytes that wait for a WebSocket above which it is not read: who does not take pongs and answers gets no more of
  /// them, and costs less than 128 KiB with a message on its way. The kernel holds as much again for slow networks.
  package var webSocketAnswersHighWater = 32 * 1024
  /// Bytes sent to one connection in one turn, so that a fast reader of a large file does not hold up others.
  package var sentPerTurnBytesMax = 512 * 1024
  /// Commands of the application that wait for the loop: a message to each connection, some times over.
  package var commandsMax = 65_536

  /// From a connection's or a request's first moment to the request's last byte: an offer on a bad mobile link; 408.
  package var requestTimeout = TimeSpan.seconds(15)
  /// Without a request on a kept connection: what proxies commonly keep.
  package var idleTimeout = TimeSpan.seconds(60)
  /// From a request to the application's answer, which takes milliseconds when all is well; 503.
  package var answerTimeout = TimeSpan.seconds(30)
  /// Without a byte taken by a client for whom bytes wait.
  package var stallTimeout = TimeSpan.seconds(30)
  /// From our last byte to the client's end of stream, so that it can read why it is closed.
  package var lingerTimeout = TimeSpan.seconds(2)
  /// Bytes read and thrown away in that time: the rest of a request that was refused.
  package var lingerBytesMax = 1024 * 1024
  /// Without a byte from a WebSocket until it is pinged: below the idle limit of common NATs and proxies.
  package var webSocketPingInterval = TimeSpan.seconds(20)
  /// Without a byte from a WebSocket until it is taken for dead: two pings unanswered.
  package var webSocketSilenceMax = TimeSpan.seconds(60)
  /// From our close frame to the client's.
  package var webSocketCloseTimeout = TimeSpan.seconds(5)
  /// From the beginning of a drain to its end, whatever still goes on.
  package var drainTimeout = TimeSpan.seconds(10)

  /// The limits of the HTTP parser.
  package var http = HTTPLimits()
  /// The limits of the WebSocket reader.
  package var webSocket = WebSocketLimits()

  /// The limits above.
  package init() {}
}
