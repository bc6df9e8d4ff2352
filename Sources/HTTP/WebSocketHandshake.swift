// The opening handshake on both sides, RFC 6455 section 4.

import Crypto

/// Judges and answers a request to speak WebSocket.
package enum WebSocketHandshake {
  /// The answer: 101, or the refusal to send instead.
  package enum Answer: Hashable, Sendable {
    case accepted(HTTPResponse)
    /// 400, 403 (foreign Origin) or 426 (another version).
    case refused(HTTPResponse)
  }

  /// Judges `request`, which `wantsWebSocket`.
  ///
  /// - Parameter subprotocols: those the server speaks, best first; the first one offered is named in the answer.
  package static func answer(
    _ request: HTTPRequest, origins: OriginPolicy, subprotocols: [String] = []
  ) -> Answer {
    let headers = request.headers
    guard request.wantsWebSocket, request.body.isEmpty else {
      return .refused(.text(400, "not a WebSocket handshake"))
    }
    guard headers.values("sec-websocket-version") == ["13"] else {
      var refusal = HTTPResponse.text(426, "WebSocket version 13 is required")
      refusal.headers.append("Sec-WebSocket-Version", "13")
      return .refused(refusal)
    }
    let keys = headers.values("sec-websocket-key")
    guard keys.count == 1, let key = keys.first, Base64.decode(key)?.count == 16 else {
      return .refused(.text(400, "malformed Sec-WebSocket-Key"))
    }
    let pages = headers.values("origin")
    guard pages.count <= 1, origins.allows(origin: pages.first, host: headers["host"]) else {
      return .refused(.text(403, "origin not allowed"))
    }
    var response = HTTPResponse(
      101, headers: ["Upgrade": "websocket", "Sec-WebSocket-Accept": acceptance(of: key)])
    let offered = headers.values("sec-websocket-protocol").flatMap { HTTPSyntax.listElements($0) }
    if let chosen = subprotocols.first(where: { offered.contains($0) }) {
      response.headers.append("Sec-WebSocket-Protocol", chosen)
    }
    return .accepted(response)
  }

  /// The value of Sec-WebSocket-Accept that proves `key` was understood (RFC 6455 section 4.2.2).
  package static func acceptance(of key: String) -> String {
    let text = Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)
    return Base64.encode(SHA1.digest(text.span))
  }

  /// The request of our own clients; `key` is 16 random bytes.
  package static func request(
    _ target: HTTPTarget, key: [UInt8], origin: String? = nil
  ) -> HTTPRequest {
    var headers: HTTPHeaders = [
      "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": Base64.encode(key),
    ]
    if let origin { headers.append("Origin", origin) }
    return HTTPRequest(.get, target, headers: headers)
  }

  /// Whether `response` accepts the handshake made with `key`.
  package static func isAccepted(_ response: HTTPResponse, key: [UInt8]) -> Bool {
    response.status == 101 && response.headers.tokens("upgrade") == ["websocket"]
      && response.headers["sec-websocket-accept"] == acceptance(of: Base64.encode(key))
  }
}
