// What the picture has reached: media time that runs on between its frames.

/** A picture older than this (ms) is not one that anything waits for. */
const HOLD_MAX_MS = 10_000;

export class FrameClock {
  #now;
  /** Media time of the frame shown, and the server's time then; NaN: nothing waits. */
  #shownMs = NaN;
  #shownAt = NaN;

  /** @param {() => number} now  the server's time in ms */
  constructor(now) {
    this.#now = now;
  }

  /**
   * The picture now shows this.
   * @param {number} mediaTimeMs  NaN: it shows nothing that could be waited for
   */
  shows(mediaTimeMs) {
    this.#shownMs = mediaTimeMs;
    this.#shownAt = this.#now();
  }

  /** What the picture has reached by now; Infinity: nothing waits. It runs on without frames: one that stands still holds nothing back for long. */
  get reachedMs() {
    const age = this.#shownAt - this.#shownMs;
    return age < HOLD_MAX_MS ? this.#now() - age : Infinity;
  }
}
