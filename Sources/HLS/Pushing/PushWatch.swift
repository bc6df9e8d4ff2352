// Notices when a presentation has something new for a store. Pure, and cheap enough for each turn of the loop.

/// Follows the presentations of one room.
package struct PushWatch: Sendable {
  private var run = ""
  private var newest: [Int] = []
  private var stills: UInt64 = 0
  private var isEnded = false

  package init() {}

  /// The presentation as it stands, when a segment is complete or a still new since last time, or it has ended.
  package mutating func take(_ presentation: Presentation?) -> Presentation? {
    guard let presentation else { return nil }
    let newest = presentation.renditions.map { rendition in
      rendition.segments.last(where: \.isComplete)?.sequence ?? -1
    }
    guard
      run != presentation.names.run || self.newest != newest || isEnded != presentation.isEnded
        || stills != presentation.stillsRevision
    else { return nil }
    // Before its first segment there is nothing to be played.
    guard newest.contains(where: { $0 >= 0 }) else { return nil }
    run = presentation.names.run
    self.newest = newest
    stills = presentation.stillsRevision
    isEnded = presentation.isEnded
    return presentation
  }
}
