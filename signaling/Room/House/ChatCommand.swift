// Messages that begin with a slash: commands typed into the chat.

import Access

/// Reads `/ban NAME` and its like.
enum ChatCommand {
  /// What a text is as a command; nil for one that is none.
  ///
  /// - Parameter newest: the message `/pin` means.
  /// - Throws: `unknown-command` naming it, `bad-field` with how it is written.
  static func parse(
    _ text: String, newest: EntryID?
  ) throws(CommandRefusal) -> RoomCommand? {
    let trimmed = text.drop(while: { $0.isWhitespace })
    guard trimmed.first == "/" else { return nil }
    let words = trimmed.dropFirst().split(maxSplits: 1, whereSeparator: { $0.isWhitespace })
    let name = words.first.map { String($0).lowercased() } ?? ""
    let rest = words.count > 1 ? String(words[1]) : ""
    switch name {
    case "ban":
      let (member, reason) = try member(rest, "/ban NAME [REASON]")
      return .toward(member, .ban(.identity, reason: reason.isEmpty ? nil : reason))
    case "unban": return .toward(try member(rest, "/unban NAME").0, .unban)
    case "mute": return .toward(try member(rest, "/mute NAME").0, .mute(on: true))
    case "unmute": return .toward(try member(rest, "/unmute NAME").0, .mute(on: false))
    case "timeout":
      let (member, seconds) = try member(rest, "/timeout NAME SECONDS")
      guard let seconds = Int64(seconds) else { throw usage("/timeout NAME SECONDS") }
      return .toward(member, .timeout(seconds: seconds))
    case "clear": return .toward(try member(rest, "/clear NAME").0, .clearMessages)
    case "mod": return .toward(try member(rest, "/mod NAME").0, .setRole(.moderator))
    case "unmod": return .toward(try member(rest, "/unmod NAME").0, .setRole(.viewer))
    case "slow":
      guard let seconds = Int64(trimming(rest)) else { throw usage("/slow SECONDS") }
      var change = ChatRulesChange()
      change.slowSeconds = seconds
      return .setChat(change)
    case "pin":
      guard let newest else { throw CommandRefusal(.unknownMessage, "there is no message to pin") }
      return .pinMessage(newest)
    case "unpin": return .pinMessage(nil)
    case "poll":
      let parts = rest.split(separator: "|").map { String($0) }
      guard parts.count >= 3 else { throw usage("/poll QUESTION | OPTION | OPTION") }
      return .openPoll(PollDraft(question: parts[0], options: Array(parts.dropFirst())))
    default:
      // The name is the sender's own and goes back to nobody else.
      throw CommandRefusal(.unknownCommand, "there is no command /\(name.prefix(32))")
    }
  }

  /// A name, in quotes if it has spaces, and what follows it.
  private static func member(
    _ text: String, _ form: String
  ) throws(CommandRefusal) -> (MemberReference, String) {
    let text = trimming(text)
    let name: Substring
    if text.first == "\"", let end = text.dropFirst().firstIndex(of: "\"") {
      name = text[text.index(after: text.startIndex)..<end]
      guard !name.isEmpty else { throw usage(form) }
      return (.typed(String(name)), trimming(text[text.index(after: end)...]))
    }
    name = text.prefix { !$0.isWhitespace }
    guard !name.isEmpty else { throw usage(form) }
    return (.typed(String(name)), trimming(text[name.endIndex...]))
  }

  private static func trimming(_ text: some StringProtocol) -> String {
    let head = text.drop(while: { $0.isWhitespace })
    let spaces = head.reversed().prefix { $0.isWhitespace }.count
    return String(head.dropLast(spaces))
  }

  private static func usage(_ form: String) -> CommandRefusal {
    CommandRefusal(.badField, "write \(form)")
  }
}
