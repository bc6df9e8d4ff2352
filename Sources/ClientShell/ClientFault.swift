// Why something a client wanted did not happen, for a person at a terminal.

import Loop

/// A failed request, connection or description.
package enum ClientFault: Error, Hashable, Sendable {
  /// Not `http(s)://HOST[:PORT]/PATH`.
  case badURL(String)
  /// This client speaks no TLS: `https:` is left to a proxy on its side.
  case secureURL
  case unknownHost(String)
  /// Nobody listens there: the server is not there yet, or not any more.
  case nobodyListens
  /// The connection could not be made or was lost.
  case connection(String)
  case timeout
  /// What came is no HTTP/1.1 response.
  case malformedResponse(String)
  /// The server said no; with the first line of its reason.
  case refused(status: Int, reason: String)
  /// It is to be asked elsewhere (RFC 9725 section 4.5): where, as the server wrote it. Nobody was asked
  /// there: whether a token may go there is for who has it to decide.
  case moved(to: String)
  /// The answer can't be used.
  case answer(String)

  init(_ error: SystemError) {
    self = error.isConnectionRefused ? .nobodyListens : .connection(error.description)
  }

  /// A sentence for a terminal; it never has a token in it.
  package var text: String {
    switch self {
    case .badURL(let url): "not a URL of the form http(s)://HOST[:PORT]/PATH: \(url)"
    case .secureURL: "https is not supported here; use the server's http address"
    case .unknownHost(let host): "cannot find the address of \(host)"
    case .nobodyListens: "no connection: nobody listens there"
    case .connection(let reason): "no connection: \(reason)"
    case .timeout: "the server did not answer in time"
    case .malformedResponse(let reason): "the server's answer is no HTTP: \(reason)"
    case .refused(let status, let reason): "the server refused: \(status) \(reason)"
    case .moved: "the server sends us elsewhere"
    case .answer(let reason): "the server's answer cannot be used: \(reason)"
    }
  }
}
