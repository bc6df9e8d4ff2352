// A request on its way to another process, and what came of it.

package import HTTP
import Wire

/// One request to be passed on.
package struct ForwardOrder: Hashable, Sendable {
  /// The caller's own number.
  package let number: UInt64
  /// The origin of the process it is for.
  package let url: String
  /// Stamped. Holds a client's credential: never printed.
  package let request: HTTPRequest

  package init(number: UInt64, url: String, request: HTTPRequest) {
    self.number = number
    self.url = url
    self.request = request
  }
}

/// What came of it.
package enum ForwardResult: Hashable, Sendable {
  case answered(HTTPResponse)
  /// Nothing of the request was sent. Why, for an operator.
  case unreached(String)
  /// It was sent, and nobody knows what became of it.
  case unanswered(String)
}

/// How often.
package struct ForwardCounters: Hashable, Sendable {
  package var answered: UInt64 = 0
  package var unreached: UInt64 = 0
  package var unanswered: UInt64 = 0
  package init() {}

  /// Counts a result.
  package mutating func count(_ result: ForwardResult) {
    switch result {
    case .answered: answered += 1
    case .unreached: unreached += 1
    case .unanswered: unanswered += 1
    }
  }
}

/// What is handed back of an answer.
package enum ForwardAnswer {
  /// The fields that come along; CORS is the concern of the process that was asked.
  static let handedBack = [
    "Content-Type", "Cache-Control", "Link", "Retry-After", "WWW-Authenticate", "Allow",
  ]

  /// The owner's answer as the client gets it.
  package static func handed(_ answer: HTTPResponse) -> HTTPResponse {
    var headers = HTTPHeaders()
    for name in handedBack {
      for value in answer.headers.values(name) { headers.append(name, value) }
    }
    return HTTPResponse(answer.status, headers: headers, body: answer.body)
  }
}
