// Time on the client: the server's clock, media time from RTP timestamps, and how long to wait before trying again.

/** @param {number} ms @returns {Promise<void>} */
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Rejects with `error` when `promise` takes longer than `ms`.
 * @template T
 * @param {Promise<T>} promise
 * @param {number} ms
 * @param {Error} error
 */
export function within(promise, ms, error) {
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(error), ms)));
  return /** @type {Promise<T>} */ (Promise.race([promise, late])).finally(() => clearTimeout(timer));
}

const BACKOFF_FIRST_MS = 250;
/** A restarted server is back in seconds; longer waits only keep viewers from the show. */
const BACKOFF_MAX_MS = 8000;

/** Waits that double up to a maximum, with jitter so that a whole audience doesn't return in one instant. */
export class Backoff {
  #attempt = 0;

  /** The next wait in ms. */
  next() {
    const base = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** this.#attempt++);
    return base * (0.5 + Math.random());
  }

  reset() {
    this.#attempt = 0;
  }
}

/** Samples kept: enough to hold one with a short queue, few enough to follow a drifting clock. */
const SAMPLES_MAX = 10;

/** The server's wall clock, from pings; runs on `performance.now()` so a change of the computer's clock doesn't matter. */
export class ServerClock {
  /** @type {{offset: number, roundTrip: number}[]} */
  #samples = [];

  /** @param {number} sent @param {number} received by performance.now() @param {number} serverTimeMs */
  add(sent, received, serverTimeMs) {
    this.#samples.push({ offset: serverTimeMs - (sent + received) / 2, roundTrip: received - sent });
    if (this.#samples.length > SAMPLES_MAX) this.#samples.shift();
  }

  /** Forgets everything: after sleep, performance.now() may have stood still. */
  reset() {
    this.#samples = [];
  }

  get #best() {
    return this.#samples.reduce((a, b) => (b.roundTrip < a.roundTrip ? b : a), this.#samples[0]);
  }

  /** The server's time in ms at `at` of performance.now(); NaN before the first sample. */
  now(at = performance.now()) {
    return this.#best ? at + this.#best.offset : NaN;
  }

  /** The shortest recent round trip in ms; NaN before the first sample. */
  get roundTripMs() {
    return this.#best ? this.#best.roundTrip : NaN;
  }
}

/** One section's mapping from RTP timestamps to media time. */
export class MediaClock {
  /** @type {{rtp: number, clockRate: number, wallclockMs: number}|null} */
  #mapping = null;

  /** @param {{rtp: number, clockRate: number, wallclockMs: number}|null} mapping */
  set(mapping) {
    this.#mapping = mapping;
  }

  /**
   * Media time in ms of an RTP timestamp; NaN without a mapping.
   * @param {number} rtp
   */
  mediaTime(rtp) {
    if (!this.#mapping) return NaN;
    // `| 0` reads the difference as a signed 32-bit number, which is right across a wrap.
    const ticks = (rtp - this.#mapping.rtp) | 0;
    return this.#mapping.wallclockMs + (ticks * 1000) / this.#mapping.clockRate;
  }
}
