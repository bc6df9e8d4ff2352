// Plays LL-HLS through Media Source Extensions, as near to live as the server allows, and knows which media time it shows.
//
// The player's timeline is media time: `currentTime` 0 is `epochMs`. Every fragment is placed by its playlist's
// EXT-X-PROGRAM-DATE-TIME, so sound, picture, renditions and what comes after a discontinuity agree without anything else.

import { Emitter } from "../emitter.js";
import { HawkerError } from "../errors.js";
import { sleep } from "../timing.js";
import { decodeTimeOf, timescaleOf } from "./boxes.js";
import { Choice } from "./choice.js";
import { DateRanges } from "./date-ranges.js";
import { Feed, Lost } from "./feed.js";
import { Fetching } from "./fetching.js";
import { LicenceDesk } from "./licence.js";
import { Pace } from "./pace.js";
import { endMs, isMultivariant, readMultivariant } from "./playlist.js";
import { Sink } from "./sink.js";

/** @typedef {import("./playlist.js").Variant} Variant */
/** @typedef {import("./feed.js").Chunk} Chunk */
/** @typedef {"idle"|"loading"|"playing"|"stalled"|"ended"|"failed"|"closed"} PlayerState */

/** Media kept ready at most: a paused page does not load a whole show. */
const AHEAD_MAX_S = 20;
const TICK_MS = 100;
/** A picture that stood still for so long stands still for want of media. */
const STUCK_MS = 200;
/** Before a hole this near, decoders hold their last frames back. */
const HOLE_NEAR_S = 1;
/** While there are newer media nothing stands still for so long but by a fault: begin anew. */
const FROZEN_MS = 8000;
/** So much must be there before playing begins. */
const READY_S = 0.25;
/** Of renditions that can't be measured yet, the highest below this (bit/s). */
const FIRST_BANDWIDTH = 1_600_000;
/** Segments of two renditions that begin within so much of each other have the same frames. */
const SAME_CUT_MS = 500;
/** Initialization sections kept: one per rendition and its last changes. */
const INITS_MAX = 12;

/**
 * Sound, or the picture.
 * @typedef {object} Track
 * @property {Feed} feed
 * @property {Sink} sink
 * @property {boolean} picture
 * @property {string} placed  what the sink's offset was made for: initialization section and discontinuity
 * @property {number} timescale
 * @property {number} endMs  media time up to which it was appended
 */

/**
 * `state`; `rendition`: another one is shown, by its index; `event`: a date range begins on the frame now shown, or had begun
 * before one came; `blocked`: the browser wants a touch before it plays; `failed`.
 * @extends {Emitter<{state: PlayerState, rendition: number, event: import("./date-ranges.js").Begun, blocked: null, failed: HawkerError}>}
 */
export class HlsPlayer extends Emitter {
  /** @type {PlayerState} */
  state = "idle";
  /**
   * Ordered by bandwidth.
   * @type {Variant[]}
   */
  renditions = [];
  #url;
  #live;
  #video;
  #fetching;
  #licences;
  #mediaSource;
  #pace = new Pace();
  #choice = new Choice(1, 0, 0);
  #ranges = new DateRanges();
  #epochMs = NaN;
  /** @type {Track[]} the picture's first, if there is one */
  #tracks = [];
  /** A new object for each beginning at the live edge; who holds an old one stops. */
  #session = {};
  /** @type {(why: unknown) => void} */
  #endSession = () => {};
  #startAt = NaN;
  #shown = -1;
  #stuckSince = NaN;
  /** What was shown when it was last seen to move, and when that was. */
  #moved = { time: NaN, at: NaN };
  /** @type {Map<string, Uint8Array>} */
  #inits = new Map();
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;

  /** Whether this browser can. */
  static get supported() {
    return mediaSourceClass() !== null;
  }

  /** @param {{url: string, video: HTMLVideoElement, sign?: (url: URL) => void, live?: boolean, licence?: import("./licence.js").Licence|import("./licence.js").Licence[]|null}} options live: a show that is over is none; licence: who gives keys of protected shows; of several, the first whose system the browser has */
  constructor({ url, video, sign, live = false, licence = null }) {
    super();
    this.#live = live;
    this.#url = new URL(url, globalThis.location?.href).href;
    this.#video = video;
    this.#fetching = new Fetching({ sign });
    this.#licences = new LicenceDesk(video, [licence ?? []].flat(), (failure) => this.#fail(failure));
    this.#mediaSource = new (mediaSourceClass() ?? unsupported())();
  }

  /** Begins; what follows is told by events. */
  play() {
    if (this.state !== "idle") return;
    this.#become("loading");
    this.#run().catch((error) => this.#fail(error instanceof HawkerError ? error : new HawkerError("internal", String(error), { cause: error })));
  }

  /** @param {HawkerError} failure */
  #fail(failure) {
    if (this.state === "closed" || this.state === "failed") return;
    this.#stop();
    this.#become("failed");
    this.emit("failed", failure);
  }

  close() {
    if (this.state === "closed") return;
    this.#stop();
    this.#become("closed");
    this.#video.removeAttribute("src");
    this.#video.load();
  }

  /** Media time in ms of what is shown; NaN before there is anything. */
  get mediaTimeMs() {
    return this.#epochMs + this.#video.currentTime * 1000;
  }

  /**
   * Media time in ms of a frame.
   * @param {{mediaTime: number}} frame from `requestVideoFrameCallback`
   */
  mediaTimeOf(frame) {
    return this.#epochMs + frame.mediaTime * 1000;
  }

  /** Seconds behind the newest media there are; NaN before there is anything. */
  get behind() {
    return (this.#edgeMs() - this.mediaTimeMs) / 1000;
  }

  /** Index of the rendition shown; -1 before there is one. */
  get rendition() {
    return this.#shown;
  }

  /**
   * Plays this rendition only; null: what the network carries.
   * @param {number|null} index
   */
  setRendition(index) {
    this.#choice.pin(index);
  }

  async #run() {
    await this.#open();
    this.#tick();
    for (;;) {
      try {
        await this.#follow();
        break;
      } catch (error) {
        if (!(error instanceof Lost) || this.#fetching.closed) throw error;
        for (const { feed } of this.#tracks) feed.close();
        for (const { sink } of this.#tracks) await sink.clear();
      }
    }
    if (this.#mediaSource.readyState === "open") this.#mediaSource.endOfStream();
  }

  /** Learns what there is, and opens the browser's buffers for it. */
  async #open() {
    const { bytes, url } = await this.#fetching.get({ url: this.#url, range: null });
    const text = new TextDecoder().decode(bytes);
    const playlist = isMultivariant(text)
      ? readMultivariant(text, url)
      : { variants: [{ url, bandwidth: 0, height: 0, codecs: ["avc1.42e01f"], audio: null }], audio: [] };
    const playable = playlist.variants.filter((each) => each.codecs.length > 0 && playableAs(each));
    const pictures = playable.filter((each) => each.codecs.some(isPicture));
    this.renditions = (pictures.length > 0 ? pictures : playable).sort((a, b) => a.bandwidth - b.bandwidth);
    if (this.renditions.length === 0) throw new HawkerError("unsupported", "nothing in it that this browser plays");
    const first = this.renditions.reduce((best, each, index) => (each.bandwidth <= FIRST_BANDWIDTH ? index : best), 0);
    const { pinned } = this.#choice;
    this.#choice = new Choice(this.renditions.length, first, performance.now());
    this.#choice.pin(pinned);

    this.#video.src = URL.createObjectURL(/** @type {any} */ (this.#mediaSource));
    if ("ManagedMediaSource" in globalThis) this.#video.disableRemotePlayback = true;
    if (this.#mediaSource.readyState !== "open") {
      await new Promise((resolve) => this.#mediaSource.addEventListener("sourceopen", resolve, { once: true }));
    }
    if (this.#fetching.closed) throw new Lost();
    const main = this.renditions[first];
    const sound = playlist.audio.filter((each) => each.group === main.audio).sort((a, b) => Number(b.isDefault) - Number(a.isDefault))[0];
    const soundType = `audio/mp4; codecs="${main.codecs.filter((each) => !isPicture(each)).join(", ")}"`;
    const hasPicture = main.codecs.some(isPicture);
    await this.#licences.open({ video: hasPicture ? [mime(main, true)] : [], audio: sound || !hasPicture ? [soundType] : [] });
    if (this.#fetching.closed) throw new Lost();
    this.#addTrack(main.url, mime(main, sound !== undefined), hasPicture);
    if (sound) this.#addTrack(sound.url, soundType, false);
  }

  /** @param {string} url @param {string} type @param {boolean} picture */
  #addTrack(url, type, picture) {
    const sink = new Sink(this.#mediaSource.addSourceBuffer(type), this.#video);
    this.#tracks.push({ feed: new Feed(url, this.#fetching), sink, picture, placed: "", timescale: 1, endMs: NaN });
  }

  /**
   * Plays from the live edge until the show ends.
   * @throws {Lost} when it must begin anew
   */
  async #follow() {
    const session = (this.#session = {});
    const lost = new Promise((_, reject) => (this.#endSession = reject));
    lost.catch(() => {});
    this.#startAt = NaN;
    for (const track of this.#tracks) Object.assign(track, { placed: "", endMs: NaN, feed: new Feed(track.feed.url, this.#fetching) });
    await Promise.all(this.#tracks.map((track) => track.feed.open()));
    const main = /** @type {import("./playlist.js").MediaPlaylist} */ (this.#tracks[0].feed.playlist);
    if (main.ended && this.#live && Number.isNaN(this.#epochMs)) throw new HawkerError("show-over", "the show is over");
    const firstMs = main.segments[0]?.startMs ?? NaN;
    if (Number.isNaN(firstMs)) throw new HawkerError("bad-playlist", "an empty show");
    if (Number.isNaN(this.#epochMs) || firstMs < this.#epochMs) this.#epochMs = firstMs - 1000;
    const startMs = main.ended ? firstMs : Math.max(firstMs, this.#edgeMs() - (main.holdBack + this.#pace.extra) * 1000);
    for (const track of this.#tracks) track.feed.seekTime(startMs);
    this.#startAt = (startMs - this.#epochMs) / 1000;
    await Promise.race([lost, Promise.all(this.#tracks.map((track) => this.#pump(track, session)))]);
  }

  /**
   * Moves a rendition's media into the browser, for as long as there are some.
   * @param {Track} track @param {object} session
   */
  async #pump(track, session) {
    for (;;) {
      const chunk = await track.feed.next();
      if (chunk && track.picture && !chunk.part && (await this.#switch(track, chunk))) continue;
      while (session === this.#session && this.#started && track.sink.ahead(this.#video.currentTime) > AHEAD_MAX_S) await sleep(TICK_MS * 5);
      if (session !== this.#session || !chunk) return;
      if (chunk.resource) await this.#append(track, chunk, session);
      if (session !== this.#session) return;
      track.endMs = chunk.startMs + chunk.duration * 1000;
      this.#begin();
    }
  }

  /**
   * At a segment's beginning another rendition can go on.
   * @param {Track} track @param {Chunk} chunk what would come next of the present one
   * @returns {Promise<boolean>} whether another one does
   */
  async #switch(track, { segment, startMs }) {
    const wanted = this.renditions[this.#choice.current];
    if (wanted.url === track.feed.url) return false;
    const feed = new Feed(wanted.url, this.#fetching);
    const { segments } = await feed.open();
    feed.seek(segment.msn);
    const same = segments.find((each) => each.msn === segment.msn);
    // Renditions of one show are cut alike; where they aren't, time says where we are.
    if (same?.startMs != null && Math.abs(same.startMs - startMs) > SAME_CUT_MS) feed.seekTime(startMs);
    track.feed.close();
    track.feed = feed;
    return true;
  }

  /** @param {Track} track @param {Chunk} chunk @param {object} session */
  async #append(track, chunk, session) {
    const { init, discontinuity } = chunk.segment;
    const media = await track.feed.fetch(/** @type {import("./playlist.js").Resource} */ (chunk.resource));
    const header = init && (await this.#init(init));
    if (session !== this.#session) return;
    if (track.picture) this.#choice.came({ ms: media.ms, durationMs: chunk.duration * 1000, now: performance.now() });
    const place = `${discontinuity} ${init ? keyOf(init) : ""}`;
    if (place !== track.placed) {
      if (header) {
        track.timescale = timescaleOf(header);
        await track.sink.append(header);
      }
      await track.sink.offset((chunk.startMs - this.#epochMs) / 1000 - decodeTimeOf(media.bytes) / track.timescale);
      track.placed = place;
    }
    await track.sink.append(media.bytes);
    const index = this.renditions.findIndex((each) => each.url === track.feed.url);
    if (track.picture && index !== this.#shown) {
      this.#shown = index;
      this.emit("rendition", index);
    }
  }

  /** @param {import("./playlist.js").Resource} resource */
  async #init(resource) {
    const key = keyOf(resource);
    const bytes = this.#inits.get(key) ?? (await this.#fetching.get(resource)).bytes;
    this.#inits.delete(key);
    this.#inits.set(key, bytes);
    for (const oldest of this.#inits.keys()) if (this.#inits.size > INITS_MAX) this.#inits.delete(oldest);
    return bytes;
  }

  get #started() {
    return Number.isNaN(this.#startAt) === false && this.#video.currentTime >= this.#startAt - 0.001;
  }

  /** Begins to show once every track has something to show. */
  #begin() {
    if (this.#started || Number.isNaN(this.#startAt)) return;
    // Where it begins with a hole, it begins behind it.
    for (const { sink } of this.#tracks) if (sink.ahead(this.#startAt) === 0) this.#startAt = sink.after(this.#startAt) ?? this.#startAt;
    if (!this.#tracks.every((track) => track.sink.ahead(this.#startAt) >= READY_S || this.#hasEnded(track))) return;
    this.#video.currentTime = this.#startAt;
    this.#video.play().catch(() => this.emit("blocked", null));
  }

  /** @param {Track} track */
  #hasEnded(track) {
    return track.feed.playlist?.ended === true && track.endMs >= (endMs(track.feed.playlist) ?? 0) - 1;
  }

  /** Where the newest media end that every track has: media time in ms; runs on between playlists. */
  #edgeMs() {
    const now = performance.now();
    return Math.min(...this.#tracks.map(({ feed }) => {
      const end = feed.playlist && endMs(feed.playlist);
      if (end === null || !feed.playlist) return NaN;
      return end + (feed.playlist.ended ? 0 : Math.min(now - feed.playlistAt, 2000 * (feed.playlist.partTarget ?? feed.playlist.target)));
    }));
  }

  #tick() {
    this.#timer = setTimeout(() => this.#tick(), TICK_MS);
    const now = performance.now();
    this.#watchFrozen(now);
    if (!this.#started) return;
    const playlist = this.#tracks[0].feed.playlist;
    if (!playlist) return;
    for (const begun of this.#ranges.begun(playlist, this.mediaTimeMs)) this.emit("event", begun);
    if (this.#video.ended) return this.#become("ended");
    if (this.#video.paused) return;
    this.#watchStill(now);
    for (const track of this.#tracks) void track.sink.trim().catch(() => {});
    if (playlist.ended) return void (this.#video.playbackRate = 1);
    const { rate, jump } = this.#pace.next({ behind: this.behind, holdBack: playlist.holdBack, now });
    if (jump) this.#jump(playlist.holdBack);
    else if (this.#video.playbackRate !== rate) this.#video.playbackRate = rate;
    const index = this.#choice.trial(now);
    if (index !== null) void this.#try(index);
  }

  /**
   * Whatever it is that stands still for so long, a new beginning ends it.
   * @param {number} now
   */
  #watchFrozen(now) {
    const { currentTime, paused } = this.#video;
    const newest = this.#tracks[0]?.feed.playlist?.segments.at(-1);
    const flows = newest && !newest.gap && newest.parts.at(-1)?.gap !== true && !this.#tracks[0].feed.playlist?.ended;
    const rests = Number.isNaN(this.#startAt) || (this.#started && paused) || this.#fetching.failing;
    if (rests || !flows || currentTime !== this.#moved.time) this.#moved = { time: currentTime, at: now };
    else if (now - this.#moved.at > FROZEN_MS) {
      this.#moved.at = now;
      this.#endSession(new Lost());
    }
  }

  /**
   * The picture moves, or there is a hole before it, or media don't come.
   * @param {number} now
   */
  #watchStill(now) {
    const { currentTime, readyState, seeking } = this.#video;
    if (readyState >= 3 || seeking) {
      this.#stuckSince = NaN;
      if (readyState >= 3) this.#become("playing");
      return;
    }
    if (Number.isNaN(this.#stuckSince)) this.#stuckSince = now;
    if (now - this.#stuckSince < STUCK_MS) return;
    const ends = this.#tracks.map((track) => ({ after: track.sink.after(currentTime), ahead: track.sink.ahead(currentTime) }));
    const holes = ends.filter(({ after, ahead }) => after !== null && ahead < HOLE_NEAR_S);
    if (holes.length > 0 && ends.every(({ after, ahead }) => after !== null || ahead >= 0.05)) {
      // What was appended behind a hole says that nothing will fill it.
      this.#video.currentTime = Math.max(...holes.map(({ after }) => /** @type {number} */ (after))) + 0.01;
      this.#stuckSince = NaN;
    } else if (this.state === "playing") {
      this.#become("stalled");
      this.#pace.stalled(now);
      this.#choice.stalled(now);
    }
  }

  /**
   * To the asked distance, with what is there, or else anew.
   * @param {number} holdBack
   */
  #jump(holdBack) {
    const target = (this.#edgeMs() - this.#epochMs) / 1000 - holdBack - this.#pace.extra;
    if (this.#tracks.every((track) => track.sink.ahead(target) > READY_S)) this.#video.currentTime = target;
    else this.#endSession(new Lost());
  }

  /**
   * Whether the network carries a higher rendition: a segment of its past says so.
   * @param {number} index
   */
  async #try(index) {
    try {
      const { segments } = await new Feed(this.renditions[index].url, this.#fetching).open();
      const last = segments.filter((each) => each.resource && !each.gap).pop();
      if (!last?.resource) throw new Lost();
      const { bytes, ms } = await this.#fetching.get(last.resource, { once: true });
      this.#choice.tried({ index, bandwidth: this.renditions[index].bandwidth, bytes: bytes.length, ms, now: performance.now() });
    } catch (error) {
      this.#choice.tried({ index, failed: true, now: performance.now() });
    }
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#session = {};
    this.#fetching.close();
    this.#licences.close();
    this.#endSession(new Lost());
  }

  /** @param {PlayerState} state */
  #become(state) {
    if (state === this.state || this.state === "closed") return;
    this.state = state;
    this.emit("state", state);
  }
}

/** @returns {{new (): MediaSource, isTypeSupported(type: string): boolean}|null} iPhones have the managed one only */
function mediaSourceClass() {
  const { ManagedMediaSource, MediaSource } = /** @type {any} */ (globalThis);
  return ManagedMediaSource ?? MediaSource ?? null;
}

/** @returns {never} */
function unsupported() {
  throw new HawkerError("unsupported", "this browser has no Media Source Extensions");
}

/** @param {string} codec */
const isPicture = (codec) => /^(avc1|avc3|hvc1|hev1|av01|vp09)\b/.test(codec);

/** @param {import("./playlist.js").Resource} resource */
const keyOf = ({ url, range }) => (range ? `${url} ${range.start}+${range.length}` : url);

/** @param {Variant} variant @param {boolean} soundApart */
function mime({ codecs }, soundApart) {
  const own = soundApart ? codecs.filter(isPicture) : codecs;
  return `${own.some(isPicture) ? "video" : "audio"}/mp4; codecs="${own.join(", ")}"`;
}

/** @param {Variant} variant */
function playableAs(variant) {
  return mediaSourceClass()?.isTypeSupported(mime(variant, false)) ?? false;
}
