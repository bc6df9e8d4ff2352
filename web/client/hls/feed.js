// One rendition, followed: its playlist reloaded as it grows, and its parts in order, each as soon as it is there.

import { HawkerError, codeOf } from "../errors.js";
import { sleep } from "../timing.js";
import { MEDIA_MISSING_MS } from "./fetching.js";
import { endMs, readMedia } from "./playlist.js";

/** @typedef {import("./playlist.js").MediaPlaylist} MediaPlaylist */
/** @typedef {import("./playlist.js").Segment} Segment */
/** @typedef {import("./playlist.js").Resource} Resource */

/**
 * A part, or a whole segment of the past.
 * @typedef {object} Chunk
 * @property {Segment} segment
 * @property {number|null} part  its index in the segment; null: the whole segment
 * @property {number} startMs  media time of its beginning
 * @property {number} duration  seconds
 * @property {Resource|null} resource  null: a gap, nothing to fetch
 */

/** Parts of segments that ended longer ago than so many target durations are no longer served. */
const PARTS_KEPT_TARGETS = 3;
/** A hinted part that is listed but not answered for so long is asked for again: a request can be lost on its way. */
const HINT_LATE_MS = 700;
/** On a way that loses them no hint is asked for again for so long. */
const HINTLESS_MS = 30_000;
/** A media sequence number so far before ours is another life of the server's. */
const BACKWARDS_MAX = 3;

/** Thrown when the place we were at is no more: begin anew at the live edge. */
export class Lost extends Error {}

export class Feed {
  #url;
  #fetching;
  /** @type {MediaPlaylist|null} */
  playlist = null;
  /** When the playlist came, of performance.now(). */
  playlistAt = 0;
  /** @type {{msn: number, part: number}} what comes next */
  #next = { msn: 0, part: 0 };
  /**
   * What the hint promised, on its way.
   * @type {Map<string, {fetched: Promise<import("./fetching.js").Fetched|null>, answered: boolean, end: AbortController}>}
   */
  #hinted = new Map();
  /** By performance.now(): no hints before. */
  #hintsFrom = 0;
  #closing = new AbortController();

  /** @param {string} url @param {import("./fetching.js").Fetching} fetching */
  constructor(url, fetching) {
    this.#url = url;
    this.#fetching = fetching;
  }

  get url() {
    return this.#url;
  }

  /** What is on its way is waited for by nobody: connections to a server are few. */
  close() {
    this.#closing.abort(new Lost());
    this.#forgetHints();
  }

  /**
   * Loads the playlist for the first time.
   * @returns {Promise<MediaPlaylist>} with at least one segment
   */
  async open() {
    for (;;) {
      const playlist = await this.#load("");
      if (playlist.segments.length > 0 || playlist.ended) return playlist;
      await sleep(pollMs(playlist));
    }
  }

  /**
   * The next chunk will be the first of segment `msn`.
   * @param {number} msn
   */
  seek(msn) {
    this.#next = { msn, part: 0 };
  }

  /**
   * The next chunk will be the one one can begin with to play from `ms`: the last before it with a keyframe.
   * @param {number} ms media time
   */
  seekTime(ms) {
    const { segments } = /** @type {MediaPlaylist} */ (this.playlist);
    const early = segments.length > 0 && ms < (segments[0].startMs ?? 0);
    const segment = early ? segments[0] : (segments.find(covers(ms)) ?? segments[segments.length - 1]);
    this.seek(segment?.msn ?? 0);
    let at = segment?.startMs ?? NaN;
    segment?.parts.forEach((part, index) => {
      if (part.independent && at <= ms) this.#next.part = index;
      at += part.duration * 1000;
    });
  }

  /**
   * The next chunk, once it is there; null after the last one of an ended show.
   * @returns {Promise<Chunk|null>}
   * @throws {Lost} when it is gone, {HawkerError} of Fetching's
   */
  async next() {
    for (;;) {
      const playlist = this.playlist ?? (await this.open());
      const chunk = this.#locate(playlist);
      if (chunk) return chunk;
      if (playlist.ended) return null;
      this.#prefetch(playlist);
      await this.#reload(playlist);
    }
  }

  /**
   * @param {Resource} resource
   * @returns {Promise<import("./fetching.js").Fetched>}
   * @throws {Lost} when it is gone
   */
  async fetch(resource) {
    const hinted = resource.range ? undefined : this.#hinted.get(resource.url);
    this.#hinted.delete(resource.url);
    if (hinted) {
      await Promise.race([hinted.fetched, sleep(HINT_LATE_MS)]);
      if (!hinted.answered) {
        hinted.end.abort(new Lost());
        this.#hintsFrom = performance.now() + HINTLESS_MS;
      }
      const early = await hinted.fetched;
      if (early) return early;
    }
    try {
      return await this.#fetching.get(resource, { missingMs: MEDIA_MISSING_MS, signal: this.#closing.signal });
    } catch (error) {
      throw codeOf(error) === "http-404" ? new Lost() : error;
    }
  }

  /** @param {MediaPlaylist} playlist @returns {Chunk|null} */
  #locate(playlist) {
    const { segments, mediaSequence } = playlist;
    const last = mediaSequence + segments.length - 1;
    if (this.#next.msn < mediaSequence || this.#next.msn > last + BACKWARDS_MAX) throw new Lost();
    const segment = segments[this.#next.msn - mediaSequence];
    if (!segment || segment.startMs === null) return null;
    const whole = segment.resource !== null && (segment.parts.length === 0 || (this.#next.part === 0 && this.#isPast(playlist, segment)));
    if (whole) {
      if (this.#next.part > 0) throw new Lost(); // its parts are no longer there, and we have had some of them
      this.#next = { msn: segment.msn + 1, part: 0 };
      return { segment, part: null, startMs: segment.startMs, duration: segment.duration, resource: segment.gap ? null : segment.resource };
    }
    const index = this.#next.part;
    if (index >= segment.parts.length) {
      if (!segment.resource) return null;
      this.#next = { msn: segment.msn + 1, part: 0 };
      return this.#locate(playlist);
    }
    this.#next = { msn: segment.msn, part: index + 1 };
    const part = segment.parts[index];
    const startMs = segment.parts.slice(0, index).reduce((sum, each) => sum + each.duration * 1000, segment.startMs);
    return { segment, part: index, startMs, duration: part.duration, resource: part.gap ? null : part.resource };
  }

  /** @param {MediaPlaylist} playlist @param {Segment} segment */
  #isPast(playlist, segment) {
    const end = endMs(playlist);
    return end !== null && segment.startMs !== null && end - segment.startMs > (PARTS_KEPT_TARGETS - 1) * playlist.target * 1000;
  }

  /**
   * The hinted part is asked for before it is made; the server answers the moment it is.
   * @param {MediaPlaylist} playlist
   */
  #prefetch({ hint }) {
    if (!hint || this.#hinted.has(hint.url) || performance.now() < this.#hintsFrom) return;
    if (this.#hinted.size > 2) this.#forgetHints(); // that never became parts
    const end = new AbortController();
    const hinted = { fetched: /** @type {Promise<import("./fetching.js").Fetched|null>} */ (Promise.resolve(null)), answered: false, end };
    // What fails is asked for again when the part is listed.
    hinted.fetched = this.#fetching.get(hint, { once: true, signal: end.signal, answered: () => (hinted.answered = true) }).catch(() => null);
    this.#hinted.set(hint.url, hinted);
  }

  #forgetHints() {
    for (const { end } of this.#hinted.values()) end.abort(new Lost());
    this.#hinted.clear();
  }

  /** @param {MediaPlaylist} playlist */
  async #reload(playlist) {
    if (!playlist.canBlock) {
      await sleep(pollMs(playlist));
      await this.#load("");
      return;
    }
    const query = [`_HLS_msn=${this.#next.msn}`];
    if (playlist.partTarget !== null) query.push(`_HLS_part=${this.#next.part}`);
    const age = (performance.now() - this.playlistAt) / 1000;
    if (playlist.canSkipUntil > 0 && age < playlist.canSkipUntil / 2) query.push("_HLS_skip=YES");
    try {
      await this.#load(query.join("&"));
    } catch (error) {
      // Another life of the server's does not know our numbers; a delta may have been of something else.
      if (codeOf(error) !== "http-400" && codeOf(error) !== "bad-playlist") throw error;
      await this.#load("");
    }
  }

  /** @param {string} query @returns {Promise<MediaPlaylist>} */
  async #load(query) {
    const url = new URL(this.#url);
    for (const each of query ? query.split("&") : []) url.searchParams.set(...pair(each));
    const { bytes } = await this.#fetching.get({ url: url.href, range: null }, { signal: this.#closing.signal });
    const text = new TextDecoder().decode(bytes);
    this.playlist = readMedia(text, this.#url, this.playlist);
    this.playlistAt = performance.now();
    if (this.playlist.segments.some((each) => each.startMs === null)) throw new HawkerError("unsupported", "a playlist without EXT-X-PROGRAM-DATE-TIME");
    return this.playlist;
  }
}

/** @param {string} text @returns {[string, string]} */
function pair(text) {
  const [name, value] = text.split("=");
  return [name, value];
}

/** @param {MediaPlaylist} playlist */
const pollMs = (playlist) => ((playlist.partTarget ?? playlist.target / 2) * 1000);

/** @param {number} ms @returns {(segment: Segment) => boolean} */
const covers = (ms) => (segment) => segment.startMs !== null && segment.startMs <= ms && ms < segment.startMs + segment.duration * 1000;
