// Numbers by which the loop names the sockets of rooms: apart from those of its clients.

/// Gives numbers, each once. A class: all rooms share it.
final class SocketTokens {
  /// Below it are those of clients, which count from one.
  static let first: UInt64 = 1 << 61
  private var last = SocketTokens.first

  /// A number that was never given.
  func next() -> UInt64 {
    last += 1
    return last
  }
}
