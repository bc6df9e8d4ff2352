// Who sends the ClientHello (RFC 8842).

/// Our DTLS role (RFC 8842): the client sends the ClientHello ("active").
package enum DTLSRole: Hashable, Sendable { case client, server }
