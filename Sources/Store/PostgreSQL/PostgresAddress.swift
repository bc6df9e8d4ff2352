// Where a PostgreSQL database is, and how it is logged in to: never printed whole.

/// The URL of a database, `postgres://user:password@host:port/name?option=value`, as libpq reads it.
package struct PostgresAddress: Hashable, Sendable {
  /// With the password.
  let url: String

  /// Nil for what is no URL of PostgreSQL's. A user or password with `@` or `/` in it must have them
  /// percent-encoded, or libpq would take half of it for a host, and say so in an error.
  package init?(_ url: String) {
    guard url.hasPrefix("postgres://") || url.hasPrefix("postgresql://"), !url.utf8.contains(0)
    else { return nil }
    let rest = url.drop { $0 != ":" }.dropFirst(3).prefix { $0 != "?" }
    let authority = rest.prefix { $0 != "/" }
    guard authority.count(where: { $0 == "@" }) == rest.count(where: { $0 == "@" }),
      authority.count(where: { $0 == "@" }) <= 1
    else { return nil }
    self.url = url
  }
}

extension PostgresAddress: CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// Host, port and database, without user, password and options.
  package var description: String {
    let rest = url.drop { $0 != ":" }.dropFirst(3).prefix { $0 != "?" }
    return "postgres://" + (rest.lastIndex(of: "@").map { rest[rest.index(after: $0)...] } ?? rest)
  }

  package var debugDescription: String { description }

  package var customMirror: Mirror { Mirror(self, children: []) }
}
