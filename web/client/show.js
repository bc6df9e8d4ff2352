// The room's half as state: `apply(state, event)` is the state after an event. Pure: no clock, no network, no page.

import { applyToShop, isOfShop, SHOP_UNORDERED, withWholeOwn } from "./shop.js";

/** @typedef {import("./protocol").Message} Message */
/** @typedef {import("./protocol").Show} Show */
/** @typedef {import("./protocol").ChatMessage} ChatMessage */
/** @typedef {import("./protocol").Poll} Poll */
/** @typedef {import("./protocol").Question} Question */
/** @typedef {import("./protocol").Giveaway} Giveaway */
/** @typedef {import("./protocol").StageGuest} StageGuest */

/**
 * Messages that this connection was not sent, `count` of them with ids from `from` to `to`.
 * @typedef {{from: number, to: number, count: number}} Gap
 */

/**
 * What a page knows of the show. Parts that an event doesn't touch stay the same objects, so `===` says what changed.
 * @typedef {Show & {
 *   held: ChatMessage[],
 *   gaps: Gap[],
 *   announcement: {text: string, at: number}|null,
 *   banned: boolean,
 *   applied: number,
 * }} ShowState
 */

/** A screenful many times over; older ones are asked for with `history`. */
export const MESSAGES_MAX = 200;
/** More polls, questions or giveaways than anyone looks at in one show: the oldest that are over go first. */
export const ITEMS_MAX = 200;
/** Gaps are shown between messages, and these are bounded. */
export const GAPS_MAX = 20;

/**
 * The state that a snapshot stands for.
 * @param {Show} show
 * @returns {ShowState}
 */
export function showOf(show) {
  return {
    ...show,
    messages: show.messages.slice(-MESSAGES_MAX),
    held: show.held ?? [],
    stage: show.stage ?? [],
    gaps: [],
    announcement: null,
    banned: false,
    applied: show.seq,
  };
}

/**
 * Events that may overtake others, because the server sends them by queues of their own: chat, which is told apart by
 * message ids, and counters, whose last value wins. All others come in order, so an old one is a repetition.
 */
const UNORDERED = new Set([
  "said", "messageHeld", "messageReviewed", "messageDeleted", "messagesCleared", "chatGap", "pollCounts", "pollVoters", "followers",
  "questionVotes", "giveawayEntries", "audience", "reactions", "reactionTotals", "yours", "me", ...SHOP_UNORDERED,
]);
/** Counters carry the number of another event, so they don't move the cursor. */
const COUNTERS = new Set(["pollCounts", "pollVoters", "followers", "questionVotes", "giveawayEntries", "audience", "reactions", "reactionTotals", "yours", "me", "chatGap", ...SHOP_UNORDERED]);

/**
 * The state after an event. Unknown events, and events about what isn't known, change nothing.
 * @param {ShowState} state
 * @param {Message} event
 * @returns {ShowState}
 */
export function apply(state, event) {
  const change = isOfShop(event.type) ? changeOfShop : Object.hasOwn(CHANGES, event.type) ? CHANGES[event.type] : undefined;
  if (!change) return state;
  const ordered = !UNORDERED.has(event.type);
  const seq = typeof event.seq === "number" ? event.seq : 0;
  if (ordered && seq > 0 && seq <= state.applied) return state;
  const next = change(state, event);
  if (seq === 0 || COUNTERS.has(event.type)) return next;
  const cursors = { seq: Math.max(next.seq, seq), applied: ordered ? Math.max(next.applied, seq) : next.applied };
  return { ...next, ...cursors };
}

/** @param {ShowState} state @param {Message} event */
function changeOfShop(state, event) {
  const shop = applyToShop(state.shop, event);
  return shop === state.shop ? state : { ...state, shop };
}

/** @type {Record<string, (state: ShowState, event: Message) => ShowState>} */
const CHANGES = {
  said: (state, { message }) => ({ ...state, messages: withMessage(state.messages, message) }),
  messageHeld: (state, { message }) => {
    const held = { ...message, held: true };
    // Staff see it in the queue, its author where it would be.
    if (message.from.member === state.you.member) return { ...state, messages: withMessage(state.messages, held) };
    return { ...state, held: withMessage(state.held, held) };
  },
  messageReviewed: (state, { message, approved }) => {
    const id = typeof message === "number" ? message : message.id;
    const next = { ...state, held: without(state.held, id) };
    if (!approved) return { ...next, messages: without(next.messages, id) };
    const shown = typeof message === "number" ? state.held.find((each) => each.id === id) : message;
    return shown ? { ...next, messages: withMessage(next.messages, { ...shown, held: false }) } : next;
  },
  messageDeleted: (state, { message }) => ({
    ...state,
    messages: withChange(state.messages, message, { text: null, deleted: true }),
    held: without(state.held, message),
    pinned: state.pinned?.id === message ? null : state.pinned,
  }),
  messagesCleared: (state, { member }) => ({
    ...state,
    messages: state.messages.map((each) => (each.from.member === member ? { ...each, text: null, deleted: true } : each)),
    held: state.held.filter((each) => each.from.member !== member),
    pinned: state.pinned?.from.member === member ? null : state.pinned,
  }),
  messagePinned: (state, { message }) => ({ ...state, pinned: message ?? null }),
  chatGap: (state, { from, to, count }) => ({ ...state, gaps: [...state.gaps, { from, to, count }].slice(-GAPS_MAX) }),
  chatChanged: (state, { chat, words }) => ({ ...state, chat, words: words ?? state.words }),

  memberMuted: (state, { member, on }) => withYou(state, member, { muted: on }),
  memberTimedOut: (state, { member, until }) => withYou(state, member, { timeoutUntil: until }),
  memberBanned: (state, { member }) => (member === state.you.member ? { ...state, banned: true } : state),
  memberUnbanned: (state, { member }) => (member === state.you.member ? { ...state, banned: false } : state),
  roleChanged: (state, { member, role }) => withYou(state, member, { role }),
  stageInvited: (state, { member, name }) =>
    withYou(withGuest(state, { member, name: name ?? nameIn(state, member), state: "invited" }), member, { stage: "invited" }),
  stageJoined: (state, { member, name }) =>
    withYou(withGuest(state, { member, name: name ?? nameIn(state, member), state: "on" }), member, { stage: "on", mayPublish: true }),
  stageLeft: (state, { member }) => {
    const next = { ...state, stage: state.stage.filter((each) => each.member !== member) };
    return withYou(next, member, { stage: "none", mayPublish: ["host", "cohost"].includes(state.you.role) });
  },

  pollOpened: (state, { poll }) => ({ ...state, polls: withItem(state.polls, poll) }),
  pollClosed: (state, { poll }) => ({ ...state, polls: withItem(state.polls, poll) }),
  pollRevealed: (state, { poll }) => ({ ...state, polls: withItem(state.polls, poll) }),
  pollCounts: (state, { poll, counts, voters }) => ({ ...state, polls: withChange(state.polls, poll, { counts, voters }) }),
  // Never with counts: to those who see them this is old.
  pollVoters: (state, { poll, voters }) => ({ ...state, polls: withChange(state.polls, poll, { voters }) }),
  followers: (state, { followers }) => ({ ...state, followers }),
  hostChanged: (state, { host }) => ({ ...state, host }),

  questionAsked: (state, { question }) => ({ ...state, questions: withItem(state.questions, question) }),
  // It stays on screen until it is taken off, as the server has it.
  questionAnswered: (state, { question }) => ({
    ...state,
    questions: withChange(state.questions, question, { state: "answered" }),
  }),
  questionDismissed: (state, { question }) => ({
    ...state,
    questions: withChange(state.questions, question, { state: "dismissed", highlighted: false }),
  }),
  questionHighlighted: (state, { question }) => ({
    ...state,
    questions: state.questions.map((each) =>
      each.highlighted === (each.id === question) ? each : { ...each, highlighted: each.id === question },
    ),
  }),
  questionVotes: (state, { question, upvotes }) => ({ ...state, questions: withChange(state.questions, question, { upvotes }) }),

  giveawayOpened: (state, { giveaway }) => ({ ...state, giveaways: withItem(state.giveaways, giveaway) }),
  giveawayClosed: (state, { giveaway }) => ({ ...state, giveaways: withChange(state.giveaways, giveaway, { state: "closed" }) }),
  giveawayDrawn: (state, { giveaway }) => ({ ...state, giveaways: withItem(state.giveaways, giveaway) }),
  giveawayCancelled: (state, { giveaway }) => ({
    ...state,
    giveaways: withChange(state.giveaways, giveaway, { state: "cancelled" }),
  }),
  giveawayEntries: (state, { giveaway, entries }) => ({ ...state, giveaways: withChange(state.giveaways, giveaway, { entries }) }),

  showScheduled: (state, { schedule, startsAt }) => {
    const phase = state.phase === "waiting" ? "scheduled" : state.phase;
    return { ...state, ...titled(state.settings, schedule), startsAt, phase };
  },
  announced: (state, { text, at }) => ({ ...state, announcement: { text, at } }),
  roomChanged: (state, { settings, emojis, listed }) => ({
    ...state, ...titled(settings, state.schedule), emojis: emojis ?? state.emojis, listed: listed ?? state.listed,
  }),
  phaseChanged: (state, { phase }) => ({ ...state, phase }),

  audience: (state, { viewers }) => (viewers === state.viewers ? state : { ...state, viewers }),
  reactions: (state, { counts }) => {
    const reactions = { ...state.reactions };
    for (const [emoji, count] of Object.entries(counts)) {
      // Only the room's own ones, so that the record stays bounded.
      if (state.emojis.includes(emoji)) reactions[emoji] = (reactions[emoji] ?? 0) + count;
    }
    return { ...state, reactions };
  },
  reactionTotals: (state, { totals }) => ({ ...state, reactions: totals }),
  me: (state, { you, votes, upvoted, entered, held, shop }) => ({
    ...state,
    shop: withWholeOwn(state.shop, shop),
    you: { ...state.you, ...you },
    polls: state.polls.map((poll) => {
      const vote = votes.find((/** @type {any} */ each) => each.poll === poll.id);
      return { ...poll, yours: vote?.options ?? null, counts: poll.counts ?? vote?.counts ?? null };
    }),
    questions: state.questions.map((each) => ({ ...each, yours: upvoted.includes(each.id) })),
    giveaways: state.giveaways.map((each) => ({ ...each, entered: entered.includes(each.id) })),
    messages: held.reduce(withMessage, state.messages),
  }),
  yours: (state, { poll, question, giveaway, follows, value }) => {
    if (poll !== undefined) return { ...state, polls: withChange(state.polls, poll, { yours: value }) };
    if (question !== undefined) return { ...state, questions: withChange(state.questions, question, { yours: value }) };
    if (giveaway !== undefined) return { ...state, giveaways: withChange(state.giveaways, giveaway, { entered: value }) };
    if (follows !== undefined && follows !== state.you.follows) {
      return { ...state, you: { ...state.you, follows }, followers: Math.max(0, state.followers + (follows ? 1 : -1)) };
    }
    return state;
  },
};

/**
 * What a show is called: the room's own words come before those of the schedule.
 * @param {import("./protocol").Words} settings
 * @param {import("./protocol").Words} schedule
 */
export function titled(settings, schedule) {
  const title = settings.title ?? schedule.title ?? "";
  const description = settings.description ?? schedule.description ?? "";
  return { settings, schedule, title, description };
}

/**
 * The list with this message in its place; the oldest go when there are too many.
 * @param {ChatMessage[]} messages by id
 * @param {ChatMessage} message
 */
function withMessage(messages, message) {
  let at = messages.length;
  while (at > 0 && messages[at - 1].id > message.id) at--;
  const replaced = at > 0 && messages[at - 1].id === message.id;
  // Deleted stays deleted, should the message come (again) after its deletion.
  if (replaced && messages[at - 1].deleted) return messages;
  const list = [...messages.slice(0, replaced ? at - 1 : at), message, ...messages.slice(at)];
  return list.length > MESSAGES_MAX ? list.slice(-MESSAGES_MAX) : list;
}

/**
 * A poll or giveaway comes whole with its events, but what is yours is known here already.
 * @template {Poll|Question|Giveaway} T
 * @param {T[]} items
 * @param {T} item
 * @returns {T[]}
 */
function withItem(items, item) {
  const old = items.find((each) => each.id === item.id);
  if (old) {
    /** @type {any} */
    const kept = {};
    for (const mine of ["yours", "entered"]) {
      const { [mine]: before } = /** @type {any} */ (old);
      if (before !== undefined && !(/** @type {any} */ (item)[mine])) kept[mine] = before;
    }
    return items.map((each) => (each === old ? { ...item, ...kept } : each));
  }
  const list = [...items, item];
  if (list.length <= ITEMS_MAX) return list;
  const over = list.findIndex((each) => each.state !== "open");
  list.splice(Math.max(0, over), 1);
  return list;
}

/**
 * @template {{id: number}} T
 * @param {T[]} items
 * @param {number} id
 * @param {Partial<T>} change
 * @returns {T[]}
 */
function withChange(items, id, change) {
  const at = items.findIndex((each) => each.id === id);
  return at < 0 ? items : items.map((each, index) => (index === at ? { ...each, ...change } : each));
}

/**
 * @template {{id: number}} T
 * @param {T[]} items
 * @param {number} id
 * @returns {T[]}
 */
function without(items, id) {
  return items.some((each) => each.id === id) ? items.filter((each) => each.id !== id) : items;
}

/**
 * @param {ShowState} state
 * @param {string} member
 * @param {Partial<import("./protocol").You>} change
 */
function withYou(state, member, change) {
  return member === state.you.member ? { ...state, you: { ...state.you, ...change } } : state;
}

/**
 * @param {ShowState} state
 * @param {StageGuest} guest
 */
function withGuest(state, guest) {
  const others = state.stage.filter((each) => each.member !== guest.member);
  return { ...state, stage: [...others, guest].slice(-ITEMS_MAX) };
}

/**
 * A member's name as last seen.
 * @param {ShowState} state
 * @param {string} member
 */
function nameIn(state, member) {
  const known = state.stage.find((each) => each.member === member)?.name;
  return known ?? state.messages.find((each) => each.from.member === member)?.from.name ?? member;
}
