// WHIP and WHEP from the client's side (RFC 9725, draft-ietf-wish-whep): offer, answer, trickle, end.

package import ClientTLS
package import HTTP
package import SDP
import Wire

/// A session the server has created.
package struct SignalingSession: Hashable, Sendable {
  package var answer: SessionDescription
  /// Where the session is; nil when the server named no place that can be used.
  package var location: ServerURL?
  /// The ETag of the ICE generation; nil when the server gave none.
  package var entityTag: String?
  /// As the server was asked; secret.
  package var token: String?
}

/// A WHIP or WHEP client. Blocking; for one thread.
package final class SignalingClient {
  private let http: HTTPClient

  /// - Parameter tls: who is believed to be a server of https; nil for a client that asks none.
  package init(tls: TLSClientContext? = nil) throws(ClientFault) { http = try HTTPClient(tls: tls) }

  /// Posts an offer.
  ///
  /// - Throws: `.moved` for a redirect, `.refused` with the server's reason for any other status but 201.
  package func post(
    _ offer: SessionDescription, to url: ServerURL, token: String?
  ) throws(ClientFault) -> SignalingSession {
    var headers: HTTPHeaders = ["Content-Type": "application/sdp"]
    authorize(&headers, token)
    let response = try http.perform(
      HTTPRequest(.post, url.target, headers: headers, body: Array(offer.text.utf8)), to: url)
    if [307, 308].contains(response.status), let place = response.headers["location"] {
      throw .moved(to: place)
    }
    guard response.status == 201 else { throw refusal(response) }
    let answer: SessionDescription
    do {
      answer = try SessionDescription.parse(response.body.span)
    } catch {
      throw .answer("it is no session description")
    }
    return SignalingSession(
      answer: answer, location: response.headers["location"].flatMap { try? url.resolving($0) },
      entityTag: response.headers["etag"], token: token)
  }

  /// Sends a trickle fragment; `entityTag` is the session's, or `*` to restart ICE.
  ///
  /// - Returns: the response as it is: 204 for candidates, 200 with a fragment for a restart.
  package func patch(
    _ session: SignalingSession, fragment: String, entityTag: String
  ) throws(ClientFault) -> HTTPResponse {
    guard let location = session.location else { throw .answer("it has no Location") }
    var headers: HTTPHeaders = [
      "Content-Type": "application/trickle-ice-sdpfrag", "If-Match": entityTag,
    ]
    authorize(&headers, session.token)
    return try http.perform(
      HTTPRequest(.patch, location.target, headers: headers, body: Array(fragment.utf8)),
      to: location)
  }

  /// Ends the session; one that has gone already is no fault.
  package func delete(_ session: SignalingSession) throws(ClientFault) {
    guard let location = session.location else { return }
    var headers: HTTPHeaders = [:]
    authorize(&headers, session.token)
    let response = try http.perform(
      HTTPRequest(.delete, location.target, headers: headers), to: location)
    guard (200..<300).contains(response.status) || response.status == 404 else {
      throw refusal(response)
    }
  }

  private func authorize(_ headers: inout HTTPHeaders, _ token: String?) {
    if let token { headers.append("Authorization", "Bearer \(token)") }
    // Each exchange has its own connection.
    headers.append("Connection", "close")
  }

  private func refusal(_ response: HTTPResponse) -> ClientFault {
    let text = String(decoding: response.body.prefix(200), as: UTF8.self)
    let line = text.split(whereSeparator: \.isNewline).first.map { String($0) } ?? ""
    return .refused(status: response.status, reason: line)
  }
}
