// Who is in a room now, by room socket, WHIP or WHEP: forgotten with the process, rebuilt by everyone
// who comes back.

package import Access

/// Somebody comes in.
package struct Arrival: Hashable, Sendable {
  package let identity: String
  package let name: String
  /// The token's role.
  package let role: Role
  package let device: DeviceHint?
  package init(identity: String, name: String, role: Role, device: DeviceHint? = nil) {
    self.identity = identity
    self.name = name
    self.role = role
    self.device = device
  }
}

/// The members that are here, by identity.
package struct Presence: Sendable {
  /// A member that is here.
  package struct Present: Hashable, Sendable {
    package var arrival: Arrival
    /// When the first of the sessions of now came, milliseconds since 1970.
    package let sinceMs: Int64
    fileprivate var sessions: Int

    fileprivate var isViewer: Bool { !arrival.role.isStaff }
  }

  private var members: [String: Present] = [:]
  /// How many of them came as viewers: counted as they come and go, for it is asked all the time.
  package private(set) var viewerCount = 0

  /// Nobody.
  package init() {}

  /// The last arrival of somebody who is here.
  package subscript(identity: String) -> Arrival? { members[identity]?.arrival }

  /// Since when somebody is here, milliseconds since 1970.
  func sinceMs(_ identity: String) -> Int64? { members[identity]?.sinceMs }

  /// How many are here; one with three pages counts once.
  package var count: Int { members.count }

  /// Everyone, by identity.
  package var list: [Arrival] { members.values.map(\.arrival).sorted { $0.identity < $1.identity } }

  /// The members after an identity, by identity, at most `limit`; and whether there are more.
  ///
  /// Only the page is put in order: a room of ten thousand has to be looked through in passing.
  func page(after: String?, limit: Int) -> (here: [Present], hasMore: Bool) {
    var page: [Present] = []
    var hasMore = false
    for (identity, member) in members {
      if let after, identity <= after { continue }
      if page.count == limit {
        hasMore = true
        guard let last = page.last, identity < last.arrival.identity else { continue }
        page.removeLast()
      }
      page.insert(member, at: Presence.place(of: identity, in: page))
    }
    return (page, hasMore)
  }

  private static func place(of identity: String, in page: [Present]) -> Int {
    var (low, high) = (0, page.count)
    while low < high {
      let middle = (low + high) / 2
      if page[middle].arrival.identity < identity { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Whether somebody is here who came as a viewer.
  package func isViewer(_ identity: String) -> Bool { members[identity]?.isViewer ?? false }

  mutating func arrive(_ arrival: Arrival, atMs: Int64) {
    var member = members[arrival.identity] ?? Present(arrival: arrival, sinceMs: atMs, sessions: 0)
    if member.sessions > 0, member.isViewer { viewerCount -= 1 }
    // Only pages know their browser: who also publishes by WHIP is still in it.
    member.arrival = Arrival(
      identity: arrival.identity, name: arrival.name, role: arrival.role,
      device: arrival.device ?? member.arrival.device)
    member.sessions += 1
    if member.isViewer { viewerCount += 1 }
    members[arrival.identity] = member
  }

  mutating func depart(_ identity: String) {
    guard let member = members[identity] else { return }
    if member.sessions > 1 {
      members[identity]?.sessions -= 1
    } else {
      if member.isViewer { viewerCount -= 1 }
      members[identity] = nil
    }
  }

  /// Whom a typed name means: an identity, or the only member here with that display name.
  func named(_ typed: String) -> String? {
    let text = typed.first == "@" ? String(typed.dropFirst()) : typed
    if members[text] != nil { return text }
    let lower = text.lowercased()
    let found = members.values.filter { $0.arrival.name.lowercased() == lower }
    return found.count == 1 ? found.first?.arrival.identity : nil
  }
}
