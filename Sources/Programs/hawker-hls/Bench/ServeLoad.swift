// Requests a second: some connections that ask for one thing over and over.

import Loop
import Wire

/// A closed loop of requests on kept connections.
enum ServeLoad {
  static func run(
    _ address: String, _ path: String, _ connections: String, _ seconds: String
  ) throws -> KeyValuePairs<String, Double> {
    guard let remote = SocketAddress(address), let count = Int(connections),
      let seconds = Int64(seconds)
    else { throw SidecarSettings.Fault(text: HLSBench.usage, status: 2) }
    let loop = try EventLoop()
    let request = Array("GET \(path) HTTP/1.1\r\nHost: bench\r\nAccept-Encoding: gzip\r\n\r\n".utf8)
    var all: [LoadConnection] = []
    for index in 0..<count {
      let connection = try LoadConnection(remote)
      try loop.add(connection.stream.descriptor, token: UInt64(index), interest: .reading)
      all.append(connection)
    }
    var buffer = [UInt8](repeating: 0, count: 256 * 1024)
    var answers = 0
    var failures = 0
    for connection in all { connection.send(request) }
    let begin = SystemClock.now()
    let end = begin + .seconds(seconds)
    while SystemClock.now() < end {
      loop.wait(until: end)
      for readiness in loop.readiness where readiness.readable {
        let connection = all[Int(readiness.token)]
        guard let isWhole = connection.receive(&buffer) else {
          throw SidecarSettings.Fault(text: "a connection was lost", status: 1)
        }
        guard isWhole else { continue }
        answers += 1
        if connection.status != 200 { failures += 1 }
        connection.send(request)
      }
    }
    let span = (SystemClock.now() - begin).seconds
    return ["requests_per_s": Double(answers) / span, "failures": Double(failures)]
  }
}
