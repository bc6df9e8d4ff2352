// A road to PostgreSQL that is cut around a commit.

import Foundation
import Synchronization

/// Stands before a server's Unix socket, passes everything on, and cuts connections when it is told to.
@safe final class CuttingProxy: Sendable {
  /// Where a connection is cut.
  enum Cut: CaseIterable, Sendable {
    /// Before the server has seen the last of a transaction.
    case before
    /// When the server has it: nobody knows which comes first, the commit or the cut.
    case during
    /// When the server has answered COMMIT, of which the client hears nothing.
    case after
  }

  /// The folder of the socket to connect to.
  let folder: TemporaryFolder
  private let target: String
  private let listener: Int32
  /// The next commit is cut this way.
  private let armed = Mutex<Cut?>(nil)
  private let cuts = Atomic<Int>(0)

  /// - Parameter target: the folder of the server's socket.
  init(to target: String) throws {
    folder = try TemporaryFolder()
    self.target = target
    listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    guard unsafe CuttingProxy.name(listener, folder.path, { unsafe bind($0, $1, $2) }),
      listen(listener, 16) == 0
    else { throw PostgresServer.Missing(description: "the proxy has no socket") }
    let accepting = self.listener
    Thread.detachNewThread { [weak self] in
      while true {
        let client = accept(accepting, nil, nil)
        guard client >= 0, let self else { return }
        Thread.detachNewThread { self.pass(client) }
      }
    }
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  /// Has the next transaction's end be cut.
  func arm(_ cut: Cut) { armed.withLock { $0 = cut } }

  /// Nobody gets through any more; connections that are there stay.
  func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

  /// How many connections were cut.
  var count: Int { cuts.load(ordering: .relaxed) }

  private static func name(
    _ socket: Int32, _ folder: String,
    _ body: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Bool {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let path = Array((folder + "/.s.PGSQL.5432").utf8)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { room in
      unsafe room.copyBytes(from: path.prefix(room.count - 1))
    }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    return unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe body(socket, $0, size) == 0
      }
    }
  }

  // MARK: Passing

  private func pass(_ client: Int32) {
    let server = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer {
      close(client)
      close(server)
    }
    guard unsafe CuttingProxy.name(server, target, { unsafe connect($0, $1, $2) }) else { return }
    var waitsForCommit = false
    var ends = [
      pollfd(fd: client, events: Int16(POLLIN), revents: 0),
      pollfd(fd: server, events: Int16(POLLIN), revents: 0),
    ]
    while unsafe poll(&ends, 2, -1) > 0 {
      if ends[0].revents != 0 {
        guard let bytes = CuttingProxy.read(client) else { return }
        // A Sync ends each exchange; that of a transaction's end is the one with the journal's number.
        let cut = CuttingProxy.endsExchange(bytes) ? armed.withLock { $0.take() } : nil
        if cut == .before {
          cuts.add(1, ordering: .relaxed)
          return
        }
        guard CuttingProxy.write(server, bytes) else { return }
        if cut == .during {
          cuts.add(1, ordering: .relaxed)
          return
        }
        if cut == .after { waitsForCommit = true }
      }
      if ends[1].revents != 0 {
        guard let bytes = CuttingProxy.read(server) else { return }
        if waitsForCommit, CuttingProxy.holds(bytes, Array("COMMIT\0".utf8)) {
          cuts.add(1, ordering: .relaxed)
          return
        }
        guard CuttingProxy.write(client, bytes) else { return }
      }
    }
  }

  /// Whether a Sync message (S, its length 4) is the last.
  private static func endsExchange(_ bytes: [UInt8]) -> Bool {
    bytes.suffix(5) == [UInt8(ascii: "S"), 0, 0, 0, 4]
  }

  private static func holds(_ bytes: [UInt8], _ text: [UInt8]) -> Bool {
    Data(bytes).range(of: Data(text)) != nil
  }

  private static func read(_ end: Int32) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = unsafe Glibc.read(end, &bytes, bytes.count)
    return count > 0 ? Array(bytes[..<count]) : nil
  }

  private static func write(_ end: Int32, _ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = unsafe bytes[sent...].withUnsafeBytes {
        unsafe send(end, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }
}
