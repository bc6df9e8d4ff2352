// Credentials, paths and checks that the ICE tests share.

import Crypto
import STUN
import Wire

@testable import ICE

let server = ICECredentials(ufrag: "0srvUfrag", password: "serverPassword0123456789")
let peer = ICECredentials(ufrag: "peerUfrag", password: "peerPassword012345678901")
let server2 = ICECredentials(ufrag: "0srvSecond", password: "serverPassword2222222222")
let peer2 = ICECredentials(ufrag: "peerSecond", password: "peerPassword222222222222")

func path(_ host: UInt32, port: UInt16 = 5000, channel: PathChannel = .udp) -> TransportPath {
  TransportPath(
    channel: channel, local: IPAddress(ipv4: 0x0A00_0001),
    remote: SocketAddress(ip: IPAddress(ipv4: 0x0A00_0100 + host), port: port))
}

func at(_ seconds: Double) -> Instant { .zero + TimeSpan(fractionalSeconds: seconds) }

/// A check as a peer sends it to the server.
func check(
  nominate: Bool = false, from: ICECredentials = peer, to: ICECredentials = server,
  role: STUNMessage.RoleClaim = .controlling(1), id: UInt64 = 1, password: String? = nil
) -> [UInt8] {
  var buffer = WireBuffer(capacity: STUNWriter.messageBytesMax)
  let request = STUNWriter.BindingRequest(
    transactionID: STUNTransactionID(high: 0, low: id), priority: 1, role: role,
    useCandidate: nominate)
  try? STUNWriter.write(
    request, username: Array("\(to.ufrag):\(from.ufrag)".utf8).span,
    key: HMACSHA1(key: Array((password ?? to.password).utf8).span), into: &buffer)
  return buffer.array
}

/// A lite agent with its reply buffer; spans cannot be arguments inside `#expect`.
struct Lite {
  var agent = ICELiteAgent(local: server, remote: peer, at: .zero)
  var reply = WireBuffer(capacity: ICELiteAgent.replyBytesMax)

  mutating func receive(_ bytes: [UInt8], on path: TransportPath, at now: Double)
    -> ICELiteAgent.OnCheck
  {
    agent.receive(bytes.span, on: path, at: at(now), reply: &reply)
  }

  var response: STUNMessage? { try? STUNMessage(reply.bytes) }

  func responseVerifies(_ password: String) -> Bool {
    response?.verifyIntegrity(key: HMACSHA1(key: Array(password.utf8).span), in: reply.bytes)
      ?? false
  }
}

/// `bytes` with the attribute `type` cut out and the length made right again; what covered it is stale.
func removing(_ type: UInt16, from bytes: [UInt8]) -> [UInt8] {
  var result = Array(bytes.prefix(20))
  var index = 20
  while index + 4 <= bytes.count {
    let length = Int(bytes[index + 2]) << 8 | Int(bytes[index + 3])
    let end = index + 4 + (length + 3) / 4 * 4
    if UInt16(bytes[index]) << 8 | UInt16(bytes[index + 1]) != type {
      result += bytes[index..<end]
    }
    index = end
  }
  result[2] = UInt8((result.count - 20) >> 8)
  result[3] = UInt8((result.count - 20) & 0xFF)
  return result
}
