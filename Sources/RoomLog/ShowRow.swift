// A room as the landing page lists it: a projection of its log, kept beside it.

/// What is listed of a room without opening it.
package struct ShowRow: Hashable, Sendable {
  /// Where a room stands between its announcement and its end.
  package enum Phase: Int, Sendable, CaseIterable {
    case scheduled, waiting, live, away, ended
  }

  package var phase: Phase
  package var title: String
  /// The host's identity; nil while there is none, or once erased.
  package var host: String?
  /// When it was announced to start, or did; milliseconds since 1970; nil when nobody said.
  package var startsAtMs: Int64?
  /// When it ended, milliseconds since 1970; nil before.
  package var endedAtMs: Int64?
  /// Days after its end when names and texts are erased; nil: the server's policy.
  package var retentionDays: Int?
  /// The most viewers at once so far.
  package var viewersPeak: Int
  /// Whether the landing page shows it.
  package var isListed: Bool

  package init(
    phase: Phase, title: String, host: String? = nil, startsAtMs: Int64? = nil,
    endedAtMs: Int64? = nil, retentionDays: Int? = nil, viewersPeak: Int = 0, isListed: Bool = true
  ) {
    self.phase = phase
    self.title = title
    self.host = host
    self.startsAtMs = startsAtMs
    self.endedAtMs = endedAtMs
    self.retentionDays = retentionDays
    self.viewersPeak = viewersPeak
    self.isListed = isListed
  }
}
