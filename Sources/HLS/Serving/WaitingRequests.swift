// Blocked requests: ten thousand who wait for one part cost one entry each and one body together.

package import Wire

/// Requests that wait for a rendition's next part, by what they asked for.
///
/// All who asked for the same are released together, so that the body is made (and compressed) once.
package struct WaitingRequests<Ticket: Sendable>: Sendable {
  /// Requests that get the same answer.
  package struct Group: Sendable {
    package let request: LibraryRequest
    package let tickets: [Ticket]
  }

  private struct Waiter {
    let ticket: Ticket
    let until: Instant
  }

  private var groups: [LibraryRequest: [Waiter]] = [:]
  /// How many wait.
  package private(set) var count = 0

  /// Nobody waits.
  package init() {}

  /// Lets a request wait until `until`; false beyond `HLSLimits.waitingMax`: 503.
  package mutating func append(
    _ ticket: Ticket, for request: LibraryRequest, until: Instant
  ) -> Bool {
    guard count < HLSLimits.waitingMax else { return false }
    groups[request, default: []].append(Waiter(ticket: ticket, until: until))
    count += 1
    return true
  }

  /// Releases everybody whose request need not wait any more.
  package mutating func release(_ isReady: (LibraryRequest) -> Bool) -> [Group] {
    var released: [Group] = []
    for (request, waiters) in groups where isReady(request) {
      released.append(Group(request: request, tickets: waiters.map(\.ticket)))
      count -= waiters.count
    }
    for group in released { groups[group.request] = nil }
    return released
  }

  /// Releases those whose time is over: 503 (RFC 8216bis section 6.2.5.2).
  package mutating func expire(at now: Instant) -> [Ticket] {
    var expired: [Ticket] = []
    for (request, waiters) in groups where waiters.contains(where: { $0.until <= now }) {
      expired += waiters.filter { $0.until <= now }.map(\.ticket)
      let left = waiters.filter { $0.until > now }
      groups[request] = left.isEmpty ? nil : left
    }
    count -= expired.count
    return expired
  }
}
