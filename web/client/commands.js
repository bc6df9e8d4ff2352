// What a member can do in a room, as methods. Each is sent with an idempotency key, so that a cut in the middle of one
// never does it twice: the same key is sent again after rejoining, and answered with the first one's reply.

import { Emitter } from "./emitter.js";
import { HawkerError, codeOf } from "./errors.js";
import { LiveShow } from "./live-show.js";
import { ShopDesk } from "./shop-desk.js";
import { auditOf, bannedOf, messageOf, personHereOf } from "./show-wire.js";
import { sleep, within } from "./timing.js";

/** @typedef {import("./protocol").Done} Done */
/** @typedef {import("./protocol").Message} Message */
/** @typedef {import("./protocol").Role} Role */

/** After this a person has given up on what they did. */
const PATIENCE_MS = 30_000;
/** How soon to ask again about a command that the server is still busy with. */
const IN_PROGRESS_MS = 300;
/** Failures that say nothing of whether the command took effect. */
const UNCERTAIN = new Set(["disconnected", "timeout", "in-progress", "overloaded"]);

/** A key no other command has. */
const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/**
 * @abstract
 * @template {{state: string}} Events
 * @extends {Emitter<Events & {state: string}>}
 */
export class RoomCommands extends Emitter {
  /** The room's half: chat, polls, questions, giveaways, people. */
  show = new LiveShow();
  /** The shop's commands; its state is `show.state.shop`. */
  shop = new ShopDesk(this);
  /**
   * The media time (ms) of the frame that a person acts on, where the page knows it: what they do appears with that frame.
   * @type {() => number|null}
   */
  mediaTime = () => null;
  /**
   * Queries that this server doesn't know.
   * @type {Set<string>}
   */
  #unknown = new Set();

  /**
   * One request on the joined socket.
   * @param {Message} _message
   * @returns {Promise<any>}
   */
  request(_message) {
    return Promise.reject(new HawkerError("internal", "abstract"));
  }

  /**
   * A command by name; resolves once it is durable. Use the methods below where there is one.
   * @param {string} type
   * @param {Record<string, any>} [fields]
   * @param {{key?: string}} [options]  a key of your own, to repeat a command over reloads
   * @returns {Promise<Done>}
   */
  async command(type, fields = {}, options = {}) {
    /** @type {Message} */
    const message = { ...fields, type, key: options.key ?? newKey() };
    // What is repeated under a key must be the same each time.
    const mediaTimeMs = options.key ? null : this.mediaTime();
    if (mediaTimeMs !== null && Number.isFinite(mediaTimeMs)) message.mediaTimeMs = Math.floor(mediaTimeMs);
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        const { state } = /** @type {any} */ (this);
        if (state !== "joined") throw new HawkerError("disconnected", "the room is not joined");
        return await this.request(message);
      } catch (error) {
        const left = deadline - performance.now();
        if (!UNCERTAIN.has(codeOf(error)) || left <= 0) throw error;
        if (codeOf(error) === "disconnected") await this.#joinedWithin(left, /** @type {Error} */ (error));
        else await sleep(Math.min(left, /** @type {HawkerError} */ (error).retryAfterMs ?? IN_PROGRESS_MS));
      }
    }
  }

  /** @param {number} ms @param {Error} late */
  async #joinedWithin(ms, late) {
    /** @type {() => void} */
    let stop = () => {};
    /** @type {Promise<void>} */
    const joined = new Promise((resolve, reject) => {
      stop = this.on("state", (/** @type {any} */ state) => {
        if (state === "joined") resolve();
        if (state === "closed") reject(late);
      });
      if (/** @type {any} */ (this).state === "closed") reject(late);
    });
    await within(joined, ms, late).finally(() => stop());
  }

  /**
   * A question to the server. One it doesn't know is not asked again: unknown requests count against the socket.
   * @param {string} type
   * @param {Record<string, any>} [fields]
   */
  async query(type, fields = {}) {
    if (this.#unknown.has(type)) throw new HawkerError("unknown-type", `the server knows no ${type}`);
    try {
      return await this.request({ ...fields, type });
    } catch (error) {
      if (codeOf(error) === "unknown-type") this.#unknown.add(type);
      throw error;
    }
  }

  // Chat.

  /** @param {string} text @param {{replyTo?: number, key?: string}} [options] */
  say(text, options = {}) {
    const { replyTo, key } = options;
    return this.command("say", replyTo === undefined ? { text } : { text, replyTo }, { key });
  }
  /** @param {number} message */
  deleteMessage(message) {
    return this.command("deleteMessage", { message });
  }
  /** @param {number|null} message */
  pinMessage(message) {
    return this.command("pinMessage", { message });
  }
  /** @param {number} message @param {boolean} approve */
  reviewMessage(message, approve) {
    return this.command("reviewMessage", { message, approve });
  }
  /** @param {string} member */
  clearMessages(member) {
    return this.command("clearMessages", { member });
  }
  /** @param {Partial<import("./protocol").ChatRules>} rules */
  setChat(rules) {
    return this.command("setChat", rules);
  }
  /**
   * Reactions are ephemeral: one that is lost is not sent again.
   * @param {string} emoji
   * @param {number} [count] 1 to 20
   */
  react(emoji, count = 1) {
    return this.request({ type: "react", emoji, count });
  }

  // Moderation and people.

  /** @param {string} member @param {boolean} on */
  mute(member, on) {
    return this.command("mute", { member, on });
  }
  /** @param {string} member @param {number} seconds */
  timeout(member, seconds) {
    return this.command("timeout", { member, seconds });
  }
  /** @param {string} member @param {{reason?: string, device?: boolean}} [options]  device: from the same browser too */
  ban(member, options = {}) {
    return this.command("ban", { member, ...options });
  }
  /** @param {string} member */
  unban(member) {
    return this.command("unban", { member });
  }
  /** @param {string} member @param {"cohost"|"moderator"|"viewer"} role */
  setRole(member, role) {
    return this.command("setRole", { member, role });
  }
  /** @param {string} member */
  inviteToStage(member) {
    return this.command("inviteToStage", { member });
  }
  /** @param {boolean} accept */
  answerInvitation(accept) {
    return this.command("answerInvitation", { accept });
  }
  leaveStage() {
    return this.command("leaveStage");
  }
  /** @param {string} member */
  removeFromStage(member) {
    return this.command("removeFromStage", { member });
  }
  /** @param {boolean} on */
  follow(on) {
    return this.command("follow", { on });
  }

  // Polls, questions, giveaways.

  /**
   * @param {{question: string, options: string[], multiple?: boolean, changeable?: boolean,
   *   results?: "live"|"afterVote"|"afterClose", closesAfterSeconds?: number}} poll
   */
  openPoll(poll) {
    return this.command("openPoll", poll);
  }
  /** @param {number} poll @param {number[]} options */
  vote(poll, options) {
    return this.command("vote", { poll, options });
  }
  /** @param {number} poll */
  closePoll(poll) {
    return this.command("closePoll", { poll });
  }
  /** @param {number} poll */
  revealPoll(poll) {
    return this.command("revealPoll", { poll });
  }
  /** @param {string} text */
  ask(text) {
    return this.command("ask", { text });
  }
  /** @param {number} question @param {boolean} on */
  upvote(question, on) {
    return this.command("upvote", { question, on });
  }
  /** @param {number} question */
  answerQuestion(question) {
    return this.command("answerQuestion", { question });
  }
  /** @param {number} question */
  dismissQuestion(question) {
    return this.command("dismissQuestion", { question });
  }
  /** @param {number|null} question */
  highlightQuestion(question) {
    return this.command("highlightQuestion", { question });
  }
  /**
   * @param {{prize: string, rule: "everyone"|"keyword"|"followers", keyword?: string, winners: number,
   *   closesAfterSeconds?: number}} giveaway
   */
  openGiveaway(giveaway) {
    return this.command("openGiveaway", giveaway);
  }
  /** @param {number} giveaway */
  enter(giveaway) {
    return this.command("enter", { giveaway });
  }
  /** @param {number} giveaway */
  drawGiveaway(giveaway) {
    return this.command("drawGiveaway", { giveaway });
  }
  /** @param {number} giveaway */
  cancelGiveaway(giveaway) {
    return this.command("cancelGiveaway", { giveaway });
  }

  // The show.

  /** @param {{title: string, startsAtMs: number, description?: string}} show */
  schedule(show) {
    return this.command("schedule", show);
  }
  /** @param {string} text */
  announce(text) {
    return this.command("announce", { text });
  }
  /**
   * Words that were said, over the frame that is sent now. Of this moment: it is not tried again.
   * @param {{text: string, language: string, mediaTimeMs?: number, durationMs?: number, caption?: string, partial?: boolean}} caption
   * @returns {Promise<Done>}
   */
  caption(caption) {
    const mediaTimeMs = caption.mediaTimeMs ?? this.mediaTime();
    const isKnown = mediaTimeMs !== null && Number.isFinite(mediaTimeMs);
    return this.request({ ...caption, type: "caption", ...(isKnown ? { mediaTimeMs: Math.floor(mediaTimeMs) } : {}) });
  }
  /** @param {Record<string, any>} settings */
  setRoom(settings) {
    return this.command("setRoom", settings);
  }
  endRoom() {
    return this.command("endRoom");
  }

  // Questions to the server, which change nothing.

  /**
   * Older messages than `before`, newest last.
   * @param {{before?: number, limit?: number}} [page]
   * @returns {Promise<{messages: import("./protocol").ChatMessage[], more: boolean}>}
   */
  async history(page = {}) {
    for (let { before } = page; ; ) {
      const { messages, next } = await this.query("history", before === undefined ? page : { ...page, before });
      // A stretch of the log may hold no message at all.
      if (messages.length > 0 || next === null) return { messages: messages.map(messageOf), more: next !== null };
      before = next;
    }
  }
  /**
   * @param {{after?: string, limit?: number}} [page]
   * @returns {Promise<{people: import("./protocol").PersonHere[], next: string|null, count: number}>}
   */
  async people(page = {}) {
    const reply = await this.query("people", page);
    return { people: reply.people.map(personHereOf), next: reply.next, count: reply.count };
  }
  /** @returns {Promise<{people: import("./protocol").BannedPerson[], next: string|null}>} */
  async banned() {
    const { people, next } = await this.query("banned");
    return { people: people.map(bannedOf), next };
  }
  /**
   * @param {{before?: number, limit?: number}} [page]
   * @returns {Promise<{entries: import("./protocol").AuditEntry[], next: number|null}>}
   */
  async audit(page = {}) {
    const { entries, next } = await this.query("audit", page);
    return { entries: entries.map(auditOf), next };
  }
  /** @returns {Promise<{audience: [number, number][], peak: number}>} */
  audience() {
    return this.query("audience");
  }
}
