// The show of a joined room, kept up to date: snapshot, events, and what a resumed connection missed.

import { Emitter } from "./emitter.js";
import { eventFrom, showFrom } from "./show-wire.js";
import { apply, showOf } from "./show.js";

/** @typedef {import("./protocol").Message} Message */
/** @typedef {import("./show.js").ShowState} ShowState */

/** Far more than the largest room has; without a `last` they would pile up. */
const PARTS_MAX = 200;

/**
 * `change`: the state is another one. `event`: something happened now (not what a snapshot told). `caption`: words were said, which no state keeps.
 * @extends {Emitter<{change: ShowState|null, event: Message, caption: import("./protocol").Caption}>}
 */
export class LiveShow extends Emitter {
  /**
   * null before the first snapshot, and for ever in a room of a server that has no room's half.
   * @type {ShowState|null}
   */
  state = null;
  /** @type {import("./protocol").Member|null} */
  #member = null;
  #viewers = 0;
  /**
   * Of a snapshot that is not complete yet.
   * @type {Message[]}
   */
  #parts = [];

  /** For `join`: the last event known here; undefined without any. */
  get cursor() {
    return this.state?.seq;
  }

  /** @param {import("./protocol").Joined} joined */
  joined(joined) {
    this.#member = joined.member;
    this.#viewers = joined.room.viewers ?? 0;
    this.#parts = [];
    if (this.state && this.state.you.member !== joined.member.identity) this.#become(null); // another person's state
  }

  /**
   * Any message of the server; those that are not the show's are passed over.
   * @param {Message} message
   */
  receive(message) {
    if (message.type === "snapshot") return this.#receivePart(message);
    const event = eventFrom(message);
    if (event?.type === "caption") this.emit("caption", event.caption);
    else if (event) this.#apply(event);
  }

  /** @param {Message} part */
  #receivePart(part) {
    if (part.part === 0) this.#parts = [];
    if (part.part !== this.#parts.length || part.part >= PARTS_MAX) return; // the beginning was another socket's
    this.#parts.push(part);
    if (!part.last) return;
    const show = showFrom(this.#parts, this.#member, this.#viewers);
    this.#parts = [];
    const announcement = this.state?.announcement ?? null;
    // Until `me` comes, what was known of oneself holds.
    const { you = show.you } = this.state ?? {};
    const shop = { ...show.shop, you: this.state?.shop.you ?? show.shop.you };
    this.#become({ ...showOf({ ...show, you, shop }), announcement });
  }

  /** @param {Message} event */
  #apply(event) {
    if (event.type === "audience") this.#viewers = event.viewers;
    if (!this.state) return;
    const next = apply(this.state, event);
    this.emit("event", event);
    if (next !== this.state) this.#become(next);
  }

  /** @param {ShowState|null} state */
  #become(state) {
    this.state = state;
    this.emit("change", state);
  }
}
