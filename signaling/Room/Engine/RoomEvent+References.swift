// Which people and texts an event names: the next ones are numbered after the highest.

import Commerce

extension RoomEvent {
  /// The highest person and text that the event names, 0 for none; the actor comes beside it.
  var references: (person: PersonID, text: TextID) {
    let none = TextID(0)
    switch self {
    case .messagesCleared(let person), .roleSeen(let person, _), .muted(let person, _),
      .timedOut(let person, _), .unbanned(let person), .roleSet(let person, _),
      .stageInvited(let person), .stageRemoved(let person):
      return (person, none)
    case .banned(let person, _, let reason, _): return (person, reason ?? none)
    case .shop(let event): return (PersonID(event.highestBuyer.rawValue), none)
    case .giveawayDrawn(_, _, let winners): return (winners.max() ?? .server, none)
    case .said(let event): return (.server, event.text)
    case .pollOpened(let event):
      return (.server, max(event.question, event.options.max() ?? none))
    case .asked(let text), .announced(let text): return (.server, text)
    case .giveawayOpened(let event): return (.server, event.prize)
    case .scheduled(let schedule):
      return (.server, max(schedule.title, schedule.description ?? none))
    case .roomSet(let settings):
      return (.server, max(settings.title ?? none, settings.description ?? none))
    case .messageReviewed(_, _, let words): return (.server, words?.text ?? none)
    case .messageDeleted, .messagePinned, .chatSet, .invitationAnswered,
      .stageLeft, .followed, .reactionsCounted, .voted, .pollClosed, .pollRevealed, .upvoted,
      .questionAnswered, .questionDismissed, .questionHighlighted, .entered, .giveawayClosed,
      .giveawayCancelled, .phaseChanged, .audienceCounted, .unknown:
      return (.server, none)
    }
  }
}
