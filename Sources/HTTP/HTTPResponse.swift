// A response and its bytes, RFC 9112 section 4.

package import Wire

/// An answer with its whole body.
package struct HTTPResponse: Hashable, Sendable {
  /// 100...599.
  package var status: Int
  package var headers: HTTPHeaders
  package var body: [UInt8]
  /// What follows `body`: pieces that are kept as they are, not copied together.
  package var rest: [[UInt8]] = []
  /// What is given back when its bytes have left.
  package var lease: AnswerLease?

  /// The length of the whole body.
  package var bodyByteCount: Int { rest.reduce(body.count) { $0 + $1.count } }

  /// A response from its parts.
  package init(_ status: Int, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// A response with a body of the given media type.
  package init(_ status: Int, mediaType: String, body: [UInt8]) {
    self.init(status, headers: ["Content-Type": mediaType], body: body)
  }

  /// A response with one line of text.
  package static func text(_ status: Int, _ text: String) -> HTTPResponse {
    HTTPResponse(status, mediaType: "text/plain; charset=utf-8", body: Array((text + "\n").utf8))
  }

  /// The answer to a message the parser refused.
  package init(_ refusal: HTTPRefusal) { self = .text(refusal.status, refusal.reason) }

  /// Appends the response's bytes to `output`.
  ///
  /// `Content-Length` and `Connection` are written here: fields of these names in `headers` are left out.
  ///
  /// - Parameters:
  ///   - method: what was asked: HEAD gets the headers of GET and no body.
  ///   - keepsAlive: whether the connection goes on after this response; false adds `Connection: close`.
  ///   - date: the time for `Date`; nil leaves it out.
  package func write(
    into output: inout [UInt8], answering method: HTTPMethod = .get, keepsAlive: Bool = true,
    date: WallTime? = nil
  ) {
    var head = "HTTP/1.1 \(status) \(HTTPStatus.reasonPhrase(status))\r\n"
    if let date { head += "Date: \(HTTPDate.text(date))\r\n" }
    for field in headers.fields where !isFraming(field.name) {
      head += "\(field.name): \(field.value)\r\n"
    }
    if !HTTPStatus.isBodiless(status) { head += "Content-Length: \(bodyByteCount)\r\n" }
    if status == 101 {
      head += "Connection: Upgrade\r\n"
    } else if !keepsAlive {
      head += "Connection: close\r\n"
    }
    output += head.utf8
    output += [HTTPSyntax.cr, HTTPSyntax.lf]
    if method != .head && !HTTPStatus.isBodiless(status) {
      output += body
      for piece in rest { output += piece }
    }
  }

  private func isFraming(_ name: String) -> Bool {
    ["content-length", "connection", "transfer-encoding"].contains {
      HTTPSyntax.equalIgnoringCase($0, name)
    }
  }
}

extension HTTPHeaders: ExpressibleByDictionaryLiteral {
  /// The given fields in order.
  package init(dictionaryLiteral elements: (String, String)...) {
    self.init()
    for (name, value) in elements { append(name, value) }
  }
}
