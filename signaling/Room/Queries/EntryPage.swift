// A page of a query's entries: as many as fit one message of the room socket.

package import JSON

/// Entries in the order they were added, until there are too many bytes.
package struct EntryPage: Sendable {
  package private(set) var items: [JSONValue] = []
  private var byteCount = 0

  /// No entries.
  package init() {}

  /// Adds an entry; false when it has to wait for the next page. The first always fits.
  package mutating func add(_ item: JSONValue) -> Bool {
    let count = item.write().count + 1
    guard items.isEmpty || byteCount + count <= HouseLimits.pageBytesMax else { return false }
    byteCount += count
    items.append(item)
    return true
  }
}
