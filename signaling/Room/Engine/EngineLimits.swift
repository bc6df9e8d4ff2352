// How much a room holds: every bound of the engine with its reason.

/// The bounds of one room's state; what exceeds them is refused by name or leaves memory.
package enum EngineLimits {
  // MARK: The whole room

  /// People of one room: a set of them all is 125 KB, and no show has had more.
  package static let peopleMax: UInt32 = 1_000_000
  /// People with a role, a ban or another mark of their own: bans of a raid, with room to spare.
  package static let standingsMax = 100_000
  /// Banned devices: each ban can name one.
  package static let devicesMax = 100_000
  /// Milliseconds since 1970 that a log may hold: the year 33658, so sums never overflow.
  package static let timeMsMax: Int64 = 1_000_000_000_000_000

  /// Bytes of a string that stands in the log itself (keywords, emojis, filtered words): the longest
  /// has `wordMax` scalars of four bytes, and lower case can make three of one.
  package static let logStringBytesMax = 1024

  // MARK: Chat

  /// Messages a newcomer is shown: several screens; older ones stay in the log.
  package static let messagesMax = 200
  /// Messages waiting for review: as many as a moderator can still look through.
  package static let heldMax = 200
  /// Characters (scalars) of a message.
  package static let messageMax = 500
  /// Words of the filter, and the characters of each: a say scans them all.
  package static let wordsMax = 200
  package static let wordMax = 64
  /// Seconds between two messages in slow mode, at most an hour.
  package static let slowSecondsMax: Int64 = 3600
  /// Speakers whose last message slow mode remembers before it forgets those that may speak again.
  package static let slowSpeakersMax = 4096
  /// Seconds of a timeout, at most a day: longer is a ban.
  package static let timeoutSecondsMax: Int64 = 86_400
  /// Characters of a reason for a ban.
  package static let reasonMax = 200

  // MARK: The stage

  /// Guests on stage or invited: what a page can show beside the host.
  package static let guestsMax = 8

  // MARK: Reactions

  /// Emojis to react with: one row of a phone.
  package static let emojisMax = 12
  /// Scalars of one emoji: a family of four with skin tones has 11.
  package static let emojiScalarsMax = 16
  /// Reactions in one command: what a finger does in the 250 ms a page collects.
  package static let reactionsMax = 20
  /// Emojis whose totals are kept, those of earlier sets included.
  package static let reactionTotalsMax = 48
  /// Reactions one event may count: ten seconds of a very large room.
  package static let reactionCountMax: Int64 = 1_000_000_000

  // MARK: Polls

  /// Options of a poll: more don't fit a phone, and a vote's mask has 16 bits.
  package static let optionsMax = 10
  /// Characters of a question and of an option.
  package static let pollQuestionMax = 200
  package static let optionMax = 80
  /// Polls open at one time.
  package static let pollsOpenMax = 5
  /// Polls kept in memory; of older ones the results stand in the log.
  package static let pollsMax = 50
  /// Closed polls whose voters are remembered, so that a page can show one's own vote.
  package static let pollsWithVotersMax = 3
  /// Seconds until a poll or giveaway closes by itself, at most a day.
  package static let closesAfterSecondsMax: Int64 = 86_400

  // MARK: Questions

  /// Open questions: nobody reads more.
  package static let questionsMax = 500
  /// Open questions of one person: the list is everybody's.
  package static let questionsEachMax = 5
  /// Answered questions that are still shown.
  package static let answeredMax = 50
  /// Characters of a question.
  package static let questionMax = 300

  // MARK: Giveaways

  /// Giveaways open at one time.
  package static let giveawaysOpenMax = 5
  /// Giveaways kept in memory.
  package static let giveawaysMax = 20
  /// Entries of one giveaway: bounds the draw and the snapshot.
  package static let entriesMax = 20_000
  /// Winners of one giveaway.
  package static let winnersMax = 50
  /// Characters of a prize and of a keyword.
  package static let prizeMax = 200
  package static let keywordMax = 32
  /// Bytes of a giveaway's seed: as many as a SHA-256 digest, so guessing is hopeless.
  package static let seedByteCount = 32

  // MARK: The show

  /// Characters of a title, a description and an announcement.
  package static let titleMax = 120
  package static let descriptionMax = 2000
  package static let announcementMax = 500
  /// A cap on viewers, at most this; 0 is none.
  package static let viewersMax: Int64 = 1_000_000
  /// A cap on a publisher's bits per second, at most this; 0 is the server's own.
  package static let bitrateMax: Int64 = 100_000_000
  /// Days that names and texts are kept after the end, at most ten years; 0 is for ever.
  package static let retentionDaysMax: Int64 = 3650
  /// Counts of the audience that are kept: a day of minutes.
  package static let audienceMax = 1440
  /// Characters and lines of a caption: what a phone shows over a picture, and no more is read in time.
  package static let captionMax = 200
  package static let captionLinesMax = 3
  /// Milliseconds a caption is shown.
  package static let captionMsMin: Int64 = 500
  package static let captionMsMax: Int64 = 15_000
  /// Characters of the name by which a caption is replaced.
  package static let captionNameMax = 64
  /// How far a clock of a speech service may be ahead of the server's.
  package static let captionAheadMsMax: Int64 = 1000
  /// How far back the host's page may date an event: what a player may be behind.
  package static let mediaTimeBehindMsMax: Int64 = 30_000
}
