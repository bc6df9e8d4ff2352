// Old segments of a room in files: which are to be written and removed, and when a segment leaves memory. Pure.

package import Wire

/// How much of a room is in memory and how much in files.
package struct SpoolLimits: Hashable, Sendable {
  /// Of the past that stays in memory.
  package let memory: TimeSpan
  /// Of the room's files; what goes beyond it shortens the window.
  package let bytesMax: Int

  package init(memory: TimeSpan = HLSLimits.spoolMemory, bytesMax: Int) {
    self.memory = memory
    self.bytesMax = bytesMax
  }
}

/// A segment of a show with a spool.
package struct SpoolName: Hashable, Sendable {
  /// The show's.
  package let run: String
  package let rendition: Int
  package let sequence: Int
  /// Of its file, below the room's folder.
  package let path: String
  /// The length of its file.
  package let byteCount: Int
}

/// A segment on its way to the spool.
package struct SpoolSegment: Hashable, Sendable {
  package let name: SpoolName
  /// One after the other; shared with the store, not copied.
  package let chunks: [[UInt8]]
  /// What `chunks` are encrypted with in the file, which is as it is given out; nil: nothing.
  package let cipher: SegmentCipher?
  /// Of the media.
  package let byteCount: Int
}

/// One thing to do for a spool. To be done in order.
package enum SpoolOrder: Hashable, Sendable {
  /// Its outcome is to be told to `noteSpooled`.
  case write(SpoolSegment)
  /// A file that nobody is given any more, if it is there.
  case remove(path: String)
}

extension Presentation {
  /// What is to be done now, in order: files of segments that were forgotten, and whole segments, oldest first.
  ///
  /// - Parameters:
  ///   - waiting: bytes that were handed out and not answered, by all rooms.
  ///   - isPaused: nothing is to be written now.
  package mutating func takeSpoolOrders(waiting: Int, isPaused: Bool = false) -> [SpoolOrder] {
    guard spool != nil else { return [] }
    var orders = takeRemovals()
    if isPaused { return orders }
    var left = HLSLimits.spoolWaitingBytesMax - waiting
    var isNew = true
    while isNew {
      isNew = false
      for place in renditions.indices {
        guard let byteCount = renditions[place].nextToSpool,
          byteCount <= left || waiting == 0 && left == HLSLimits.spoolWaitingBytesMax,
          makeRoom(for: byteCount)
        else { continue }
        orders += takeRemovals()
        guard let segment = renditions[place].takeToSpool() else { continue }
        left -= byteCount
        isNew = true
        orders.append(.write(spoolSegment(segment, place)))
      }
    }
    return orders
  }

  /// Files that nobody is given any more.
  private mutating func takeRemovals() -> [SpoolOrder] {
    var orders: [SpoolOrder] = []
    for place in renditions.indices {
      for sequence in renditions[place].takeLeftBehind() {
        orders.append(.remove(path: spoolPath(place, sequence)))
      }
    }
    return orders
  }

  private func spoolSegment(_ segment: StoredSegment, _ place: Int) -> SpoolSegment {
    SpoolSegment(
      name: spoolName(place, segment),
      chunks: segment.parts.map(\.bytes).filter { !$0.isEmpty },
      cipher: cipher(ofSegment: segment.sequence), byteCount: segment.byteCount)
  }

  /// Forgets the oldest segments until a file has room within the room's bytes; false when it never has.
  private mutating func makeRoom(for byteCount: Int) -> Bool {
    guard let spool else { return false }
    while spoolByteCount + byteCount > spool.bytesMax {
      guard forgetOldestInSpool() else { return false }
      revision += 1
    }
    return true
  }

  /// Takes how writing a segment ended. One that failed stays in memory and is handed out again.
  ///
  /// - Returns: whether there is such a segment still.
  @discardableResult
  package mutating func noteSpooled(_ name: SpoolName, isDone: Bool) -> Bool {
    guard name.run == names.run, renditions.indices.contains(name.rendition) else { return false }
    return renditions[name.rendition].noteSpooled(name.sequence, isDone: isDone)
  }

  /// The disk has no room: forgets the oldest segments that are in files alone, `byteCount` of them or all.
  ///
  /// - Returns: whether there were any.
  @discardableResult
  package mutating func shortenSpool(by byteCount: Int) -> Bool {
    let target = max(0, spoolByteCount - byteCount)
    var hasForgotten = false
    while spoolByteCount > target, forgetOldestInSpool() { hasForgotten = true }
    if hasForgotten { revision += 1 }
    return hasForgotten
  }

  /// Text lists no past that the media have not.
  private mutating func shortenText() {
    let starts = renditions.compactMap { rendition in
      rendition.isText ? nil : rendition.segments.first.map { rendition.span($0.start) }
    }
    guard let earliest = starts.min() else { return }
    for place in renditions.indices where renditions[place].isText {
      renditions[place].forget(before: earliest)
    }
  }

  /// A file can't be read: forgets its segment with all before it, so that no playlist names it.
  ///
  /// - Returns: whether there was one.
  @discardableResult
  package mutating func forgetSpooled(_ name: SpoolName) -> Bool {
    guard name.run == names.run, renditions.indices.contains(name.rendition),
      let index = renditions[name.rendition].index(of: name.sequence),
      renditions[name.rendition].segments[index].place == .spool
    else { return false }
    renditions[name.rendition].forget(index + 1)
    shortenText()
    revision += 1
    return true
  }

  /// A segment's file as it is given out.
  func spooled(_ place: Int, _ segment: StoredSegment) -> LibraryAnswer {
    let rendition = renditions[place]
    return .spooled(
      LibraryContent(
        mediaType: mediaType(rendition), chunks: [], lifetime: .immutable,
        tag: "\(rendition.name)-\(names.segment(segment.sequence))"), spoolName(place, segment))
  }

  private func spoolName(_ place: Int, _ segment: StoredSegment) -> SpoolName {
    SpoolName(
      run: names.run, rendition: place, sequence: segment.sequence,
      path: spoolPath(place, segment.sequence),
      byteCount: isEncrypted ? SegmentCipher.byteCount(of: segment.byteCount) : segment.byteCount)
  }

  private func spoolPath(_ place: Int, _ sequence: Int) -> String {
    "\(names.run)/\(renditions[place].name)/\(names.segment(sequence))"
  }

  /// Takes what is old and in files out of memory.
  ///
  /// - Parameter isPressed: whatever no playlist lists parts of leaves, however young.
  mutating func leaveMemory(isPressed: Bool) {
    guard let spool else { return }
    for place in renditions.indices {
      guard let end = renditions[place].segments.last?.end else { continue }
      // Parts are asked for a little longer than they are listed.
      let kept = isPressed ? timing.partWindow * 2 : max(spool.memory, timing.partWindow * 2)
      renditions[place].leaveMemory(before: end - renditions[place].ticks.count(kept))
    }
  }

  /// Bytes of media in memory.
  package var memoryByteCount: Int { renditions.reduce(0) { $0 + $1.byteCount } }
  /// Bytes of media in files, or on their way there.
  package var spoolByteCount: Int { renditions.reduce(0) { $0 + $1.spoolByteCount } }

  /// Forgets the oldest segment of all, if it is not in memory; false when there is none.
  private mutating func forgetOldestInSpool() -> Bool {
    let oldest = renditions.indices.filter { place in
      guard !renditions[place].isText, renditions[place].mayForget,
        let first = renditions[place].segments.first
      else {
        return false
      }
      return first.place == .spool || first.isComplete && first.isGap
    }.min {
      renditions[$0].span(renditions[$0].segments[0].start)
        < renditions[$1].span(renditions[$1].segments[0].start)
    }
    guard let oldest else { return false }
    renditions[oldest].forget(1)
    shortenText()
    return true
  }
}
