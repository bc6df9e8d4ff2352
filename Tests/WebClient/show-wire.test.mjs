// The room's half as the socket tells it: PROTOCOL.md's examples, made into the state of show.js.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { LiveShow } from "../../web/client/live-show.js";
import { eventFrom } from "../../web/client/show-wire.js";

const bob = { identity: "bob", name: "Bob" };
const joined = (identity = "bob") => ({ member: { identity, name: "Bob", role: "viewer" }, room: { name: "demo", phase: "live", hostPresent: true, viewers: 212 } });
const line = (id, more = {}) => ({ id, member: bob, role: "viewer", text: "Hello", replyTo: null, class: "plain", atMs: 1000, mediaTimeMs: null, ...more });

const head = {
  type: "snapshot", cursor: 57, part: 0, last: false, phase: "live",
  settings: { title: "Spring sale", description: null, viewersMax: 0, bitrateMax: 0, anonymous: "allow", emojis: ["❤️", "👍"], retentionDays: 0 },
  schedule: { title: "Spring", startsAtMs: 1793247543000, description: "All of it" }, announcement: "Free shipping today",
  firstLiveAtMs: 1, endedAtMs: null, host: { identity: "alice", name: "Alice" }, followers: 31,
  chat: { mode: "everyone", slowSeconds: 0, hold: "off", links: "allow", emojiOnly: false }, pinned: null, stage: [bob],
  totals: [{ emoji: "👍", count: 1200 }], highlighted: 45, messages: [line(41)],
};
const rest = {
  type: "snapshot", cursor: 57, part: 1, last: true, messages: [line(42, { text: null, deleted: true }), line(43, { member: null })],
  polls: [{ id: 44, question: "Next colour?", options: ["Blue", "Green"], multiple: false, changeable: true, results: "afterVote", closesAtMs: null, open: true, revealed: false, counts: null, voters: 4 }],
  questions: [{ id: 45, member: bob, text: "Is it wool?", atMs: 1, upvotes: 2 }], answered: [{ id: 40, member: bob, text: "Size?", atMs: 1, upvotes: 1 }],
  giveaways: [{ id: 46, prize: "A mug", rule: "keyword", keyword: "mug", winnersWanted: 2, closesAtMs: null, stage: "open", entries: 7, commitment: "8c1f", seed: null, winners: [] }],
};
const me = {
  type: "me", cursor: 57, role: "moderator", publish: false, muted: false, timedOutUntilMs: null, follows: true, stage: "off",
  votes: [{ poll: 44, options: [0], counts: [3, 1] }], upvoted: [45], entered: [46], held: [line(56, { held: true })],
};

function live(...messages) {
  const show = new LiveShow();
  show.joined(joined());
  for (const message of messages) show.receive(message);
  return show;
}

test("a snapshot in parts and `me` are one state", () => {
  const show = live(head);
  assert.equal(show.state, null, "not before the last part");
  show.receive(rest);
  show.receive(me);
  const { state } = show;
  assert.equal(show.cursor, 57);
  assert.deepEqual([state.title, state.description, state.startsAt, state.viewers, state.followers], ["Spring sale", "All of it", 1793247543000, 212, 31]);
  assert.deepEqual(state.messages.map((each) => [each.id, each.text, each.deleted, each.held, each.from.member]), [
    [41, "Hello", false, false, "bob"], [42, null, true, false, "bob"], [43, "Hello", false, false, ""], [56, "Hello", false, true, "bob"],
  ]);
  assert.deepEqual([state.polls[0].state, state.polls[0].yours, state.polls[0].counts], ["open", [0], [3, 1]]);
  assert.deepEqual(state.questions.map((each) => [each.id, each.state, each.highlighted, each.yours]), [[45, "open", true, true], [40, "answered", false, false]]);
  assert.deepEqual([state.giveaways[0].state, state.giveaways[0].entered, state.giveaways[0].winners], ["open", true, null]);
  assert.deepEqual([state.you.member, state.you.role, state.you.stage, state.you.follows], ["bob", "moderator", "none", true]);
  assert.deepEqual([state.reactions, state.stage], [{ "👍": 1200 }, [{ member: "bob", name: "Bob", state: "on" }]]);
});

test("a part whose beginning was lost is no snapshot; a new one replaces everything", () => {
  const show = live(rest);
  assert.equal(show.state, null);
  for (const part of [head, { ...head, cursor: 60, last: true, messages: [line(59)] }]) show.receive(part);
  assert.deepEqual([show.cursor, show.state.messages.map((each) => each.id)], [60, [59]]);
});

test("what was left out for a page that is behind is marked; what came in between is there", () => {
  const show = live(head, rest, me);
  show.receive({ type: "chatGap", from: 58, to: 80, count: 20 });
  show.receive({ type: "said", cursor: 70, atMs: 1, message: line(70, { text: "Wool?", class: "question" }) });
  show.receive({ type: "said", cursor: 81, atMs: 1, message: line(81) });
  assert.deepEqual(show.state.gaps, [{ from: 58, to: 80, count: 20 }]);
  assert.deepEqual(show.state.messages.map((each) => each.id).slice(-2), [70, 81]);
  assert.equal(show.cursor, 81);
});

test("events follow the snapshot, in the forms of PROTOCOL.md", () => {
  const show = live(head, rest, me);
  const events = [
    { type: "said", cursor: 58, atMs: 1, message: line(58, { text: "mine", class: "claim" }) },
    { type: "messageDeleted", cursor: 59, atMs: 1, message: 41 },
    { type: "messagePinned", cursor: 60, atMs: 1, message: line(58) },
    { type: "chatSet", cursor: 63, atMs: 1, chat: { mode: "followers", slowSeconds: 10, hold: "off", links: "allow", emojiOnly: false, words: ["scam"] } },
    { type: "muted", cursor: 64, atMs: 1, member: bob, on: true },
    { type: "timedOut", cursor: 65, atMs: 1, member: bob, untilMs: 1793247613700 },
    { type: "roleSet", cursor: 68, atMs: 1, member: bob, role: "cohost" },
    { type: "stageInvited", cursor: 69, atMs: 1, member: bob },
    { type: "invitationAnswered", cursor: 70, atMs: 1, member: bob, accept: true },
    { type: "voted", cursor: 75, atMs: 1, poll: 44, options: [1] },
    { type: "pollCounts", cursor: 75, poll: 44, counts: [2, 2], voters: 4 },
    { type: "pollVoters", cursor: 75, poll: 44, voters: 5 }, { type: "followers", cursor: 75, followers: 33 },
    { type: "hostSet", cursor: 76, atMs: 1, host: { identity: "alice", name: "Alice B." } },
    { type: "asked", cursor: 78, atMs: 1, question: { id: 78, member: bob, text: "Blue?", atMs: 1, upvotes: 0 } },
    { type: "upvotes", cursor: 79, question: 78, upvotes: 1 },
    { type: "questionHighlighted", cursor: 82, atMs: 1, question: 78 },
    { type: "entries", cursor: 84, giveaway: 46, entries: 8 },
    { type: "giveawayDrawn", cursor: 85, atMs: 1, giveaway: { ...rest.giveaways[0], stage: "drawn", seed: "00", winners: [bob] } },
    { type: "scheduled", cursor: 88, atMs: 1, schedule: { title: "Later", startsAtMs: 9, description: null } },
    { type: "announced", cursor: 89, atMs: 7, text: "Free" },
    { type: "phaseChanged", cursor: 91, atMs: 1, mediaTimeMs: 1, phase: "away" },
    { type: "reactions", counts: [{ emoji: "❤️", count: 17 }] },
    { type: "reactionTotals", cursor: 93, totals: [{ emoji: "❤️", count: 1217 }] },
    { type: "roomState", cursor: 4, room: { name: "demo", phase: "live", hostPresent: true, viewers: 300 } },
  ];
  for (const event of events) show.receive(event);
  const { state } = show;
  assert.equal(show.cursor, 91);
  assert.deepEqual([state.messages[0].text, state.pinned.id, state.messages.at(-1).class], [null, 58, "claim"]);
  assert.deepEqual([state.chat.mode, "words" in state.chat, state.words], ["followers", false, ["scam"]]);
  assert.deepEqual([state.you.muted, state.you.timeoutUntil, state.you.role, state.you.stage], [true, 1793247613700, "cohost", "on"]);
  assert.deepEqual([state.polls[0].yours, state.polls[0].counts], [[1], [2, 2]]);
  assert.deepEqual([state.polls[0].voters, state.followers, state.host.name], [5, 33, "Alice B."]);
  assert.deepEqual(state.questions.filter((each) => each.highlighted).map((each) => [each.id, each.upvotes]), [[78, 1]]);
  assert.deepEqual([state.giveaways[0].winners, state.giveaways[0].entered, state.giveaways[0].entries], [[{ member: "bob", name: "Bob" }], true, 7]);
  assert.deepEqual([state.startsAt, state.announcement, state.phase, state.viewers, state.reactions], [9, { text: "Free", at: 7 }, "away", 300, { "❤️": 1217 }]);
});

test("media's messages are no events of the show", () => {
  for (const type of ["tracks", "trackAdded", "layer", "mediaTime", "pong", "bye", "constructor", "__proto__"]) assert.equal(eventFrom({ type, cursor: 9 }), null);
});

test("another person's session forgets this one's state; the same person's keeps it", () => {
  const show = live({ ...head, last: true });
  show.joined(joined("bob"));
  assert.notEqual(show.state, null);
  show.joined(joined("carol"));
  assert.equal(show.state, null);
});

test("every example of an event in PROTOCOL.md is understood", () => {
  const page = new URL("../../signaling/PROTOCOL.md", import.meta.url);
  if (!existsSync(page)) return;
  const text = readFileSync(page, "utf8");
  const part = text.slice(text.indexOf("### Events") + 1, text.indexOf("### Verifying a draw"));
  if (!text.includes("### Events")) return; // this server has no room's half yet
  // Told to staff once a minute; the pages show the viewers of `roomState`.
  const passedOver = new Set(["audienceCounted"]);
  for (const [, json] of part.matchAll(/^(\{"type".*\})$/gm)) {
    const message = JSON.parse(json);
    if (!passedOver.has(message.type)) assert.ok(eventFrom(message), message.type);
  }
});

test("a snapshot later says what the events said: room and schedule named in either order", () => {
  const scheduled = { type: "scheduled", cursor: 58, atMs: 1, schedule: { title: "Planned", startsAtMs: 9, description: "p" } };
  const named = { type: "roomSet", cursor: 59, atMs: 1, settings: { title: "Own", description: null, emojis: ["❤️"] } };
  const bare = { ...head, last: true, settings: { ...head.settings, title: null }, schedule: null };
  for (const [first, second] of [[scheduled, named], [named, scheduled]]) {
    const { state } = live(bare, { ...first, cursor: 58 }, { ...second, cursor: 59 });
    const { state: again } = live({ ...bare, cursor: 59, settings: { ...bare.settings, ...named.settings }, schedule: scheduled.schedule });
    assert.deepEqual([state.title, state.description, state.startsAt], ["Own", "p", 9]);
    assert.deepEqual([again.title, again.description, again.startsAt], ["Own", "p", 9]);
  }
});

test("who came before the host learns whose room it is when the host comes", () => {
  const show = live({ ...head, host: null, part: 0, last: true });
  assert.equal(show.state.host, null);
  show.receive({ type: "hostSet", cursor: show.cursor + 1, atMs: 1, host: { identity: "alice", name: "Alice" } });
  assert.deepEqual(show.state.host, { member: "alice", name: "Alice" });
});
