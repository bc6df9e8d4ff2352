// A Redis of one test's own: a free port of the loopback, nothing on disk, gone with the test process.

import Foundation
import Testing

/// A certificate of this machine's loopback, signed by itself: two files.
final class RedisCertificate {
  let certificate, key: String
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    certificate = folder.appending(path: "certificate.pem").path
    key = folder.appending(path: "key.pem").path
    let openssl = Process()
    openssl.executableURL = URL(filePath: "/usr/bin/env")
    openssl.arguments = [
      "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
      "-days", "2", "-subj", "/CN=redis", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
      "-keyout", key, "-out", certificate,
    ]
    openssl.standardError = FileHandle.nullDevice
    try openssl.run()
    openssl.waitUntilExit()
    try #require(openssl.terminationStatus == 0)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }
}

/// A server that a shell stops as soon as the test process has gone, however that ended.
final class RedisServer {
  let port: UInt16
  private let process = Process()
  private let life = Pipe()
  private let output = Pipe()

  /// Why there is none.
  struct Missing: Error, CustomStringConvertible {
    let description =
      "redis-server did not start, and these tests need it: run scripts/setup test"
  }

  private static let script = """
    trap '' INT TERM
    tls=$([ -z "$3" ] || echo "--tls-port $1 --tls-cert-file $3 --tls-key-file $4 --tls-auth-clients no")
    redis-server --port $([ -z "$3" ] && echo "$1" || echo 0) $tls --bind 127.0.0.1 --save '' --appendonly no $2 >/dev/null 2>&1 </dev/null &
    server=$!
    for try in $(seq 200); do
      (exec 3<>/dev/tcp/127.0.0.1/$1) 2>/dev/null && { echo up; break; }
      kill -0 $server 2>/dev/null || break
      sleep 0.05
    done
    read -r word
    kill -KILL $server
    """

  /// - Parameters:
  ///   - port: nil: a free one.
  ///   - settings: further arguments.
  ///   - tls: speaks TLS with this certificate, and nothing else.
  init(port: UInt16? = nil, _ settings: String = "", tls: RedisCertificate? = nil) throws {
    self.port = try port ?? RedisServer.freePort()
    process.executableURL = URL(filePath: "/bin/bash")
    process.arguments = [
      "-c", RedisServer.script, "sh", "\(self.port)", settings, tls?.certificate ?? "",
      tls?.key ?? "",
    ]
    process.standardInput = life
    process.standardOutput = output
    try process.run()
    guard output.fileHandleForReading.availableData.first == UInt8(ascii: "u") else {
      throw Missing()
    }
  }

  /// Ends at once, as by kill -9.
  func kill() {
    try? life.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  deinit { kill() }

  /// A command by redis-cli; what it prints.
  @discardableResult
  func command(_ words: String..., input: String? = nil) throws -> String {
    let cli = Process()
    let (said, asked) = (Pipe(), Pipe())
    cli.executableURL = URL(filePath: "/usr/bin/env")
    cli.arguments = ["redis-cli", "-p", "\(port)"] + words
    cli.standardOutput = said
    cli.standardError = FileHandle.nullDevice
    if input != nil { cli.standardInput = asked }
    try cli.run()
    if let input {
      let bytes = Data(input.utf8)
      DispatchQueue.global().async {
        try? asked.fileHandleForWriting.write(contentsOf: bytes)
        try? asked.fileHandleForWriting.close()
      }
    }
    let data = said.fileHandleForReading.readDataToEndOfFile()
    cli.waitUntilExit()
    return String(decoding: data, as: UTF8.self)
  }

  static func freePort() throws -> UInt16 {
    let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        unsafe bind(socket, pointer, length) == 0 && getsockname(socket, pointer, &length) == 0
      }
    }
    guard isBound else { throw Missing() }
    return UInt16(bigEndian: address.sin_port)
  }
}
