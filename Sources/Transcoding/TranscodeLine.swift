// What a room's transcoding thread does, without the thread: orders in, results out.

import Media
import Wire

/// Something to be done.
package enum TranscodeOrder: Sendable {
  /// The next frame of the room's picture.
  case frame(SourceFrame)
  /// A keyframe of a room that is repackaged, to make stills of.
  case still(SourceFrame)
  /// A picture to be shown while there is none.
  case slate(SlateSize)
}

/// Something that was done.
package enum TranscodeResult: Sendable {
  case sample(TranscodedSample)
  /// One `frame` was used up: its bytes, and whether the decoder needs a keyframe.
  case taken(bytes: Int, isBroken: Bool)
  case stills(Stills)
  case slate(Slate)
}

/// Works off orders.
///
/// A class because it owns codecs. Confined to one thread.
package final class TranscodeLine {
  private let transcoder: Transcoder
  private let settings: EncoderSettings
  private let stills = StillMaker()
  private var lastStill: Picture?

  /// Frames that may wait behind one that is encoded: more, and it is decoded only, because what waits
  /// is newer. Four are what a network makes of one hiccup at 30 a second.
  package static let backlogMax = 4

  /// A line that has done nothing.
  package init(_ ladder: Ladder, _ settings: EncoderSettings) {
    transcoder = Transcoder(ladder, settings)
    self.settings = settings
  }

  /// Pictures that were not encoded because newer ones waited.
  package var skippedCount: UInt64 { transcoder.skippedCount }

  /// Works off all that has come, and gives results as they are there.
  package func run(_ orders: [TranscodeOrder], _ body: (TranscodeResult) -> Void) {
    var waiting = orders.count
    for order in orders {
      waiting -= 1
      switch order {
      case .frame(let frame): take(frame, encodes: waiting <= TranscodeLine.backlogMax, body)
      case .still(let frame): makeStills(frame, body)
      case .slate(let size):
        if let slate = try? Slate(
          size, behind: transcoder.lastPicture ?? lastStill, settings: settings)
        {
          body(.slate(slate))
        }
      }
    }
  }

  private func take(
    _ frame: SourceFrame, encodes: Bool, _ body: (TranscodeResult) -> Void
  ) {
    var samples: [TranscodedSample] = []
    var isBroken = false
    do {
      try transcoder.take(frame, encodes: encodes, into: &samples)
    } catch {
      isBroken = error == .decodingFailed
    }
    for sample in samples { body(.sample(sample)) }
    body(.taken(bytes: frame.bytes.count, isBroken: isBroken))
    if let picture = transcoder.lastPicture { makeStills(picture, body) }
  }

  private func makeStills(_ frame: SourceFrame, _ body: (TranscodeResult) -> Void) {
    // A decoder of its own each time: keyframes far apart have nothing to do with each other.
    guard let decoder = try? VideoDecoder(frame.codec),
      let picture = try? decoder.decode(frame.bytes.span, capturedAt: frame.capturedAt)
    else { return }
    lastStill = picture
    makeStills(picture, body)
  }

  private func makeStills(_ picture: Picture, _ body: (TranscodeResult) -> Void) {
    if let made = try? stills.take(picture) { body(.stills(made)) }
  }
}
