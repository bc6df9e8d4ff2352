// Fetching playlists and media: again and again while that can help, and named refusals when it can't.

import { HawkerError } from "../errors.js";
import { Backoff, sleep } from "../timing.js";

/** A server holds a request back for three target durations at most; then something is wrong with the way to it. */
const PATIENCE_MS = 15_000;
/** What isn't there may come: a playlist before the show's first segment. */
const MISSING_MS = 12_000;
/** A part that a playlist names is there; if not it was another life of the server's that named it. */
export const MEDIA_MISSING_MS = 1000;
/** Live media must not wait longer than this (ms) for a server that is back. */
const WAIT_MAX_MS = 2000;

/**
 * @typedef {object} Fetched
 * @property {Uint8Array} bytes
 * @property {string} url  after redirects
 * @property {number} ms  from the first byte to the last: how long the server held it back is not in it
 */

/**
 * @typedef {object} Manner
 * @property {boolean} [once]  one try only
 * @property {number} [missingMs]  patience with 404
 * @property {AbortSignal} [signal]  nobody waits for it any longer
 * @property {() => void} [answered]  told when the answer begins
 */

export class Fetching {
  #sign;
  #closing = new AbortController();
  /** Whether the last try failed: the way to the server is cut, or it is gone. */
  failing = false;
  /** Told each time `failing` changes. */
  #told;

  /**
   * @param {object} options
   * @param {(url: URL) => void} [options.sign]  puts into each URL what the server lets one in by
   * @param {(failing: boolean) => void} [options.told]
   */
  constructor({ sign, told } = {}) {
    this.#sign = sign ?? (() => {});
    this.#told = told ?? (() => {});
  }

  get closed() {
    return this.#closing.signal.aborted;
  }

  close() {
    this.#closing.abort(new HawkerError("closed", "the player was closed"));
  }

  /**
   * Fetches until it is there.
   * @param {import("./playlist.js").Resource} resource
   * @param {Manner} [how]
   * @returns {Promise<Fetched>}
   * @throws {HawkerError} `closed`, `http-<status>` of a refusal, `http-404` of what does not come
   */
  async get(resource, how = {}) {
    const { once = false, missingMs = MISSING_MS, signal } = how;
    const backoff = new Backoff();
    const began = performance.now();
    for (;;) {
      if (this.closed) throw this.#closing.signal.reason;
      if (signal?.aborted) throw signal.reason;
      try {
        const fetched = await this.#try(resource, how);
        this.#become(false);
        return fetched;
      } catch (error) {
        if (this.closed) throw this.#closing.signal.reason;
        if (signal?.aborted) throw signal.reason;
        const refusal = error instanceof HawkerError ? error : null;
        if (once || (refusal && !worthAnotherTry(refusal.code, performance.now() - began, missingMs))) throw refusal ?? new HawkerError("disconnected", String(error));
        this.#become(true);
        await sleep(Math.max(Math.min(WAIT_MAX_MS, backoff.next()), refusal?.retryAfterMs ?? 0));
      }
    }
  }

  /** @param {import("./playlist.js").Resource} resource @param {Manner} how @returns {Promise<Fetched>} */
  async #try({ url, range }, { signal, answered }) {
    const signed = new URL(url);
    this.#sign(signed);
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(new HawkerError("timeout", "no answer in time")), PATIENCE_MS);
    const close = () => limit.abort(this.#closing.signal.reason);
    const forget = () => limit.abort(signal?.reason);
    this.#closing.signal.addEventListener("abort", close);
    signal?.addEventListener("abort", forget);
    try {
      const headers = range ? { Range: `bytes=${range.start}-${range.start + range.length - 1}` } : undefined;
      const response = await fetch(signed, { headers, signal: limit.signal });
      if (!response.ok) {
        const retryAfter = Number(response.headers.get("Retry-After"));
        throw new HawkerError(`http-${response.status}`, `${response.status} for ${url}`, { retryAfterMs: retryAfter ? retryAfter * 1000 : null });
      }
      answered?.();
      const first = performance.now();
      let bytes = new Uint8Array(await response.arrayBuffer());
      // A cache may answer with the whole resource.
      if (range && response.status === 200) bytes = bytes.subarray(range.start, range.start + range.length);
      return { bytes, url: response.redirected ? response.url : url, ms: performance.now() - first };
    } finally {
      clearTimeout(timer);
      this.#closing.signal.removeEventListener("abort", close);
      signal?.removeEventListener("abort", forget);
    }
  }

  /** @param {boolean} failing */
  #become(failing) {
    if (failing === this.failing) return;
    this.failing = failing;
    this.#told(failing);
  }
}

/** @param {string} code @param {number} ms since the first try @param {number} missingMs */
function worthAnotherTry(code, ms, missingMs) {
  const status = Number(/^http-(\d+)$/.exec(code)?.[1] ?? 0);
  if (status === 404) return ms < missingMs;
  return status === 0 || status === 408 || status === 425 || status === 429 || status >= 500;
}
