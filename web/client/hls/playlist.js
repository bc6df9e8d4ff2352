// HLS playlists read into values (RFC 8216bis). Total: what can't be read is a HawkerError `bad-playlist`, never a guess.

import { HawkerError } from "../errors.js";

/** A day of parts of a third of a second is far below it; a page is not to hang on a playlist. */
const LENGTH_MAX = 4 << 20;

/**
 * Bytes of a resource: from `start`, `length` of them.
 * @typedef {{start: number, length: number}} ByteRange
 */

/**
 * What can be fetched. `range` null: the whole resource.
 * @typedef {{url: string, range: ByteRange|null}} Resource
 */

/**
 * @typedef {object} Part
 * @property {Resource} resource
 * @property {number} duration  seconds
 * @property {boolean} independent  begins with a keyframe
 * @property {boolean} gap  there is nothing to fetch
 */

/**
 * @typedef {object} Segment
 * @property {number} msn  its Media Sequence Number
 * @property {number} discontinuity  its Discontinuity Sequence Number
 * @property {Resource|null} resource  null while the segment is still being made
 * @property {number} duration  seconds; of the parts so far while it is being made
 * @property {Part[]} parts  empty for old segments
 * @property {Resource|null} init  the initialization section
 * @property {number|null} startMs  media time of its beginning, of EXT-X-PROGRAM-DATE-TIME
 * @property {boolean} gap
 */

/**
 * @typedef {object} DateRange
 * @property {string} id
 * @property {string} class
 * @property {number} startMs
 * @property {number|null} endMs
 * @property {Record<string, string>} attributes  all as written, without quotes: `X-…` among them
 */

/**
 * @typedef {object} MediaPlaylist
 * @property {string} url
 * @property {number} target  EXT-X-TARGETDURATION in seconds
 * @property {number|null} partTarget  seconds
 * @property {number} holdBack  how far from its end to play, in seconds; of parts where there are some
 * @property {boolean} canBlock
 * @property {number} canSkipUntil  seconds; 0: no delta updates
 * @property {number} mediaSequence
 * @property {Segment[]} segments
 * @property {Resource|null} hint  the part that comes next
 * @property {{url: string, msn: number, part: number}[]} reports
 * @property {DateRange[]} dateRanges
 * @property {boolean} ended
 */

/**
 * @typedef {object} Variant
 * @property {string} url
 * @property {number} bandwidth  bit/s, the peak
 * @property {number} height  0: no picture, or not said
 * @property {string[]} codecs
 * @property {string|null} audio  the group its sound is in
 */

/**
 * @typedef {object} MultivariantPlaylist
 * @property {Variant[]} variants
 * @property {{group: string, url: string, isDefault: boolean}[]} audio
 */

/** @param {string} why */
const bad = (why) => new HawkerError("bad-playlist", why);

/** @param {string} text */
function* tags(text) {
  if (text.length > LENGTH_MAX) throw bad("longer than any playlist of ours");
  const lines = text.split(/\r?\n/);
  if (lines[0] !== "#EXTM3U") throw bad("does not begin with #EXTM3U");
  for (const line of lines) {
    const tag = /^#(EXT[A-Z0-9-]*)(?::(.*))?$/.exec(line);
    if (tag) yield { name: tag[1], value: tag[2] ?? "" };
    else if (line !== "" && !line.startsWith("#")) yield { name: "", value: line };
  }
}

/** @param {string} text @returns {Record<string, string>} */
export function attributesOf(text) {
  /** @type {Record<string, string>} */
  const found = {};
  for (const [, name, value] of text.matchAll(/([A-Z0-9-]+)=("[^"]*"|[^",]*)/g)) {
    found[name] = value.startsWith('"') ? value.slice(1, -1) : value;
  }
  return found;
}

/** @param {string|undefined} text @param {string} what @returns {number} a number that is not negative */
function number(text, what) {
  const value = Number(text);
  if (text === undefined || text === "" || !(value >= 0 && value <= Number.MAX_SAFE_INTEGER)) throw bad(`${what}: ${text}`);
  return value;
}

/** @param {string} text @param {string} base */
function resolve(text, base) {
  try {
    return new URL(text, base).href;
  } catch {
    throw bad(`not a URL: ${text}`);
  }
}

/** @param {string|undefined} text @returns {number} */
function date(text) {
  const ms = Date.parse(text ?? "");
  if (Number.isNaN(ms)) throw bad(`not a date: ${text}`);
  return ms;
}

/**
 * @param {string} text @param {Resource|null} before  what a range without an offset follows
 * @param {string} url
 */
function byteRange(text, before, url) {
  const [length, offset] = text.split("@");
  const follows = before?.url === url && before.range ? before.range.start + before.range.length : 0;
  return { start: offset === undefined ? follows : number(offset, "BYTERANGE"), length: number(length, "BYTERANGE") };
}

/**
 * Whether it lists renditions rather than segments.
 * @param {string} text
 */
export const isMultivariant = (text) => /^#EXT-X-STREAM-INF:/m.test(text);

/** @param {string} text @param {string} url where it came from @returns {MultivariantPlaylist} */
export function readMultivariant(text, url) {
  /** @type {MultivariantPlaylist} */
  const playlist = { variants: [], audio: [] };
  /** @type {Record<string, string>|null} */
  let stream = null;
  for (const { name, value } of tags(text)) {
    if (name === "EXT-X-STREAM-INF") stream = attributesOf(value);
    else if (name === "EXT-X-MEDIA") {
      const media = attributesOf(value);
      if (media.TYPE !== "AUDIO" || !media.URI) continue;
      playlist.audio.push({ group: media["GROUP-ID"] ?? "", url: resolve(media.URI, url), isDefault: media.DEFAULT === "YES" });
    } else if (name === "" && stream) {
      playlist.variants.push({
        url: resolve(value, url),
        bandwidth: number(stream.BANDWIDTH, "BANDWIDTH"),
        height: Number(stream.RESOLUTION?.split("x")[1] ?? 0),
        codecs: (stream.CODECS ?? "").split(",").map((each) => each.trim()).filter(Boolean),
        audio: stream.AUDIO ?? null,
      });
      stream = null;
    }
  }
  if (playlist.variants.length === 0) throw bad("no variant in it");
  return playlist;
}

/**
 * @param {string} text @param {string} url where it came from
 * @param {MediaPlaylist|null} [before]  the one before, which a delta update leans on
 * @returns {MediaPlaylist}
 */
export function readMedia(text, url, before = null) {
  return new MediaReader(url, before).read(text);
}

class MediaReader {
  /** @type {MediaPlaylist} */
  #playlist;
  #before;
  #discontinuity = 0;
  /** @type {Resource|null} */
  #init = null;
  /** @type {number|null} media time where the next segment begins */
  #startMs = null;
  #gap = false;
  /** @type {Part[]} of the segment being read */
  #parts = [];
  /** @type {number|null} EXTINF of the segment being read */
  #duration = null;
  /** @type {string|null} */
  #range = null;
  /** @type {Resource|null} */
  #lastPart = null;
  /** @type {Resource|null} */
  #lastSegment = null;

  /** @param {string} url @param {MediaPlaylist|null} before */
  constructor(url, before) {
    this.#before = before;
    this.#playlist = {
      url, target: 0, partTarget: null, holdBack: 0, canBlock: false, canSkipUntil: 0, mediaSequence: 0,
      segments: [], hint: null, reports: [], dateRanges: [], ended: false,
    };
  }

  /** @param {string} text */
  read(text) {
    const playlist = this.#playlist;
    let partHoldBack = 0;
    for (const { name, value } of tags(text)) {
      if (name === "EXT-X-TARGETDURATION") playlist.target = number(value, name);
      else if (name === "EXT-X-PART-INF") playlist.partTarget = number(attributesOf(value)["PART-TARGET"], "PART-TARGET");
      else if (name === "EXT-X-SERVER-CONTROL") {
        const control = attributesOf(value);
        playlist.canBlock = control["CAN-BLOCK-RELOAD"] === "YES";
        playlist.canSkipUntil = Number(control["CAN-SKIP-UNTIL"] ?? 0) || 0;
        playlist.holdBack = Number(control["HOLD-BACK"] ?? 0) || 0;
        partHoldBack = Number(control["PART-HOLD-BACK"] ?? 0) || 0;
      } else if (name === "EXT-X-MEDIA-SEQUENCE") playlist.mediaSequence = number(value, name);
      else if (name === "EXT-X-DISCONTINUITY-SEQUENCE") this.#discontinuity = number(value, name);
      else if (name === "EXT-X-ENDLIST") playlist.ended = true;
      else if (name === "EXT-X-SKIP") this.#skip(number(attributesOf(value)["SKIPPED-SEGMENTS"], "SKIPPED-SEGMENTS"));
      else if (name === "EXT-X-DATERANGE") playlist.dateRanges.push(this.#dateRange(value));
      else this.#readSegment(name, value);
    }
    this.#closeOpenSegment();
    if (playlist.target <= 0) throw bad("no EXT-X-TARGETDURATION");
    if (playlist.partTarget !== null && playlist.partTarget <= 0) throw bad("PART-TARGET of 0");
    if (playlist.partTarget !== null) playlist.holdBack = partHoldBack || 3 * playlist.partTarget;
    else playlist.holdBack ||= 3 * playlist.target;
    return playlist;
  }

  /** @param {string} name @param {string} value */
  #readSegment(name, value) {
    const { url, reports } = this.#playlist;
    if (name === "EXTINF") this.#duration = number(value.split(",")[0], name);
    else if (name === "EXT-X-BYTERANGE") this.#range = value;
    else if (name === "EXT-X-GAP") this.#gap = true;
    else if (name === "EXT-X-DISCONTINUITY") this.#discontinuity++;
    else if (name === "EXT-X-PROGRAM-DATE-TIME") this.#startMs = date(value);
    else if (name === "EXT-X-MAP") this.#init = this.#resource(attributesOf(value), null);
    else if (name === "EXT-X-PART") this.#readPart(attributesOf(value));
    else if (name === "EXT-X-PRELOAD-HINT") this.#readHint(attributesOf(value));
    else if (name === "EXT-X-RENDITION-REPORT") {
      const report = attributesOf(value);
      const part = report["LAST-PART"] === undefined ? -1 : number(report["LAST-PART"], "LAST-PART");
      reports.push({ url: resolve(report.URI ?? "", url), msn: number(report["LAST-MSN"], "LAST-MSN"), part });
    } else if (name === "") this.#closeSegment(value);
  }

  /** @param {Record<string, string>} attributes @param {Resource|null} before @returns {Resource} */
  #resource(attributes, before) {
    const url = resolve(attributes.URI ?? "", this.#playlist.url);
    return { url, range: attributes.BYTERANGE ? byteRange(attributes.BYTERANGE, before, url) : null };
  }

  /** @param {Record<string, string>} attributes */
  #readPart(attributes) {
    this.#lastPart = this.#resource(attributes, this.#lastPart);
    this.#parts.push({
      resource: this.#lastPart,
      duration: number(attributes.DURATION, "DURATION"),
      independent: attributes.INDEPENDENT === "YES",
      gap: attributes.GAP === "YES",
    });
  }

  /** @param {Record<string, string>} attributes */
  #readHint(attributes) {
    if (attributes.TYPE !== "PART") return;
    // A hint of a range whose end is not known yet could not be told from the part that comes of it.
    if (attributes["BYTERANGE-START"] !== undefined) return;
    this.#playlist.hint = { url: resolve(attributes.URI ?? "", this.#playlist.url), range: null };
  }

  /** @param {string} uri */
  #closeSegment(uri) {
    if (this.#duration === null) throw bad("a segment without EXTINF");
    const url = resolve(uri, this.#playlist.url);
    const range = this.#range === null ? null : byteRange(this.#range, this.#lastSegment, url);
    this.#lastSegment = { url, range };
    this.#push(this.#lastSegment, this.#duration);
  }

  /** Parts after the last segment are those of the one being made. */
  #closeOpenSegment() {
    if (this.#parts.length > 0) this.#push(null, this.#parts.reduce((sum, part) => sum + part.duration, 0));
  }

  /** @param {Resource|null} resource @param {number} duration */
  #push(resource, duration) {
    const { segments, mediaSequence } = this.#playlist;
    segments.push({
      msn: mediaSequence + segments.length, discontinuity: this.#discontinuity, resource, duration,
      parts: this.#parts, init: this.#init, startMs: this.#startMs, gap: this.#gap,
    });
    if (this.#startMs !== null) this.#startMs += duration * 1000;
    this.#parts = [];
    this.#duration = null;
    this.#range = null;
    this.#gap = false;
  }

  /**
   * The segments a delta update leaves out are those we have.
   * @param {number} count
   */
  #skip(count) {
    const { segments, mediaSequence } = this.#playlist;
    if (segments.length > 0) throw bad("EXT-X-SKIP after a segment");
    const known = (this.#before?.segments ?? []).filter((each) => each.msn >= mediaSequence && each.msn < mediaSequence + count && each.resource);
    if (known.length !== count || count === 0) throw bad("a delta update of something else");
    segments.push(...known);
    const last = known[known.length - 1];
    this.#discontinuity = last.discontinuity;
    this.#init = last.init;
    this.#startMs = last.startMs === null ? null : last.startMs + last.duration * 1000;
  }

  /** @param {string} text @returns {DateRange} */
  #dateRange(text) {
    const attributes = attributesOf(text);
    if (!attributes.ID) throw bad("EXT-X-DATERANGE without ID");
    const startMs = date(attributes["START-DATE"]);
    const endMs = attributes["END-DATE"] ? date(attributes["END-DATE"]) : attributes.DURATION ? startMs + 1000 * number(attributes.DURATION, "DURATION") : null;
    return { id: attributes.ID, class: attributes.CLASS ?? "", startMs, endMs, attributes };
  }
}

/**
 * Where the playlist ends: media time in ms; null when it says no dates or is empty.
 * @param {MediaPlaylist} playlist
 */
export function endMs(playlist) {
  const last = playlist.segments[playlist.segments.length - 1];
  return last?.startMs == null ? null : last.startMs + last.duration * 1000;
}
