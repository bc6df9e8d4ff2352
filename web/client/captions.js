// Captions at the frame a viewer sees: each with the words it stands for, whichever way the picture comes and however late it is.

import { Emitter } from "./emitter.js";
import { FrameClock } from "./frame-clock.js";

/** @typedef {import("./protocol").Caption} Caption */

/** How often what waits is looked at without a frame (ms): a tab in the background shows none. */
const TICK_MS = 100;
/** Captions kept at most: a server that floods a page must not fill it. */
const CAPTIONS_MAX = 200;
/** Languages kept at most: a room has four. */
const LANGUAGES_MAX = 8;
/** Captions shown at once in one language; more would hide the picture. */
const SHOWN_MAX = 2;

/**
 * `change`: others are shown. `languages`: there is a new one.
 * @extends {Emitter<{change: void, languages: string[]}>}
 */
export class Captions extends Emitter {
  /**
   * In the order in which they came.
   * @type {string[]}
   */
  languages = [];
  #now;
  #frame;
  /**
   * Waiting or shown, by their beginnings; `fromMs` and `untilMs` are media time.
   * @type {{caption: Caption, fromMs: number, untilMs: number}[]}
   */
  #cues = [];
  #shown = "";
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;

  /** @param {import("./live-show.js").LiveShow} show @param {() => number} now  the server's time in ms */
  constructor(show, now) {
    super();
    this.#now = now;
    this.#frame = new FrameClock(now);
    show.on("caption", (caption) => this.#take(caption));
  }

  /**
   * The picture now shows this.
   * @param {number} mediaTimeMs  NaN: it shows nothing that could be waited for
   */
  shows(mediaTimeMs) {
    this.#frame.shows(mediaTimeMs);
    this.#settle();
  }

  /**
   * What is said in the frames shown now, oldest first.
   * @param {string} language
   */
  shown(language) {
    const now = this.#reachedMs();
    return this.#cues.filter((each) => each.caption.language === language && each.fromMs <= now && now < each.untilMs).slice(-SHOWN_MAX).map(({ caption }) => caption);
  }

  close() {
    clearTimeout(this.#timer);
  }

  #reachedMs() {
    const reached = this.#frame.reachedMs;
    return reached === Infinity ? this.#now() : reached;
  }

  /** @param {Caption} caption */
  #take(caption) {
    const { id, language, mediaTimeMs, durationMs } = caption;
    if (!this.languages.includes(language)) {
      if (this.languages.length >= LANGUAGES_MAX) return;
      this.languages = [...this.languages, language];
      this.emit("languages", this.languages);
    }
    const before = this.#cues.find((each) => each.caption.id === id && each.caption.language === language);
    this.#cues = this.#cues.filter((each) => each !== before);
    // One that comes after its frame is shown now, as long as it would have been; one that is refined stays where it is.
    const beginsMs = Math.max(mediaTimeMs, this.#reachedMs());
    const fromMs = before ? Math.min(before.fromMs, beginsMs) : beginsMs;
    this.#cues.push({ caption, fromMs, untilMs: beginsMs + durationMs });
    this.#cues.sort((a, b) => a.caption.mediaTimeMs - b.caption.mediaTimeMs);
    if (this.#cues.length > CAPTIONS_MAX) this.#cues.shift();
    this.#settle();
  }

  #settle() {
    clearTimeout(this.#timer);
    const now = this.#reachedMs();
    this.#cues = this.#cues.filter((each) => now < each.untilMs);
    const shown = JSON.stringify(this.#cues.filter((each) => each.fromMs <= now).map(({ caption }) => [caption.language, caption.id, caption.text]));
    if (shown !== this.#shown) {
      this.#shown = shown;
      this.emit("change", undefined);
    }
    if (this.#cues.length > 0) this.#timer = setTimeout(() => this.#settle(), TICK_MS);
  }
}
