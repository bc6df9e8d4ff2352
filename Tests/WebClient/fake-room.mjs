// A server for trying the pages without Hawker: serves web/, and speaks the room's half with scripted people. No media.
//
//   node Tests/WebClient/fake-room.mjs [PORT] [--live=N]    N shows on the front page, and nothing to come without any
//
// The room's name picks the scene: demo, storm (100 messages/s), scheduled, waiting, away, ended, full, banned, invited, quiet,
// old (a server without the room's half). A token is ROLE:NAME, in the address as #token=host:Ann.

import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

const root = join(import.meta.dirname, "../../web");
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
const POLICY =
  "default-src 'self'; connect-src 'self' ws: wss:; media-src 'self' blob:; img-src 'self' data: blob: https:; worker-src 'self'; base-uri 'none'; frame-ancestors 'none'";
const EMOJIS = ["❤️", "🔥", "👏", "😂", "😮", "🎉"];
const PEOPLE = ["Noor", "Mateo", "Ingrid", "Kofi", "Yuki", "Zsófia", "Liam O’Brien", "Priya", "Amélie", "Tunde", "Sofia", "Wei", "عمر", "Hanna"];
const LINES = [
  "Hello from Lisbon!", "That glaze is gorgeous", "Is the blue one still available?", "Do you ship to Canada?", "mine!", "How tall is it?",
  "I bought two last week, they are even nicer in person", "Can we see the bottom of the bowl please?", "35", "love this", "first time here, hi everyone",
  "The one on the left ❤️", "Is it dishwasher safe? I have small kids and everything ends up in the dishwasher sooner or later, so that matters to me.",
  "+1", "So pretty", "What clay do you use?", "🔥🔥🔥", "hi Ann!", "Could you turn it around once more?", "That’s the one I’ve been waiting for",
];

// What this file keeps is what client/show.js keeps; on the socket it is said as signaling/PROTOCOL.md has it.

const personWire = (person) => (person ? { identity: person.member, name: person.name } : null);
const messageWire = (message) =>
  message && { id: message.id, member: personWire(message.from), role: message.from.role, text: message.text, replyTo: message.replyTo, class: message.class, atMs: message.at, mediaTimeMs: null, ...(message.deleted ? { deleted: true } : {}), ...(message.held ? { held: true } : {}) };
const pollWire = ({ state, closesAt, yours, ...poll }) => ({ ...poll, closesAtMs: closesAt, open: state === "open", revealed: state === "revealed" });
const questionWire = (question) => ({ id: question.id, member: personWire(question.from), text: question.text, atMs: question.at, upvotes: question.upvotes });
const giveawayWire = ({ state, closesAt, entered, winners, ...giveaway }) => ({ ...giveaway, closesAtMs: closesAt, stage: state, winners: (winners ?? []).map(personWire) });
const countsWire = (counts) => Object.entries(counts).map(([emoji, count]) => ({ emoji, count }));
const NAMES = { chatChanged: "chatSet", memberMuted: "muted", memberTimedOut: "timedOut", memberBanned: "banned", memberUnbanned: "unbanned", roleChanged: "roleSet", stageJoined: "invitationAnswered", questionAsked: "asked", questionVotes: "upvotes", giveawayEntries: "entries", showScheduled: "scheduled", roomChanged: "roomSet" };

function eventWire(event) {
  const { type, seq, at, mediaTime, ...rest } = event;
  const wire = { type: NAMES[type] ?? type, cursor: seq, atMs: at, ...rest };
  if (typeof rest.member === "string") wire.member = { identity: rest.member, name: rest.name ?? rest.member };
  if (rest.message && typeof rest.message === "object") wire.message = messageWire(rest.message);
  if (rest.poll && typeof rest.poll === "object") wire.poll = pollWire(rest.poll);
  if (rest.question && typeof rest.question === "object") wire.question = questionWire(rest.question);
  if (rest.giveaway && typeof rest.giveaway === "object") wire.giveaway = giveawayWire(rest.giveaway);
  if (type === "stageJoined") wire.accept = true;
  if (type === "memberTimedOut") wire.untilMs = rest.until;
  if (type === "reactions") wire.counts = countsWire(rest.counts);
  if (type === "showScheduled") wire.schedule = { title: rest.title, startsAtMs: rest.startsAt, description: rest.description };
  if (type === "roomChanged") wire.settings = rest;
  if (type === "audience") return { type: "roomState", cursor: 1, room: { name: "", phase: rest.phase === "scheduled" ? "waiting" : rest.phase, hostPresent: true, viewers: rest.viewers } };
  return wire;
}

class Room {
  constructor(name) {
    this.name = name;
    this.seq = 100;
    this.sockets = new Set();
    this.replies = new Map();
    this.audienceSeen = [];
    const phase = { scheduled: "scheduled", waiting: "waiting", away: "away", ended: "ended" }[name] ?? "live";
    const now = Date.now();
    this.show = {
      phase, title: name === "quiet" ? "" : "Spring kiln opening", description: "Bowls, cups and vases from this week’s firing. Ask me anything.",
      startsAt: phase === "scheduled" ? now + 3 * 3600e3 + 125e3 : null, host: { member: "ann", name: "Ann Bergström" }, followers: 12840,
      chat: { mode: "everyone", slowSeconds: 0, hold: "off", links: "allow", emojiOnly: false }, emojis: EMOJIS,
      reactions: { "❤️": 12400, "🔥": 322 }, messages: [], pinned: null, polls: [], questions: [], giveaways: [], viewers: 1284, stage: [],
    };
    this.words = ["scam"];
    this.held = [];
    this.states = new Map();
    if (name === "quiet" || name === "old") return;
    for (let n = 0; n < 30; n++) this.talk(now - (31 - n) * 4000);
    this.pin(this.show.messages.at(-5));
    this.add("polls", { question: "Which glaze for next week?", options: ["Celadon green", "Tenmoku black", "Shino white"], multiple: false, changeable: true, results: "live", state: "open", closesAt: now + 95e3, counts: [41, 18, 27], voters: 86, yours: null });
    this.add("polls", { question: "Evening or morning shows?", options: ["Evening", "Morning"], multiple: false, changeable: false, results: "live", state: "closed", closesAt: null, counts: [120, 64], voters: 184, yours: [0] });
    for (const [n, words] of ["Do you ship to Canada?", "Is the glaze food safe?", "Will the tall vase come back?"].entries()) {
      this.add("questions", { at: now - n * 60e3, from: this.person(n), text: words, upvotes: [24, 11, 3][n], state: "open", highlighted: n === 0, yours: n === 1 });
    }
    this.add("giveaways", { prize: "Hand-thrown espresso cup", rule: "keyword", keyword: "KILN", winnersWanted: 2, closesAt: now + 240e3, commitment: createHash("sha256").update("x").digest("hex"), entries: 312, state: "open", entered: false, winners: null, seed: null });
    this.held.push({ ...this.message("check out my shop at example.com", now), held: true });
  }
  person(n) {
    const name = PEOPLE[n % PEOPLE.length];
    return { member: `p-${n % PEOPLE.length}`, name, role: n % 13 === 5 ? "moderator" : "viewer" };
  }
  add(list, item) {
    const made = { ...item, id: ++this.seq };
    this.show[list].push(made);
    return made;
  }
  message(text, at = Date.now(), from = this.person(Math.floor(Math.random() * 1000)), replyTo = null) {
    const kind = /[?？]$/.test(text) ? "question" : /^(mine|\+1)/i.test(text) ? "claim" : /^\d+$/.test(text) ? "bid" : "plain";
    return { id: ++this.seq, at, mediaTime: null, from, text, replyTo, class: kind, deleted: false, held: false };
  }
  talk(at, text = LINES[Math.floor(Math.random() * LINES.length)], from, replyTo) {
    const message = this.message(text, at, from, replyTo);
    this.show.messages.push(message);
    if (this.show.messages.length > 100) this.show.messages.shift();
    this.event({ type: "said", message }, message.id);
    return message;
  }
  pin(message) {
    this.show.pinned = message;
    this.event({ type: "messagePinned", message });
  }
  event(event, seq = ++this.seq) {
    this.send({ ...event, seq, at: Date.now(), mediaTime: null });
  }
  send(message) {
    for (const socket of this.sockets) socket.send(eventWire(message));
  }
  /** The whole room in two parts, and what is this member's own. */
  snapshot(who) {
    const { show } = this;
    const staff = ["host", "cohost", "moderator"].includes(who.role);
    const head = {
      type: "snapshot", cursor: this.seq, part: 0, last: false, phase: show.phase,
      settings: { title: show.title || null, description: show.description, viewersMax: 0, bitrateMax: 0, anonymous: "allow", emojis: show.emojis, retentionDays: 0 },
      schedule: show.startsAt ? { title: show.title, startsAtMs: show.startsAt, description: show.description } : null, announcement: null,
      host: personWire(show.host), followers: show.followers, chat: { ...show.chat, ...(staff ? { words: this.words } : {}) },
      pinned: messageWire(show.pinned), stage: [], totals: countsWire(show.reactions), highlighted: show.questions.find((each) => each.highlighted)?.id ?? null,
      messages: show.messages.slice(0, 20).map(messageWire), ...(staff ? { held: this.held.map(messageWire) } : {}),
    };
    const rest = {
      type: "snapshot", cursor: this.seq, part: 1, last: true, messages: show.messages.slice(20).map(messageWire), polls: show.polls.map(pollWire),
      questions: show.questions.filter((each) => each.state === "open").map(questionWire), answered: show.questions.filter((each) => each.state === "answered").map(questionWire),
      giveaways: show.giveaways.map(giveawayWire),
    };
    const me = {
      type: "me", cursor: this.seq, role: who.role, publish: who.role === "host", muted: false, timedOutUntilMs: null, follows: false, stage: this.name === "invited" ? "invited" : "off",
      votes: show.polls.filter((each) => each.yours).map((each) => ({ poll: each.id, options: each.yours, counts: null })), upvoted: show.questions.filter((each) => each.yours).map((each) => each.id), entered: [], held: [],
    };
    return [head, rest, me];
  }
  live() {
    if (this.timer || this.name === "quiet" || this.name === "old") return;
    const storm = this.name === "storm";
    let tick = 0;
    this.timer = setInterval(() => {
      if (this.sockets.size === 0) return;
      tick++;
      if (storm) for (let n = 0; n < 10; n++) this.talk(Date.now());
      else if (tick % 14 === 0) this.talk(Date.now());
      if (tick % 10 === 0) {
        this.show.viewers += Math.floor(Math.random() * 9) - 4;
        this.send({ type: "audience", viewers: this.show.viewers, phase: this.show.phase });
        const poll = this.show.polls[0];
        if (poll?.state === "open") {
          poll.counts[Math.floor(Math.random() * poll.counts.length)]++;
          poll.voters++;
          this.send({ type: "pollCounts", poll: poll.id, counts: poll.counts, voters: poll.voters, seq: this.seq });
        }
      }
      if (tick % 6 === 0) this.send({ type: "reactions", counts: { "❤️": 2, "🔥": 1 }, seq: this.seq });
    }, 100);
    this.timer.unref();
  }
}

const rooms = new Map();
const roomOf = (name) => rooms.get(name) ?? rooms.set(name, new Room(name)).get(name);

/** What each command does here: enough to see the pages move, no rules. */
const COMMANDS = {
  say: (room, who, { text, replyTo }) => {
    if (/^\/slow (\d+)/.test(text)) return COMMANDS.setChat(room, who, { slowSeconds: Number(RegExp.$1) });
    if (text.startsWith("/")) throw { code: "unknown-command", message: text.split(" ")[0] };
    if (/spam/.test(text)) throw { code: "slow", retryAfterMs: 8000 };
    return { message: room.talk(Date.now(), text, who, replyTo ?? null).id, held: false };
  },
  deleteMessage: (room, who, { message }) => {
    const found = room.show.messages.find((each) => each.id === message);
    if (found) Object.assign(found, { text: null, deleted: true });
    room.event({ type: "messageDeleted", message });
  },
  pinMessage: (room, who, { message }) => room.pin(room.show.messages.find((each) => each.id === message) ?? null),
  reviewMessage: (room, who, { message, approve }) => {
    const held = room.held.find((each) => each.id === message);
    room.held = room.held.filter((each) => each !== held);
    room.event({ type: "messageReviewed", message: { ...held, held: false }, approved: approve });
  },
  clearMessages: (room, who, { member }) => room.event({ type: "messagesCleared", member }),
  setChat: (room, who, fields) => {
    const { words, id, key, type, ...rules } = fields;
    room.words = words ?? room.words;
    Object.assign(room.show.chat, rules);
    room.event({ type: "chatChanged", chat: { ...room.show.chat, words: room.words } });
  },
  mute: (room, who, { member, on }) => room.event({ type: "memberMuted", member, on }),
  timeout: (room, who, { member, seconds }) => room.event({ type: "memberTimedOut", member, until: Date.now() + seconds * 1000 }),
  ban: (room, who, { member }) => room.event({ type: "memberBanned", member }),
  unban: (room, who, { member }) => room.event({ type: "memberUnbanned", member }),
  setRole: (room, who, { member, role }) => room.event({ type: "roleChanged", member, name: member, role }),
  inviteToStage: (room, who, { member }) => room.event({ type: "stageInvited", member }),
  removeFromStage: (room, who, { member }) => room.event({ type: "stageLeft", member }),
  leaveStage: (room, who) => room.event({ type: "stageLeft", member: who.member }),
  answerInvitation: (room, who, { accept }) => room.event({ type: accept ? "stageJoined" : "stageLeft", member: who.member, name: who.name }),
  follow: () => ({}),
  openPoll: (room, who, fields) => {
    const { question, options, multiple = false, changeable = false, results = "live", closesAfterSeconds } = fields;
    const poll = room.add("polls", { question, options, multiple, changeable, results, state: "open", closesAt: closesAfterSeconds ? Date.now() + closesAfterSeconds * 1000 : null, counts: options.map(() => 0), voters: 0, yours: null });
    room.event({ type: "pollOpened", poll }, poll.id);
    return { poll: poll.id };
  },
  vote: (room, who, { poll, options }) => {
    const found = room.show.polls.find((each) => each.id === poll);
    if (found.state !== "open") throw { code: "closed" };
    for (const option of options) found.counts[option]++;
    found.voters++;
    room.send({ type: "pollCounts", poll, counts: found.counts, voters: found.voters, seq: room.seq });
  },
  closePoll: (room, who, { poll }) => room.event({ type: "pollClosed", poll: Object.assign(room.show.polls.find((each) => each.id === poll), { state: "closed" }) }),
  revealPoll: (room, who, { poll }) => room.event({ type: "pollRevealed", poll: Object.assign(room.show.polls.find((each) => each.id === poll), { state: "revealed" }) }),
  ask: (room, who, { text }) => {
    const question = room.add("questions", { at: Date.now(), from: who, text, upvotes: 0, state: "open", highlighted: false, yours: false });
    room.event({ type: "questionAsked", question }, question.id);
    return { question: question.id };
  },
  upvote: (room, who, { question, on }) => {
    const found = room.show.questions.find((each) => each.id === question);
    room.send({ type: "questionVotes", question, upvotes: (found.upvotes += on ? 1 : -1), seq: room.seq });
  },
  answerQuestion: (room, who, { question }) => room.event({ type: "questionAnswered", question }),
  dismissQuestion: (room, who, { question }) => room.event({ type: "questionDismissed", question }),
  highlightQuestion: (room, who, { question }) => room.event({ type: "questionHighlighted", question }),
  openGiveaway: (room, who, { prize, rule, keyword, winners, closesAfterSeconds }) => {
    const giveaway = room.add("giveaways", { prize, rule, keyword: keyword ?? null, winnersWanted: winners, closesAt: closesAfterSeconds ? Date.now() + closesAfterSeconds * 1000 : null, commitment: randomBytes(32).toString("hex"), entries: 0, state: "open", entered: false, winners: null, seed: null });
    room.event({ type: "giveawayOpened", giveaway }, giveaway.id);
    return { giveaway: giveaway.id };
  },
  enter: (room, who, { giveaway }) => room.send({ type: "giveawayEntries", giveaway, entries: ++room.show.giveaways.find((each) => each.id === giveaway).entries, seq: room.seq }),
  drawGiveaway: (room, who, { giveaway }) => {
    const winners = [room.person(3), room.person(8)].map(({ member, name }) => ({ member, name }));
    const found = Object.assign(room.show.giveaways.find((each) => each.id === giveaway), { state: "drawn", seed: randomBytes(32).toString("hex"), winners });
    room.event({ type: "giveawayDrawn", giveaway: found });
    return { winners };
  },
  cancelGiveaway: (room, who, { giveaway }) => room.event({ type: "giveawayCancelled", giveaway }),
  schedule: (room, who, { title, description, startsAtMs }) => room.event({ type: "showScheduled", title, description, startsAt: startsAtMs }),
  announce: (room, who, { text }) => room.event({ type: "announced", text }),
  setRoom: (room, who, { title, description, emojis }) => room.event({ type: "roomChanged", title: (room.show.title = title), description: (room.show.description = description), emojis: emojis ?? room.show.emojis }),
  endRoom: (room) => room.event({ type: "phaseChanged", phase: (room.show.phase = "ended") }),
};
const QUERIES = {
  history: (room, { before = Infinity, limit = 50 }) => {
    const messages = [];
    for (let n = Math.min(before, 90), count = 0; n > 60 && count < limit; n--, count++) {
      messages.unshift({ ...room.message(LINES[n % LINES.length], Date.now() - 400e3 - (90 - n) * 4000), id: n - 1 });
    }
    return { messages: messages.map(messageWire), next: (messages[0]?.id ?? 0) > 60 ? messages[0].id : null };
  },
  people: (room) => ({
    next: null, count: room.show.viewers,
    people: [
      { identity: "ann", name: "Ann Bergström", role: "host", sinceMs: Date.now() - 3e6, muted: false, timedOutUntilMs: null, stage: "off" },
      ...PEOPLE.map((_, n) => ({ ...personWire(room.person(n)), role: room.person(n).role, sinceMs: Date.now() - n * 60e3, muted: n === 4, timedOutUntilMs: n === 6 ? Date.now() + 240e3 : null, stage: "off" })),
    ],
  }),
  banned: () => ({ people: [{ identity: "p-99", name: "Grabber", device: false, atMs: Date.now() - 5e6, reason: "spam", by: { identity: "ann", name: "Ann Bergström" } }], next: null }),
  audit: () => ({
    entries: [
      { cursor: 4, atMs: Date.now() - 9e4, by: { identity: "p-5", name: "Zsófia" }, kind: "timedOut", member: { identity: "p-6", name: "Liam O’Brien" }, text: null },
      { cursor: 3, atMs: Date.now() - 19e4, by: { identity: "ann", name: "Ann Bergström" }, kind: "messagePinned", member: null, text: "hi", message: 2 },
    ], next: null,
  }),
  audience: () => ({ audience: Array.from({ length: 60 }, (_, n) => [Date.now() - (60 - n) * 60e3, Math.round(700 + 500 * Math.sin(n / 12) + n * 6)]), peak: 1500 }),
};

function join_(socket, message) {
  const { name } = socket.room = roomOf(message.room);
  const room = socket.room;
  if (["full", "banned"].includes(name)) throw { code: name, message: name };
  const [role, who = "Guest"] = (message.token ?? "").split(":");
  socket.who = { member: who.toLowerCase(), name: who, role };
  const resumed = message.resume !== undefined;
  const phase = room.show.phase === "scheduled" ? "waiting" : room.show.phase;
  const live = phase === "live";
  const track = (id, kind) => ({ id, publication: "ann/main", member: "ann", name: "Ann Bergström", role: "host", stream: "main", kind, codec: kind === "video" ? "VP8" : "opus", active: live, layers: kind === "video" ? [{ name: "f", width: 720, height: 1280, bitrate: 1.7e6, fps: 30, active: true }] : [] });
  socket.send({
    type: "joined", ref: message.id, version: 1, session: "s_1", resumed, member: { identity: socket.who.member, name: who, role },
    permissions: { publish: role === "host", subscribe: true }, serverTimeMs: Date.now(), pingIntervalMs: 15000, cursor: 1,
    room: { name, phase, hostPresent: live, viewers: room.show.viewers }, tracks: phase === "waiting" || phase === "ended" ? [] : [track("t1", "video"), track("t2", "audio")],
    connections: [], iceServers: [],
  });
  if (name !== "old") for (const part of room.snapshot(socket.who)) socket.send(part);
  room.sockets.add(socket);
  room.live();
}

function receive(socket, message) {
  try {
    if (message.type === "join") return join_(socket, message);
    if (message.type === "ping") return socket.send({ type: "pong", ref: message.id, time: message.time, serverTimeMs: Date.now() });
    if (message.type === "leave") return socket.send({ type: "ok", ref: message.id });
    if (message.type === "react") return socket.send({ type: "ok", ref: message.id });
    if (["subscribe", "publish"].includes(message.type)) throw { code: "overloaded", message: "no media here", retryAfterMs: 60000 };
    const { room, who } = socket;
    if (message.type in QUERIES) return socket.send({ type: "ok", ref: message.id, ...QUERIES[message.type](room, message) });
    if (!(message.type in COMMANDS)) throw { code: "unknown-type", message: message.type };
    const repeated = room.replies.get(message.key);
    const result = repeated ?? COMMANDS[message.type](room, who, message) ?? {};
    room.replies.set(message.key, result);
    socket.send({ type: "ok", ref: message.id, cursor: room.seq, ...result });
    const mine = { vote: { type: "voted", poll: message.poll, options: message.options }, upvote: { type: "upvoted", question: message.question, on: message.on }, enter: { type: "entered", giveaway: message.giveaway }, follow: { type: "followed", on: message.on } }[message.type];
    if (mine) socket.send({ ...mine, cursor: room.seq, atMs: Date.now() });
  } catch (refusal) {
    if (refusal instanceof Error) console.error(refusal);
    socket.send({ type: "error", ref: message.id, message: "", ...refusal });
  }
}

// HTTP and just enough of RFC 6455 for browsers on this computer.

const server = createServer(async (request, response) => {
  const path = decodeURIComponent(new URL(request.url, "http://x").pathname);
  const json = (status, body) => response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
  if (/^\/api\/v1\/rooms\/[^/]+\/tokens$/.test(path)) return json(201, { token: `viewer:Guest-${randomBytes(2).toString("hex")}` });
  if (path === "/api/v1/rooms") return json(200, { rooms: listed(), next: null });
  if (path === "/api/v1/me/following") return request.headers.authorization ? json(200, { following: FOLLOWED, next: null }) : json(401, {});
  const page = /^\/(studio|watch)\/[\w-]+$/.exec(path);
  const file = path === "/" ? "landing/index.html" : page ? `${page[1]}/index.html` : path.startsWith("/assets/") ? path.slice(8) : null;
  const full = file && normalize(join(root, file));
  try {
    if (!full?.startsWith(root)) throw new Error("outside");
    const body = await readFile(full);
    response.writeHead(200, { "Content-Type": TYPES[extname(full)] ?? "text/plain", "Content-Security-Policy": POLICY, "Cache-Control": "no-cache" }).end(body);
  } catch {
    response.writeHead(404).end("not found");
  }
});
const LISTED = [
  { room: "demo", title: "Spring kiln opening", phase: "live", startsAtMs: null, viewers: 1284, host: { name: "Ann Bergström" } },
  { room: "storm", title: "Sneaker Sunday: 90s runners from €10", phase: "live", startsAtMs: null, viewers: 8412, host: { name: "Marcus" } },
  { room: "away", title: "Vinyl rarities", phase: "away", startsAtMs: null, viewers: 96, host: { name: "Yuki" } },
  { room: "scheduled", title: "Vintage denim, size 28 to 40", phase: "scheduled", startsAtMs: Date.now() + 3 * 3600e3, viewers: 0, host: { name: "Priya" } },
  { room: "waiting", title: "Plants of the week", phase: "scheduled", startsAtMs: Date.now() + 30 * 3600e3, viewers: 0, host: { name: "Sofia" } },
];
const FOLLOWED = [
  { host: { identity: "ann", name: "Ann Bergström" }, rooms: [{ ...LISTED[0], announcement: "Free shipping until the kiln is empty" }] },
  { host: { identity: "priya", name: "Priya" }, rooms: [{ ...LISTED[3], announcement: null }] },
];
const MORE = ["Ceramics after midnight", "Hand-dyed yarn, 40 colours", "Cameras that still work", "Trading cards: sealed boxes only", "Grandmother’s jewellery", "Bonsai for beginners", "Records from Lagos", "Second-hand bikes", "Knives, freshly sharpened"];
function listed() {
  const flag = process.argv.find((each) => each.startsWith("--live="));
  if (!flag) return LISTED;
  const more = MORE.map((title, n) => ({ room: `room-${n}`, title, phase: "live", startsAtMs: null, viewers: 700 - 71 * n, host: { name: PEOPLE[n] } }));
  const live = [...LISTED.slice(0, 3), ...more].slice(0, Number(flag.slice(7)));
  return [...live, ...(live.length > 0 ? LISTED.slice(3) : [])];
}

server.on("upgrade", (request, tcp) => {
  const accept = createHash("sha1").update(request.headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest("base64");
  tcp.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
  const socket = {
    send(message) {
      const body = Buffer.from(JSON.stringify(message));
      const head = body.length < 126 ? Buffer.from([0x81, body.length]) : body.length < 65536 ? Buffer.from([0x81, 126, body.length >> 8, body.length & 255]) : Buffer.alloc(10);
      if (body.length >= 65536) {
        head.set([0x81, 127]);
        head.writeBigUInt64BE(BigInt(body.length), 2);
      }
      if (!tcp.destroyed) tcp.write(Buffer.concat([head, body]));
    },
  };
  let input = Buffer.alloc(0);
  tcp.on("data", (bytes) => {
    input = Buffer.concat([input, bytes]);
    for (;;) {
      if (input.length < 6) return;
      let length = input[1] & 127;
      let at = 2;
      if (length === 126) [length, at] = [input.readUInt16BE(2), 4];
      else if (length === 127) [length, at] = [Number(input.readBigUInt64BE(2)), 10];
      if (input.length < at + 4 + length) return;
      const mask = input.subarray(at, at + 4);
      const body = Buffer.from(input.subarray(at + 4, at + 4 + length)).map((byte, index) => byte ^ mask[index & 3]);
      const opcode = input[0] & 15;
      input = input.subarray(at + 4 + length);
      if (opcode === 8) return tcp.end(Buffer.from([0x88, 0]));
      if (opcode === 1) receive(socket, JSON.parse(body.toString()));
    }
  });
  const gone = () => socket.room?.sockets.delete(socket);
  tcp.on("close", gone).on("error", gone);
});

const port = Number(process.argv[2] ?? 0);
server.listen(port, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
