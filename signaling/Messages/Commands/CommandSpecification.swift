// One row of the command catalogue.

package import JSON
package import Room

/// A command as socket, REST, OpenAPI and PROTOCOL.md know it.
package struct CommandSpecification: Sendable {
  /// The `type` on the room socket, and the operation of the REST API.
  package let name: String
  package let fields: [CommandField]
  /// Who may; the room decides finer things (a message's author may delete it).
  package let authority: Authority
  /// Its REST method.
  package let method: String
  /// Its REST path below `/api/v1/rooms/{room}`; names in braces are fields.
  package let path: String
  /// One sentence.
  package let summary: String
  /// Whether the room socket has it too: what does not fit a message is for REST alone.
  package let isOnSocket: Bool
  let make: @Sendable (CommandValues) -> RoomCommand

  init(
    _ name: String, _ authority: Authority, _ method: String, _ path: String, _ summary: String,
    _ fields: [CommandField] = [], isOnSocket: Bool = true,
    make: @escaping @Sendable (CommandValues) -> RoomCommand
  ) {
    self.name = name
    self.isOnSocket = isOnSocket
    self.authority = authority
    self.method = method
    self.path = path
    self.summary = summary
    self.fields = fields
    self.make = make
  }

  /// Whether REST takes a table (`ListingCSV`) for a body, too.
  package var takesTable: Bool { name == "importListings" }

  /// The fields that stand in the path, in its order.
  package var pathFields: [String] {
    path.split(separator: "/").compactMap { part in
      part.first == "{" && part.last == "}" ? String(part.dropFirst().dropLast()) : nil
    }
  }

  /// Reads the command's fields: of a socket message, or of a REST body with the path's fields put in.
  ///
  /// - Throws: `bad-message` naming the field.
  package func decode(_ fields: JSONFields) throws(MessageRefusal) -> RoomRequest {
    let values = try CommandValues(fields, self.fields)
    let common = try CommandValues(fields, CommandCatalogue.commonFields)
    return RoomRequest(
      name: name, command: make(values), key: common.string("key"),
      mediaTimeMs: common.integer("mediaTimeMs"),
      canonical: Array("\(name) ".utf8) + values.canonical
    )
  }
}

/// A command as somebody sent it.
package struct RoomRequest: Hashable, Sendable {
  package let name: String
  package let command: RoomCommand
  /// The idempotency key; REST has it in a header.
  package var key: String?
  /// The media time of the frame the host's page showed.
  package let mediaTimeMs: Int64?
  /// The name and the known fields in the catalogue's order: what an idempotency key stands for.
  package let canonical: [UInt8]
}
