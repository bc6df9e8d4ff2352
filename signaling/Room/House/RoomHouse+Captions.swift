// Captions on their way to who is here: told at once, kept by nobody.

import JSON
import Wire

/// What an open room knows of its captions.
struct CaptionLanguages: Hashable, Sendable {
  /// In the order in which they came.
  private(set) var languages: [LanguageTag] = []
  /// How many captions there have been: names those that have none.
  private var count: Int64 = 0

  /// - Throws: `limit` for one language too many.
  mutating func take(_ caption: Caption) throws(CommandRefusal) -> String {
    if !languages.contains(caption.language) {
      guard languages.count < HouseLimits.captionLanguagesMax else {
        throw CommandRefusal(
          .limit, "captions in at most \(HouseLimits.captionLanguagesMax) languages")
      }
      languages.append(caption.language)
    }
    count += 1
    // Nobody can send such a name.
    return caption.name ?? "#\(count)"
  }
}

extension RoomHouse {
  /// What everyone is told of a caption; nil for other commands.
  mutating func captionFrame(
    _ command: RoomCommand, _ envelope: CommandEnvelope
  ) throws(CommandRefusal) -> Frame? {
    guard case .caption(let draft) = command else { return nil }
    let caption = try Caption(draft, mediaTimeMs: envelope.mediaTimeMs, atMs: envelope.atMs)
    let message: JSONValue = [
      "type": "caption", "caption": .string(try captions.take(caption)),
      "language": .string(caption.language.text), "text": .string(caption.text),
      "mediaTimeMs": .integer(caption.mediaTimeMs), "durationMs": .integer(caption.durationMs),
      "partial": .bool(caption.isPartial),
    ]
    return Frame(
      audience: .everyone, delivery: .prompt, sequence: state.sequence, bytes: message.write())
  }
}
