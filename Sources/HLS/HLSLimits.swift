// What bounds the HLS core, each with its reason.

package import Wire

/// The limits of this target.
package enum HLSLimits {
  /// NAL units of one access unit: a picture of 68 slices with all that may stand before it.
  package static let nalUnitsMax = 128
  /// Parameter sets of one kind in a configuration: `avcC` counts SPS in five bits.
  package static let parameterSetsMax = 31
  /// The bytes of one parameter set: `avcC` has 16 bits, real ones have 40.
  package static let parameterSetBytesMax = 4096
  /// The bytes of one part: half a second of 100 Mbit/s.
  package static let partBytesMax = 8 << 20
  /// Samples of one fragment that a reader believes: a minute of sound.
  package static let samplesMax = 4096
  /// Fragments of one segment that a reader believes.
  package static let fragmentsMax = 1024
  /// Licence systems of one key: those there are, and some.
  package static let licenceSystemsMax = 8
  /// The bytes of one `pssh` box: PlayReady's have a thousand.
  package static let systemHeaderBytesMax = 16 << 10
  /// Renditions of a room: three layers of two cameras, sound, subtitles, and some.
  package static let renditionsMax = 16
  /// Date ranges kept at once: a pin every two seconds in a window of ten minutes.
  package static let dateRangesMax = 300
  /// The bytes of all date ranges: they stand in every playlist, delta updates too, three times a second.
  package static let dateRangeBytesMax = 32 << 10
  /// Languages of captions: as many as a room has.
  package static let captionLanguagesMax = 4
  /// Characters of a caption: as many as a room takes, and room to spare.
  package static let captionCharactersMax = 400
  /// How long a caption is shown: as long as a room lets it.
  package static let captionDurations = TimeSpan.milliseconds(500)...TimeSpan.seconds(15)
  /// Cues of one language that may still be shown: what a room takes in a segment, and some.
  package static let cuesMax = 64
  /// Messages that wait for a part with media: what a busy show does in the longest gap.
  package static let messagesWaitingMax = 32
  /// The bytes of one attribute of a date range.
  package static let attributeBytesMax = 2048
  /// How far a frame is moved to keep the durations of parts: less than it takes to see it.
  package static let pullMax = TimeSpan.milliseconds(150)
  /// How long after a planned cut a segment waits for a keyframe. A segment of 2 s then stays below
  /// 2.5 s, which is what a target duration of 2 allows (RFC 8216bis section 4.4.3.1).
  package static let cutPatience = TimeSpan.milliseconds(480)
  /// How long after a part should have ended a frame may still come for it.
  package static let framePatience = TimeSpan.milliseconds(80)
  /// How far ahead of what is out a sample is believed: a clock that jumps further is wrong.
  package static let jumpMax = TimeSpan.seconds(60)
  /// Requests that wait at once: what the issue asks for, and as many again.
  package static let waitingMax = 20_000
  /// Of the past that a room has in memory where older segments are in files: ten times what players that keep up
  /// ask for.
  package static let spoolMemory = TimeSpan.seconds(60)
  /// Bytes of segments of all rooms on their way to the spool: they stay in memory until they are there, so this
  /// bounds what a slow disk is asked at once: a minute of three layers of 5 Mbit/s together, after it was full.
  package static let spoolWaitingBytesMax = 64 << 20
  /// Bytes of the media kept by one room: an hour of three layers of 5 Mbit/s together would be 2.2 GB;
  /// what goes beyond this shortens the window.
  package static let roomBytesMax = 256 << 20
}
