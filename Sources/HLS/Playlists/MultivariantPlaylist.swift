// The Multivariant Playlist: RFC 8216bis section 4.4.6.

import Wire

/// Writes what renditions a room has.
struct MultivariantPlaylist {
  let renditions: [Rendition]
  /// Whether there are I-frame playlists.
  let hasKeyframes: Bool
  /// Of encrypted samples; empty otherwise.
  let sessionKeyLines: [String]
  /// Whether players ask which CDN to use.
  var isSteered = false

  static let version = 7
  private static let audioGroup = "sound"
  private static let textGroup = "text"

  var bytes: [UInt8] {
    var text = PlaylistText(version: MultivariantPlaylist.version)
    if isSteered { text.line(Steering.line) }
    for line in sessionKeyLines { text.line(line) }
    let sounds = renditions.filter { if case .audio = $0.kind { true } else { false } }
    for (index, sound) in sounds.enumerated() { writeMedia(sound, isDefault: index == 0, &text) }
    for rendition in renditions { writeSubtitles(rendition, &text) }
    for rendition in renditions {
      if rendition.kind == .video { writeVariant(rendition, sounds, &text) }
    }
    if let sound = sounds.first { writeVariant(sound, [], &text) }
    for rendition in renditions where hasKeyframes {
      guard case .video = rendition.kind, case .avc(let configuration) = rendition.format else {
        continue
      }
      let attributes = [
        "BANDWIDTH=\(MultivariantPlaylist.peak(rendition))", "CODECS=\"\(configuration.codec)\"",
        "RESOLUTION=\(configuration.width)x\(configuration.height)",
        "URI=\"\(rendition.name)/\(ResourceNames.keyframes)\"",
      ]
      text.line("#EXT-X-I-FRAME-STREAM-INF:" + attributes.joined(separator: ","))
    }
    return text.bytes
  }

  private func writeMedia(_ sound: Rendition, isDefault: Bool, _ text: inout PlaylistText) {
    guard case .audio(let name, let language) = sound.kind else { return }
    var attributes = [
      "TYPE=AUDIO", "GROUP-ID=\"\(MultivariantPlaylist.audioGroup)\"",
      "NAME=\(AttributeText.quoted(name) ?? "\"Sound\"")",
    ]
    if let language = language.flatMap(AttributeText.quoted) {
      attributes.append("LANGUAGE=\(language)")
    }
    attributes += ["DEFAULT=\(isDefault ? "YES" : "NO")", "AUTOSELECT=YES"]
    if case .aac(let configuration) = sound.format {
      attributes.append("CHANNELS=\"\(configuration.channelCount)\"")
    }
    attributes.append("URI=\"\(sound.name)/\(ResourceNames.playlist)\"")
    text.line("#EXT-X-MEDIA:" + attributes.joined(separator: ","))
  }

  /// Captions are what is said in the sound, for who can't hear it: players offer them, and show them to who wants captions.
  private func writeSubtitles(_ rendition: Rendition, _ text: inout PlaylistText) {
    guard case .subtitles(let language) = rendition.kind else { return }
    let attributes = [
      "TYPE=SUBTITLES", "GROUP-ID=\"\(MultivariantPlaylist.textGroup)\"",
      "NAME=\"\(language.ownName)\"", "LANGUAGE=\"\(language.text)\"", "DEFAULT=NO",
      "AUTOSELECT=YES", "FORCED=NO",
      "CHARACTERISTICS=\"public.accessibility.transcribes-spoken-dialog\"",
      "URI=\"\(rendition.name)/\(ResourceNames.playlist)\"",
    ]
    text.line("#EXT-X-MEDIA:" + attributes.joined(separator: ","))
  }

  private func writeVariant(
    _ rendition: Rendition, _ sounds: [Rendition], _ text: inout PlaylistText
  ) {
    guard let format = rendition.format else { return }
    let soundPeak = sounds.map(MultivariantPlaylist.peak).max() ?? 0
    let soundAverage = sounds.map(\.averageBitsPerSecond).max() ?? 0
    let texts = renditions.filter(\.isText)
    let peak =
      MultivariantPlaylist.peak(rendition) + soundPeak
      + (texts.map(\.peakBitsPerSecond).max() ?? 0)
    var attributes = ["BANDWIDTH=\(peak)"]
    let average =
      rendition.averageBitsPerSecond + soundAverage
      + (texts.map(\.averageBitsPerSecond).max() ?? 0)
    if average > 0 { attributes.append("AVERAGE-BANDWIDTH=\(min(average, peak))") }
    let codecs = [format.codec] + sounds.prefix(1).compactMap { $0.format?.codec }
    attributes.append("CODECS=\"\(codecs.joined(separator: ","))\"")
    if case .avc(let configuration) = format {
      attributes.append("RESOLUTION=\(configuration.width)x\(configuration.height)")
    }
    if let frameRate = rendition.framesPerSecond {
      attributes.append("FRAME-RATE=\(AttributeText.decimal(frameRate))")
    }
    if !sounds.isEmpty { attributes.append("AUDIO=\"\(MultivariantPlaylist.audioGroup)\"") }
    if !texts.isEmpty { attributes.append("SUBTITLES=\"\(MultivariantPlaylist.textGroup)\"") }
    text.line("#EXT-X-STREAM-INF:" + attributes.joined(separator: ","))
    text.line("\(rendition.name)/\(ResourceNames.playlist)")
  }

  /// BANDWIDTH is required and an upper bound; before the first segment is complete it is guessed from
  /// the picture's size: a tenth of a bit per pixel at 30 frames a second, as browsers encode.
  static func peak(_ rendition: Rendition) -> Int {
    if rendition.peakBitsPerSecond > 0 { return rendition.peakBitsPerSecond }
    switch rendition.format {
    case .avc(let configuration):
      return max(100_000, configuration.width * configuration.height * 3)
    case .aac(let configuration): return max(32_000, configuration.bitsPerSecond * 5 / 4)
    case nil: return 1
    }
  }
}
