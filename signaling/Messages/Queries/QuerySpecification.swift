// One row of the query catalogue.

package import JSON
package import Room

/// A query as socket, REST, OpenAPI and PROTOCOL.md know it.
package struct QuerySpecification: Sendable {
  /// The `type` on the room socket, and the operation of the REST API.
  package let name: String
  /// Whether the room socket has it too: what does not fit a message is for REST alone.
  package let isOnSocket: Bool
  /// Who may.
  package let authority: Authority
  /// Its path below `/api/v1/rooms/{room}`; the method is GET.
  package let path: String
  /// One sentence.
  package let summary: String
  /// Parameters of the REST query, members of the socket's message. All optional.
  package let fields: [CommandField]
  /// Whether the answer is a table (RFC 4180).
  package var isTable: Bool { path.hasSuffix(".csv") }
  let make: @Sendable (CommandValues) -> RoomQuery

  init(
    _ name: String, _ authority: Authority, _ path: String, _ summary: String,
    _ fields: [CommandField] = [], isOnSocket: Bool = true,
    make: @escaping @Sendable (CommandValues) -> RoomQuery
  ) {
    self.name = name
    self.isOnSocket = isOnSocket
    self.authority = authority
    self.path = path
    self.summary = summary
    self.fields = fields
    self.make = make
  }

  /// Reads the query's fields.
  ///
  /// - Throws: `bad-message` naming the field.
  package func decode(_ fields: JSONFields) throws(MessageRefusal) -> RoomQuery {
    make(try CommandValues(fields, self.fields))
  }
}
