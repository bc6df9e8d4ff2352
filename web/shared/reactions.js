// Reactions: buttons to send them, and pictures that rise over the video as others do.

import { make, text } from "./dom.js";
import { reactionPicture } from "./icons.js";

/** Presses within this time go out as one command. */
const SEND_MS = 400;
/** As the server's limit of one command. */
const COUNT_MAX = 20;
/** More at once is a blur, and work for the phone. */
const FLOATING_MAX = 24;
/** Of one message with many, this many rise. */
const RISE_MAX = 6;
const RISE_MS = 2600;

export class Reactions {
  #room;
  #layer;
  #floating = 0;
  /**
   * Pressed here and not yet sent.
   * @type {Map<string, number>}
   */
  #pressed = new Map();
  #timer = 0;
  #still = matchMedia("(prefers-reduced-motion: reduce)");

  /**
   * @param {HTMLElement} layer  over the picture
   * @param {import("../client/hawker.js").HawkerRoom} room
   */
  constructor(layer, room) {
    this.#layer = layer;
    this.#room = room;
    room.show.on("event", (event) => {
      if (event.type !== "reactions") return;
      for (const [emoji, count] of Object.entries(event.counts)) this.#rise(emoji, Math.min(RISE_MAX, Number(count)));
    });
  }

  /**
   * One button per emoji of the room.
   * @param {HTMLElement} container @param {readonly string[]} emojis
   */
  renderButtons(container, emojis) {
    if (container.dataset.emojis === emojis.join()) return;
    container.dataset.emojis = emojis.join();
    const buttons = emojis.map((emoji) =>
      make("button.icon.pill", { label: text("reaction.send", { emoji }), onclick: () => this.#press(emoji) }, reactionPicture(emoji)),
    );
    container.replaceChildren(...buttons);
  }

  /** @param {string} emoji */
  #press(emoji) {
    this.#rise(emoji, 1);
    this.#pressed.set(emoji, Math.min(COUNT_MAX, (this.#pressed.get(emoji) ?? 0) + 1));
    if (this.#timer) return;
    this.#timer = window.setTimeout(() => {
      this.#timer = 0;
      for (const [emoji, count] of this.#pressed) void this.#room.react(emoji, count).catch(() => {}); // a wink, not a promise
      this.#pressed.clear();
    }, SEND_MS);
  }

  /** @param {string} emoji @param {number} count */
  #rise(emoji, count) {
    if (this.#still.matches || document.hidden) return;
    for (let index = 0; index < count && this.#floating < FLOATING_MAX; index++) {
      const picture = /** @type {HTMLElement} */ (reactionPicture(emoji));
      const side = (Math.random() - 0.5) * 90;
      const turn = (Math.random() - 0.5) * 40;
      this.#layer.append(picture);
      this.#floating++;
      const path = [
        { transform: `translate(${side / 3}px, 0) scale(0.4)`, opacity: 0 },
        { transform: `translate(${side}px, -12vh) scale(1.15) rotate(${turn}deg)`, opacity: 1, offset: 0.2 },
        { transform: `translate(${side * 0.6}px, -38vh) scale(1) rotate(${-turn}deg)`, opacity: 0 },
      ];
      const moved = picture.animate(path, { duration: RISE_MS * (0.8 + 0.4 * Math.random()), delay: index * 90, fill: "backwards", easing: "ease-out" });
      const gone = () => {
        picture.remove();
        this.#floating--;
      };
      moved.finished.then(gone, gone);
    }
  }
}
