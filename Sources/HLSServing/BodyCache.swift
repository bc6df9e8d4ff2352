// Playlists made and compressed once for everybody who asks while they stand.

import HLS
import HTTP
import Wire

/// The answers with playlists of one revision of a room, by rendition, form and coding: at most
/// `HLSLimits.renditionsMax` times ten.
struct BodyCache {
  /// What a playlist's bytes and headers depend on. Whoever asks for whichever past part gets the same.
  private enum Key: Hashable {
    case multivariant
    case manifest
    case keyframes(Int)
    case playlist(Int, skips: Bool, isAddressed: Bool)
  }

  private struct Entry: Hashable {
    let key: Key
    let coding: ContentCoding
  }

  private var answers: [Entry: HTTPResponse] = [:]
  private var pieces = GzipPieces()
  private var revision: UInt64?
  private var epoch = WallTime(nanoseconds: 0)

  /// The answer with a playlist; nil for what is none, or is not there.
  mutating func response(
    _ request: LibraryRequest, _ coding: ContentCoding, _ presentation: Presentation
  ) -> HTTPResponse? {
    guard let key = BodyCache.key(request) else { return nil }
    // Directives that can't be meant are refused, whatever others got.
    if case .playlist(let place, let directives) = request,
      presentation.standing(place, directives) != nil
    {
      return nil
    }
    if revision != presentation.revision || epoch != presentation.epoch {
      if epoch != presentation.epoch { pieces = GzipPieces() }
      revision = presentation.revision
      epoch = presentation.epoch
      answers.removeAll(keepingCapacity: true)
    }
    let entry = Entry(key: key, coding: coding)
    if let known = answers[entry] { return known }
    guard case .content(let content) = presentation.answer(request) else { return nil }
    let made = make(content, coding, presentation)
    answers[entry] = made
    return made
  }

  private static func key(_ request: LibraryRequest) -> Key? {
    switch request {
    case .multivariant: .multivariant
    case .manifest: .manifest
    case .keyframes(let place): .keyframes(place)
    case .playlist(let place, let directives):
      .playlist(place, skips: directives.skips, isAddressed: directives.sequence != nil)
    case .still, .initialization, .segment, .part, .key: nil
    }
  }

  private mutating func make(
    _ content: LibraryContent, _ coding: ContentCoding, _ presentation: Presentation
  ) -> HTTPResponse {
    var response = HTTPResponse(200, mediaType: content.mediaType, body: [])
    var tag = "\(presentation.names.run)-\(presentation.revision)"
    let small = coding == .gzip ? pieces.compress(content) : nil
    response.body = small ?? content.bytes
    if small != nil {
      response.headers.set("Content-Encoding", "gzip")
      tag += "-gzip"
    }
    response.headers.set("Vary", "Accept-Encoding")
    response.headers.set("Cache-Control", content.lifetime.headerValue)
    // What is asked for by number is asked for once; a tag would be checked by nobody.
    if content.lifetime == .newest { response.headers.set("ETag", EntityTag(tag).text) }
    AnswerHeaders.allow(&response)
    return response
  }
}
