// Which rendition to play: down as soon as media come too slowly, up only after a whole segment of the next one came fast.
//
// At the live edge a part is sent as fast as it is made, so the speed of the parts one plays says little of what more the
// network could carry. What can be known is whether they keep up, and how fast an older segment of the next rendition comes.

/** A trial must have been so many times faster than the rendition needs. */
const SPARE = 1.5;
/** ms between trials; doubled after one that failed. */
const TRIAL_FIRST_MS = 6_000;
const TRIAL_MAX_MS = 120_000;
/** A part that took more than this share of its duration to come was too slow. */
const SLOW = 0.8;
/** So many too slow ones one after the other, or one stall, and we go down. */
const SLOW_PARTS = 3;

export class Choice {
  #count;
  /** @type {number|null} */
  #pinned = null;
  #slow = 0;
  #wait = TRIAL_FIRST_MS;
  #nextTrial;
  /** Index of the rendition to play, 0 the lowest. */
  current;

  /** @param {number} count how many, ordered by bandwidth @param {number} first @param {number} now ms */
  constructor(count, first, now) {
    this.#count = count;
    this.current = Math.min(count - 1, first);
    this.#nextTrial = now + TRIAL_FIRST_MS;
  }

  /** @param {number|null} index of the only one to play; null: choose */
  pin(index) {
    this.#pinned = index;
    if (index !== null) this.current = Math.max(0, Math.min(this.#count - 1, index));
  }

  get pinned() {
    return this.#pinned;
  }

  /**
   * A part came.
   * @param {{ms: number, durationMs: number, now: number}} part ms: from its first byte to its last
   */
  came({ ms, durationMs, now }) {
    this.#slow = ms > durationMs * SLOW ? this.#slow + 1 : 0;
    if (this.#slow >= SLOW_PARTS) this.#down(now);
  }

  /** @param {number} now ms */
  stalled(now) {
    this.#down(now);
  }

  /**
   * The rendition to fetch a segment of, to see whether it can be played; null: none now.
   * @param {number} now ms
   */
  trial(now) {
    if (this.#pinned !== null || this.current + 1 >= this.#count || now < this.#nextTrial) return null;
    this.#nextTrial = Infinity; // until this one has ended
    return this.current + 1;
  }

  /**
   * @param {{index: number, bandwidth: number, bytes: number, ms: number, now: number}|{index: number, failed: true, now: number}} trial
   */
  tried(trial) {
    const fast = !("failed" in trial) && (trial.bytes * 8000) / Math.max(1, trial.ms) >= trial.bandwidth * SPARE;
    if (fast && this.#pinned === null && trial.index === this.current + 1) {
      this.current = trial.index;
      this.#wait = TRIAL_FIRST_MS;
    } else if (!fast) this.#wait = Math.min(TRIAL_MAX_MS, this.#wait * 2);
    this.#nextTrial = trial.now + this.#wait;
  }

  /** @param {number} now ms */
  #down(now) {
    this.#slow = 0;
    if (this.#pinned !== null || this.current === 0) return;
    this.current--;
    this.#wait = Math.min(TRIAL_MAX_MS, this.#wait * 2);
    this.#nextTrial = now + this.#wait;
  }
}
