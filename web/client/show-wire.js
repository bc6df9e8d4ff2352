// What the room socket says of the room (signaling/PROTOCOL.md), as the snapshot and the events of show.js. Pure.

import { isOfShop, shopFrom } from "./shop.js";
import { titled } from "./show.js";

/** @typedef {import("./protocol").Message} Message */
/** @typedef {import("./protocol").Show} Show */
/** @typedef {import("./protocol").ChatMessage} ChatMessage */
/** @typedef {import("./protocol").Role} Role */

/** @param {any} person  null where their data was erased */
export const personOf = (person) => ({ member: person?.identity ?? person?.member ?? "", name: person?.name ?? "" });

/** @param {any} message @returns {ChatMessage} */
export function messageOf(message) {
  return {
    id: message.id,
    at: message.atMs,
    mediaTime: message.mediaTimeMs ?? null,
    from: { ...personOf(message.member), role: message.role },
    text: message.text ?? null,
    replyTo: message.replyTo ?? null,
    class: message.class ?? "plain",
    deleted: message.deleted === true,
    held: message.held === true,
  };
}

/** @param {any} person @returns {import("./protocol").PersonHere} */
export function personHereOf(person) {
  const { role, muted, stage } = person;
  return { ...personOf(person), role, since: person.sinceMs, muted, timeoutUntil: person.timedOutUntilMs ?? null, stage: stage === "off" ? "none" : stage };
}

/** @param {any} person @returns {import("./protocol").BannedPerson} */
export function bannedOf(person) {
  return { ...personOf(person), at: person.atMs ?? null, reason: person.reason ?? "", device: person.device };
}

/** @param {any} entry @returns {import("./protocol").AuditEntry} */
export function auditOf(entry) {
  const { kind, member, text } = entry;
  const about = member ? member.name || member.identity : undefined;
  return { seq: entry.cursor, at: entry.atMs, by: entry.by ? personOf(entry.by) : null, kind, member: about, text: text ?? undefined };
}

/** @param {any} poll @returns {import("./protocol").Poll} */
function pollOf(poll) {
  const { id, question, options, multiple, changeable, results, voters } = poll;
  const state = poll.open ? "open" : poll.revealed ? "revealed" : "closed";
  // What is this member's own comes by `me` and `voted`.
  return { id, question: question ?? "", options: options.map((/** @type {any} */ each) => each ?? ""), multiple, changeable, results, state, closesAt: poll.closesAtMs ?? null, counts: poll.counts ?? null, voters, yours: null };
}

/**
 * @param {any} question
 * @param {"open"|"answered"} [state]
 * @returns {import("./protocol").Question}
 */
function questionOf(question, state = "open") {
  const { id, text, upvotes } = question;
  return { id, at: question.atMs, from: { ...personOf(question.member), role: "viewer" }, text: text ?? null, upvotes, state, highlighted: false, yours: false };
}

/** @param {any} giveaway @returns {import("./protocol").Giveaway} */
function giveawayOf(giveaway) {
  const { id, prize, rule, winnersWanted, commitment, entries, stage } = giveaway;
  const winners = stage === "drawn" ? giveaway.winners.map(personOf) : null;
  return { id, prize: prize ?? "", rule, keyword: giveaway.keyword ?? null, winnersWanted, closesAt: giveaway.closesAtMs ?? null, commitment, entries, state: stage, entered: false, winners, seed: giveaway.seed ?? null };
}

/** @param {{emoji: string, count: number}[]} [counts] */
const countsOf = (counts = []) => Object.fromEntries(counts.map((each) => [each.emoji, each.count]));

/** @param {any} head @returns {import("./protocol").Words} */
const wordsOf = (head) => ({ title: head?.title ?? null, description: head?.description ?? null });

/**
 * The show that a whole snapshot tells of, as someone sees it of whom nothing is known yet: `me` follows.
 * @param {Message[]} parts  in their order
 * @param {import("./protocol").Member|null} member
 * @param {number} viewers
 * @returns {Show}
 */
export function showFrom(parts, member, viewers) {
  const [head] = parts;
  /** @param {string} name @returns {any[]} */
  const list = (name) => parts.flatMap((part) => part[name] ?? []);
  const { words, ...chat } = head.chat;
  const questions = [...list("questions").map((each) => questionOf(each)), ...list("answered").map((each) => questionOf(each, "answered"))];
  return {
    seq: head.cursor,
    phase: head.phase,
    shop: shopFrom(parts),
    ...titled(wordsOf(head.settings), wordsOf(head.schedule)),
    emojis: head.settings?.emojis ?? [],
    listed: head.settings?.listed ?? true,
    startsAt: head.schedule?.startsAtMs ?? null,
    host: head.host ? personOf(head.host) : null,
    followers: head.followers,
    chat,
    words,
    reactions: countsOf(head.totals),
    messages: list("messages").map(messageOf),
    held: list("held").map(messageOf),
    pinned: head.pinned ? messageOf(head.pinned) : null,
    polls: list("polls").map(pollOf),
    questions: questions.map((each) => (each.id === head.highlighted ? { ...each, highlighted: true } : each)),
    giveaways: list("giveaways").map(giveawayOf),
    viewers,
    you: { member: member?.identity ?? "", name: member?.name ?? "", role: member?.role ?? "viewer", muted: false, timeoutUntil: null, stage: "none", follows: false, subscriber: false, mayPublish: false },
    stage: [
      ...(head.stage ?? []).map((/** @type {any} */ each) => ({ ...personOf(each), state: "on" })),
      ...(head.invited ?? []).map((/** @type {any} */ each) => ({ ...personOf(each), state: "invited" })),
    ],
  };
}

/** @type {Record<string, (message: Message) => Message|null>} */
const EVENTS = {
  said: ({ message }) => ({ type: message.held ? "messageHeld" : "said", message: messageOf(message) }),
  messageDeleted: ({ message }) => ({ type: "messageDeleted", message }),
  messagePinned: ({ message }) => ({ type: "messagePinned", message: message ? messageOf(message) : null }),
  messageReviewed: ({ message, approved }) => ({ type: "messageReviewed", message: typeof message === "number" ? message : messageOf(message), approved }),
  messagesCleared: ({ member }) => ({ type: "messagesCleared", ...only(member) }),
  chatGap: ({ from, to, count }) => ({ type: "chatGap", from, to, count }),
  chatSet: ({ chat: { words, ...chat } }) => ({ type: "chatChanged", chat, words }),
  muted: ({ member, on }) => ({ type: "memberMuted", ...only(member), on }),
  timedOut: ({ member, untilMs }) => ({ type: "memberTimedOut", ...only(member), until: untilMs }),
  banned: ({ member }) => ({ type: "memberBanned", ...only(member) }),
  unbanned: ({ member }) => ({ type: "memberUnbanned", ...only(member) }),
  roleSet: ({ member, role }) => ({ type: "roleChanged", ...personOf(member), role }),
  stageInvited: ({ member }) => ({ type: "stageInvited", ...personOf(member) }),
  invitationAnswered: ({ member, accept }) => ({ type: accept ? "stageJoined" : "stageLeft", ...personOf(member) }),
  stageLeft: ({ member }) => ({ type: "stageLeft", ...only(member) }),
  stageRemoved: ({ member }) => ({ type: "stageLeft", ...only(member) }),
  followed: ({ on }) => ({ type: "yours", follows: on }),
  pollOpened: ({ poll }) => ({ type: "pollOpened", poll: pollOf(poll) }),
  pollClosed: ({ poll }) => ({ type: "pollClosed", poll: pollOf(poll) }),
  pollRevealed: ({ poll }) => ({ type: "pollRevealed", poll: pollOf(poll) }),
  voted: ({ poll, options }) => ({ type: "yours", poll, value: options }),
  pollCounts: ({ poll, counts, voters }) => ({ type: "pollCounts", poll, counts, voters }),
  pollVoters: ({ poll, voters }) => ({ type: "pollVoters", poll, voters }),
  followers: ({ followers }) => ({ type: "followers", followers }),
  hostSet: ({ host }) => ({ type: "hostChanged", host: host ? personOf(host) : null }),
  asked: ({ question }) => ({ type: "questionAsked", question: questionOf(question) }),
  upvoted: ({ question, on }) => ({ type: "yours", question, value: on }),
  upvotes: ({ question, upvotes }) => ({ type: "questionVotes", question, upvotes }),
  questionAnswered: ({ question }) => ({ type: "questionAnswered", question }),
  questionDismissed: ({ question }) => ({ type: "questionDismissed", question }),
  questionHighlighted: ({ question }) => ({ type: "questionHighlighted", question: question ?? null }),
  giveawayOpened: ({ giveaway }) => ({ type: "giveawayOpened", giveaway: giveawayOf(giveaway) }),
  giveawayClosed: ({ giveaway }) => ({ type: "giveawayClosed", giveaway: giveaway.id }),
  giveawayDrawn: ({ giveaway }) => ({ type: "giveawayDrawn", giveaway: giveawayOf(giveaway) }),
  giveawayCancelled: ({ giveaway }) => ({ type: "giveawayCancelled", giveaway: giveaway.id }),
  entered: ({ giveaway }) => ({ type: "yours", giveaway, value: true }),
  entries: ({ giveaway, entries }) => ({ type: "giveawayEntries", giveaway, entries }),
  scheduled: ({ schedule }) => ({ type: "showScheduled", schedule: wordsOf(schedule), startsAt: schedule.startsAtMs }),
  announced: ({ text, atMs }) => (text === null ? null : { type: "announced", text, at: atMs }),
  roomSet: ({ settings }) => ({ type: "roomChanged", settings: wordsOf(settings), emojis: settings.emojis, listed: settings.listed ?? true }),
  phaseChanged: ({ phase }) => ({ type: "phaseChanged", phase }),
  reactions: ({ counts }) => ({ type: "reactions", counts: countsOf(counts) }),
  reactionTotals: ({ totals }) => ({ type: "reactionTotals", totals: countsOf(totals) }),
  caption: ({ caption, language, text, mediaTimeMs, durationMs, partial }) => ({ type: "caption", caption: { id: caption, language, text, mediaTimeMs, durationMs, partial: partial === true } }),
  me: (message) => ({
    type: "me",
    you: { role: message.role, mayPublish: message.publish, muted: message.muted, timeoutUntil: message.timedOutUntilMs ?? null, follows: message.follows, subscriber: message.subscriber ?? false, stage: message.stage === "off" ? "none" : message.stage },
    votes: message.votes ?? [],
    upvoted: message.upvoted ?? [],
    entered: message.entered ?? [],
    held: (message.held ?? []).map(messageOf),
    shop: message.shop,
  }),
};

/** @param {any} person */
const only = (person) => ({ member: personOf(person).member });

/**
 * The event of show.js that a message of the server is; null for all that are none.
 * @param {Message} message
 * @returns {Message|null}
 */
export function eventFrom(message) {
  // The viewers are told with the media's state, whose cursor is another one.
  if (message.type === "roomState") return typeof message.room?.viewers === "number" ? { type: "audience", viewers: message.room.viewers } : null;
  if (isOfShop(message.type)) return shopEvent(message);
  const event = Object.hasOwn(EVENTS, message.type) ? EVENTS[message.type](message) : null;
  if (!event) return null;
  return { at: message.atMs, seq: message.cursor, mediaTime: message.mediaTimeMs ?? null, ...event };
}

/**
 * The shop's events are taken as they are, but staff are told of all orders and everyone of their own.
 * @param {Message} message
 * @returns {Message}
 */
function shopEvent(message) {
  const type = message.type === "orderUpdated" && message.order.member === undefined ? "ownOrderUpdated" : message.type;
  return { ...message, type, at: message.atMs, seq: message.cursor, mediaTime: message.mediaTimeMs ?? null };
}
