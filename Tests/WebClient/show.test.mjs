// The room's half as state: what each event does, what is bounded, and what a repetition does (nothing).

import assert from "node:assert/strict";
import { test } from "node:test";
import { RoomCommands } from "../../web/client/commands.js";
import { HawkerError } from "../../web/client/errors.js";
import { apply, GAPS_MAX, ITEMS_MAX, MESSAGES_MAX, showOf } from "../../web/client/show.js";

const you = { member: "me", name: "Me", role: "viewer", muted: false, timeoutUntil: null, stage: "none", follows: false, mayPublish: false };

function snapshot(changes = {}) {
  return {
    seq: 10, phase: "live", title: "Show", description: "", settings: { title: null, description: null }, schedule: { title: "Show", description: null }, startsAt: null, host: { member: "host", name: "Ann" }, followers: 3,
    chat: { mode: "everyone", slowSeconds: 0, hold: "off", links: "allow", emojiOnly: false }, emojis: ["❤️", "🔥"], reactions: {},
    messages: [], pinned: null, polls: [], questions: [], giveaways: [], viewers: 5, you, stage: [], ...changes,
  };
}

const message = (id, member = "bob", more = {}) => ({
  id, at: id * 1000, mediaTime: null, from: { member, name: member, role: "viewer" }, text: `text ${id}`, replyTo: null,
  class: "plain", deleted: false, held: false, ...more,
});
const said = (id, member) => ({ type: "said", seq: id, at: 0, message: message(id, member) });
const poll = (id, more = {}) => ({
  id, question: "?", options: ["A", "B"], multiple: false, changeable: false, results: "live", state: "open", closesAt: null,
  counts: [0, 0], voters: 0, yours: null, ...more,
});

/** Freezes all the way down, so that a reducer that writes in place throws. */
function frozen(value) {
  if (value && typeof value === "object" && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(frozen);
  }
  return value;
}

const play = (state, ...events) => events.reduce((before, event) => frozen(apply(frozen(before), frozen(event))), frozen(state));
const ids = (list) => list.map((each) => each.id);

test("messages are kept by id, once each, at most MESSAGES_MAX", () => {
  let state = play(showOf(snapshot()), said(12), said(11), said(12), said(13));
  assert.deepEqual(ids(state.messages), [11, 12, 13]);
  assert.equal(state.seq, 13);
  for (let id = 14; id < 14 + 2 * MESSAGES_MAX; id++) state = apply(state, said(id));
  assert.equal(state.messages.length, MESSAGES_MAX);
  assert.equal(state.messages.at(-1).id, 13 + 2 * MESSAGES_MAX);
});

test("a deleted message stays deleted even when it comes again, and is no longer pinned", () => {
  const state = play(
    showOf(snapshot()), said(11), { type: "messagePinned", seq: 12, message: message(11) },
    { type: "messageDeleted", seq: 13, message: 11 }, said(11),
  );
  assert.equal(state.messages[0].text, null);
  assert.equal(state.messages[0].deleted, true);
  assert.equal(state.pinned, null);
});

test("clearing a member's messages takes only theirs", () => {
  const state = play(showOf(snapshot()), said(11, "troll"), said(12, "bob"), { type: "messagesCleared", seq: 13, member: "troll" });
  assert.deepEqual(state.messages.map((each) => each.text), [null, "text 12"]);
});

test("a held message waits in the staff's queue and comes in its place when approved", () => {
  const held = { type: "messageHeld", seq: 11, message: message(11) };
  let state = play(showOf(snapshot()), held, said(12));
  assert.deepEqual(ids(state.held), [11]);
  assert.deepEqual(ids(state.messages), [12]);
  state = play(state, { type: "messageReviewed", seq: 13, message: message(11), approved: true });
  assert.deepEqual(ids(state.held), []);
  assert.deepEqual(ids(state.messages), [11, 12]);
});

test("a held message of one's own is shown to oneself, and goes when refused", () => {
  let state = play(showOf(snapshot()), { type: "messageHeld", seq: 11, message: message(11, "me") });
  assert.equal(state.messages[0].held, true);
  assert.deepEqual(state.held, []);
  state = play(state, { type: "messageReviewed", seq: 12, message: message(11, "me"), approved: false });
  assert.deepEqual(state.messages, []);
});

test("polls: counters change counts, one's own vote is kept when the poll comes again", () => {
  let state = play(
    showOf(snapshot()), { type: "pollOpened", seq: 11, poll: poll(11) }, { type: "yours", poll: 11, value: [1] },
    { type: "pollCounts", seq: 14, poll: 11, counts: [2, 5], voters: 7 },
  );
  assert.deepEqual(state.polls[0].counts, [2, 5]);
  assert.equal(state.seq, 11, "counters don't move the cursor");
  state = play(state, { type: "pollClosed", seq: 15, poll: poll(11, { state: "closed", counts: [2, 6] }) });
  assert.equal(state.polls[0].state, "closed");
  assert.deepEqual(state.polls[0].yours, [1]);
});

test("an event that was applied before changes nothing", () => {
  const opened = { type: "pollOpened", seq: 11, poll: poll(11) };
  const closed = { type: "pollClosed", seq: 12, poll: poll(11, { state: "closed" }) };
  const state = play(showOf(snapshot()), opened, closed);
  assert.equal(play(state, opened), state);
});

test("chat that overtakes an event of the state doesn't make it be taken for a repetition", () => {
  const state = play(showOf(snapshot()), said(13), { type: "pollOpened", seq: 12, poll: poll(12) });
  assert.deepEqual(ids(state.polls), [12]);
  assert.equal(state.seq, 13);
});

test("questions: votes, answered, dismissed, and one highlighted at a time", () => {
  const question = (id) => ({ id, at: 0, from: message(id).from, text: "?", upvotes: 0, state: "open", highlighted: false, yours: false });
  const state = play(
    showOf(snapshot()), ...[11, 12, 13].map((id) => ({ type: "questionAsked", seq: id, question: question(id) })),
    { type: "questionVotes", question: 12, upvotes: 4 }, { type: "yours", question: 12, value: true },
    { type: "questionHighlighted", seq: 14, question: 11 }, { type: "questionHighlighted", seq: 15, question: 12 },
    { type: "questionAnswered", seq: 16, question: 11 }, { type: "questionDismissed", seq: 17, question: 13 },
    // As in the server's snapshots: what is answered stays on screen until it is taken off.
    { type: "questionAnswered", seq: 18, question: 12 },
  );
  assert.deepEqual(state.questions.map((each) => [each.state, each.highlighted, each.upvotes, each.yours]), [
    ["answered", false, 0, false], ["answered", true, 4, true], ["dismissed", false, 0, false],
  ]);
});

test("giveaways: opened, entered, counted, drawn with the seed, entry kept", () => {
  const giveaway = (more = {}) => ({
    id: 11, prize: "Mug", rule: "everyone", keyword: null, winnersWanted: 1, closesAt: null, commitment: "ab", entries: 0,
    state: "open", entered: false, winners: null, seed: null, ...more,
  });
  const state = play(
    showOf(snapshot()), { type: "giveawayOpened", seq: 11, giveaway: giveaway() }, { type: "yours", giveaway: 11, value: true },
    { type: "giveawayEntries", giveaway: 11, entries: 9 }, { type: "giveawayClosed", seq: 12, giveaway: 11 },
    { type: "giveawayDrawn", seq: 13, giveaway: giveaway({ state: "drawn", seed: "cd", winners: [{ member: "me", name: "Me" }], entries: 9 }) },
  );
  assert.equal(state.giveaways.length, 1);
  assert.deepEqual([state.giveaways[0].state, state.giveaways[0].entered, state.giveaways[0].seed], ["drawn", true, "cd"]);
});

test("what is about this member changes `you`, what is about others doesn't", () => {
  const events = (member) => [
    { type: "memberMuted", seq: 11, member, on: true }, { type: "memberTimedOut", seq: 12, member, until: 99 },
    { type: "roleChanged", seq: 13, member, name: "x", role: "moderator" }, { type: "memberBanned", seq: 14, member },
  ];
  const mine = play(showOf(snapshot()), ...events("me"));
  assert.deepEqual([mine.you.muted, mine.you.timeoutUntil, mine.you.role, mine.banned], [true, 99, "moderator", true]);
  const others = play(showOf(snapshot()), ...events("bob"));
  assert.deepEqual(others.you, you);
  assert.equal(others.banned, false);
});

test("the stage: invited, on, off", () => {
  const invited = play(showOf(snapshot()), { type: "stageInvited", seq: 11, member: "me" });
  assert.equal(invited.you.stage, "invited");
  const on = play(invited, { type: "stageJoined", seq: 12, member: "me", name: "Me" });
  assert.deepEqual([on.you.stage, on.you.mayPublish, on.stage], ["on", true, [{ member: "me", name: "Me", state: "on" }]]);
  const off = play(on, { type: "stageLeft", seq: 13, member: "me" });
  assert.deepEqual([off.you.stage, off.you.mayPublish, off.stage], ["none", false, []]);
});

test("reactions add up, and only the room's own emojis", () => {
  const state = play(
    showOf(snapshot({ reactions: { "❤️": 4 } })), { type: "reactions", counts: { "❤️": 3, "💀": 9 } }, { type: "reactions", counts: { "🔥": 1 } },
  );
  assert.deepEqual(state.reactions, { "❤️": 7, "🔥": 1 });
});

test("the show: scheduled, announced, changed, phases, audience", () => {
  const state = play(
    showOf(snapshot({ phase: "scheduled" })), { type: "showScheduled", seq: 11, schedule: { title: "New", description: "d" }, startsAt: 5 },
    { type: "announced", seq: 12, at: 7, text: "Hello" }, { type: "roomChanged", seq: 13, settings: { title: "Newer", description: null }, emojis: ["🔥"] },
    { type: "phaseChanged", seq: 14, phase: "live" }, { type: "audience", viewers: 9 }, { type: "yours", follows: true },
  );
  assert.deepEqual(
    [state.title, state.description, state.startsAt, state.announcement, state.emojis, state.phase, state.viewers, state.followers],
    ["Newer", "d", 5, { text: "Hello", at: 7 }, ["🔥"], "live", 9, 4],
  );
});

test("a show that waits is scheduled once it has a time; one that runs goes on", () => {
  const scheduled = { type: "showScheduled", seq: 11, schedule: { title: "New", description: null }, startsAt: 5 };
  assert.equal(play(showOf(snapshot({ phase: "waiting" })), scheduled).phase, "scheduled");
  assert.equal(play(showOf(snapshot({ phase: "live" })), scheduled).phase, "live");
});

test("gaps are kept, bounded", () => {
  let state = showOf(snapshot());
  for (let at = 0; at < 3 * GAPS_MAX; at++) state = play(state, { type: "chatGap", from: at, to: at, count: 1 });
  assert.equal(state.gaps.length, GAPS_MAX);
});

test("`me` says what is one's own, and nothing else is", () => {
  const state = play(
    showOf(snapshot({ polls: [poll(3, { counts: null }), poll(4, { yours: [0] })] })),
    { type: "me", you: { role: "moderator", follows: true }, votes: [{ poll: 3, options: [1], counts: [0, 1] }], upvoted: [], entered: [], held: [message(9, "me", { held: true })] },
  );
  assert.deepEqual(state.polls.map((each) => [each.yours, each.counts]), [[[1], [0, 1]], [null, [0, 0]]]);
  assert.deepEqual([state.you.role, state.you.follows, state.you.member, ids(state.messages)], ["moderator", true, "me", [9]]);
});

test("more items than ITEMS_MAX: those that are over go first", () => {
  let state = play(showOf(snapshot()), { type: "pollOpened", seq: 11, poll: poll(11) });
  for (let id = 12; id < 12 + ITEMS_MAX; id++) state = apply(state, { type: "pollOpened", seq: id, poll: poll(id, { state: "closed" }) });
  assert.equal(state.polls.length, ITEMS_MAX);
  assert.equal(state.polls[0].id, 11);
});

test("unknown events, unknown ids and names of Object's own change nothing", () => {
  const state = frozen(showOf(snapshot()));
  for (const type of ["nonsense", "constructor", "toString", "__proto__", "pong"]) assert.equal(apply(state, { type, seq: 11 }), state);
  const after = play(state, { type: "pollCounts", poll: 404, counts: [1], voters: 1 }, { type: "messageDeleted", seq: 11, message: 404 });
  assert.deepEqual([after.polls, after.messages], [[], []]);
});

test("any order of any events leaves bounded lists in order", () => {
  let seed = 7;
  const random = (below) => (seed = (seed * 1103515245 + 12345) % 2 ** 31) % below;
  const kinds = [
    (n) => said(n, `m${n % 5}`), (n) => ({ type: "messageDeleted", seq: n, message: n - 3 }),
    (n) => ({ type: "messageHeld", seq: n, message: message(n, n % 2 ? "me" : "bob") }),
    (n) => ({ type: "messageReviewed", seq: n, message: message(n - 2), approved: n % 2 === 0 }),
    (n) => ({ type: "messagesCleared", seq: n, member: `m${n % 5}` }), (n) => ({ type: "pollOpened", seq: n, poll: poll(n) }),
    (n) => ({ type: "pollCounts", seq: n, poll: n - 4, counts: [1, 1], voters: 2 }), (n) => ({ type: "chatGap", from: n, to: n, count: 1 }),
  ];
  let state = frozen(showOf(snapshot()));
  for (let step = 0; step < 3000; step++) {
    state = play(state, kinds[random(kinds.length)](11 + Math.max(0, step - 5 + random(10))));
    for (const list of [state.messages, state.held]) {
      assert.ok(list.length <= MESSAGES_MAX);
      assert.ok(list.every((each, at) => at === 0 || list[at - 1].id < each.id), "in order, once each");
    }
  }
});

/** A room whose socket answers by a script; each element is a reply or an error to throw. */
class ScriptedRoom extends RoomCommands {
  state = "joined";
  sent = [];
  constructor(...script) {
    super();
    this.script = script;
  }
  async request(message) {
    this.sent.push(message);
    const next = this.script.shift();
    if (next instanceof Error) throw next;
    return next;
  }
}

test("a command has the media time of what a person acted on, where the page knows it", async () => {
  const room = new ScriptedRoom({ type: "ok" }, { type: "ok" }, { type: "ok" }, { type: "ok" });
  for (const [mediaTime, key] of [[null], [1793247552000.75], [NaN], [5, "a-key-of-mine"]]) {
    room.mediaTime = () => mediaTime;
    await room.command("pinListing", { listing: 4 }, { key });
  }
  assert.deepEqual(room.sent.map((each) => each.mediaTimeMs), [undefined, 1793247552000, undefined, undefined]);
});

test("a command that a cut interrupted is sent again with the same key once joined", async () => {
  const room = new ScriptedRoom(new HawkerError("disconnected", ""), { type: "ok", seq: 5, message: 5 });
  room.state = "joined";
  const done = room.say("hi", { replyTo: 4 });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(room.sent.length, 1, "not before it is joined again");
  room.emit("state", "reconnecting");
  room.emit("state", "joined");
  assert.equal((await done).message, 5);
  assert.equal(room.sent.length, 2);
  assert.deepEqual(room.sent[0], room.sent[1]);
  assert.deepEqual({ ...room.sent[0], key: "" }, { type: "say", text: "hi", replyTo: 4, key: "" });
  assert.match(room.sent[0].key, /^.{8,64}$/);
});

test("a refusal is final, and different commands have different keys", async () => {
  const room = new ScriptedRoom(new HawkerError("slow", "", { retryAfterMs: 900 }), { type: "ok" });
  await assert.rejects(room.say("hi"), { code: "slow", retryAfterMs: 900 });
  await room.say("hi");
  assert.notEqual(room.sent[0].key, room.sent[1].key);
});

test("`in-progress` is asked again with the same key", async () => {
  const room = new ScriptedRoom(new HawkerError("in-progress", "", { retryAfterMs: 1 }), { type: "ok" });
  await room.closePoll(3);
  assert.equal(room.sent[0].key, room.sent[1].key);
});

test("a query that the server doesn't know is not asked again: unknown requests count against the socket", async () => {
  const room = new ScriptedRoom(new HawkerError("unknown-type", ""), { type: "ok" });
  await assert.rejects(room.audience(), { code: "unknown-type" });
  await assert.rejects(room.audience(), { code: "unknown-type" });
  assert.equal(room.sent.length, 1);
});

test("history goes on over a stretch of the log without messages", async () => {
  const message = { id: 7, member: { identity: "bob", name: "Bob" }, role: "viewer", text: "hi", replyTo: null, class: "plain", atMs: 1, mediaTimeMs: null };
  const room = new ScriptedRoom({ type: "ok", messages: [], next: 20 }, { type: "ok", messages: [message], next: null });
  const { messages, more } = await room.history({ before: 40, limit: 5 });
  assert.deepEqual(room.sent.map(({ type, before, limit }) => [type, before, limit]), [["history", 40, 5], ["history", 20, 5]]);
  assert.deepEqual([messages[0].id, messages[0].from.name, more], [7, "Bob", false]);
});

test("people, the banned and the audit trail as the pages keep them", async () => {
  const bob = { identity: "bob", name: "Bob" };
  const room = new ScriptedRoom(
    { type: "ok", count: 3, people: [{ ...bob, role: "viewer", sinceMs: 5, muted: false, timedOutUntilMs: null, stage: "off" }], next: "bob" },
    { type: "ok", people: [{ ...bob, device: true, reason: null, atMs: null, by: null }], next: null },
    { type: "ok", entries: [{ cursor: 9, atMs: 4, kind: "banned", by: null, member: bob, text: "spam", device: false }], next: 9 },
  );
  assert.deepEqual(await room.people(), { people: [{ member: "bob", name: "Bob", role: "viewer", since: 5, muted: false, timeoutUntil: null, stage: "none" }], next: "bob", count: 3 });
  assert.deepEqual(await room.banned(), { people: [{ member: "bob", name: "Bob", at: null, reason: "", device: true }], next: null });
  assert.deepEqual(await room.audit(), { entries: [{ seq: 9, at: 4, by: null, kind: "banned", member: "Bob", text: "spam" }], next: 9 });
});
