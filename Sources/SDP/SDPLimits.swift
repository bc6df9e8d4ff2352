// How much SDP we take: every bound of the parser in one place.

/// The bounds of one session description; whatever exceeds them is refused by name.
package enum SDPLimits {
  /// The description's length: a browser's offer with three sections and all codecs has 10 KiB.
  package static let bytesMax = 64 * 1024
  /// Lines in all; bounds attributes, candidates and sources together.
  package static let linesMax = 2000
  /// One line's length: the longest that browsers write, an m-line with 50 formats, has 250 bytes.
  package static let lineBytesMax = 4096
  /// Media sections: a watch room subscribes to a dozen tracks, ports and ids end well below this.
  package static let sectionsMax = 64
}
