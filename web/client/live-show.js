// The show of a joined room, kept up to date: snapshot, events, and what a resumed connection missed.

import { Emitter } from "./emitter.js";
import { apply, showOf } from "./show.js";

/** @typedef {import("./protocol").Message} Message */
/** @typedef {import("./show.js").ShowState} ShowState */

/**
 * `change`: the state is another one. `event`: something happened now (not what a snapshot told).
 * @extends {Emitter<{change: ShowState|null, event: Message}>}
 */
export class LiveShow extends Emitter {
  /**
   * null before the first join, and in a room of a server that has no room's half.
   * @type {ShowState|null}
   */
  state = null;

  /** For `join`: the last event known here; undefined without any. */
  get since() {
    return this.state?.seq;
  }

  /** @param {import("./protocol").Joined} joined */
  joined(joined) {
    if (joined.show) {
      this.#become({ ...showOf(joined.show), announcement: this.state?.announcement ?? null });
    } else if (joined.events && this.state) {
      for (const event of joined.events) this.receive(event);
    } else {
      this.#become(null);
    }
  }

  /**
   * Any message of the server; those that are not the show's are passed over.
   * @param {Message} event
   */
  receive(event) {
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
