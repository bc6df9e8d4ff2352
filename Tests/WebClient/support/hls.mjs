// A live LL-HLS origin in virtual time, and the browser's half of Media Source: both small, both strict about what they are given.

/** @param {string} kind @param {...(Uint8Array|number[])} content */
export function box(kind, ...content) {
  const body = content.flatMap((each) => [...each]);
  return Uint8Array.from([...u32(8 + body.length), ...Buffer.from(kind, "latin1"), ...body]);
}
export const u32 = (value) => [(value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
export const u64 = (value) => [...u32(Math.floor(value / 2 ** 32)), ...u32(value % 2 ** 32)];

export const initOf = (timescale) =>
  box("moov", box("trak", box("mdia", box("mdhd", u32(0), u32(0), u32(0), u32(timescale), u32(0), u32(0)))));

/** A fragment; after its moof, what the fake browser reads: its duration in ticks. */
export const fragmentOf = (ticks, duration, size = 0) =>
  Uint8Array.from([...box("moof", box("traf", box("tfdt", [1, 0, 0, 0], u64(ticks)))), ...box("mdat", u32(duration), new Uint8Array(size))]);

const PART_MS = 320;
const PARTS = 6; // a segment of 1.92 s
const SEGMENT_MS = PART_MS * PARTS;
const WINDOW = 8;

/** One show with renditions, from `beganMs` on: what is there depends on the time alone. */
export class Origin {
  base = "https://live.example/hls/demo/";
  requests = [];
  /** Answers instead of the show's; by a test. @type {((url: URL) => Response|Promise<Response>|null)|null} */
  instead = null;
  endedAt = Infinity;
  firstMsn = 0;
  dateRanges = [];
  /** Parts of the video that were lost: `msn.part`. */
  gaps = new Set();
  /** Segments a discontinuity stands before; their tfdt begins at 0 again. */
  cuts = [];
  /** bit/s the network carries; a body takes so long. */
  speed = Infinity;
  delta = false;

  constructor(time, beganMs) {
    this.time = time;
    this.beganMs = beganMs;
    globalThis.fetch = (url, options) => this.#fetch(new URL(url), options);
  }

  /** Parts that are complete now. */
  get parts() {
    return Math.floor((Math.min(this.time.now, this.endedAt) - this.beganMs) / PART_MS);
  }

  async #fetch(url, { signal, headers } = {}) {
    this.requests.push(url.href.slice(this.base.length));
    const instead = this.instead && (await this.instead(url));
    if (instead) return instead;
    const aborted = new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
    aborted.catch(() => {});
    return Promise.race([aborted, this.#answer(url, headers)]);
  }

  async #answer(url) {
    const path = url.href.slice(this.base.length).split("?")[0];
    if (path === "index.m3u8") return this.#body(this.#multivariant());
    const name = path.split("/")[0];
    if (path.endsWith("media.m3u8")) return this.#playlist(name, url.searchParams);
    if (path.endsWith("init.mp4")) return this.#body(initOf(timescale(name)));
    const [, msn, part] = /\/(\d+)(?:\.(\d+))?\.m4s$/.exec(path) ?? [];
    if (msn === undefined) return new Response("", { status: 404 });
    const first = (Number(msn) - this.firstMsn) * PARTS + Number(part ?? 0);
    const count = part === undefined ? PARTS : 1;
    if (part !== undefined) await this.#until(first + 1);
    if (first + count > this.parts) return new Response("", { status: 404 });
    const cut = Math.max(0, ...this.cuts.filter((each) => each <= Number(msn)));
    const ticks = ((first - (cut ? (cut - this.firstMsn) * PARTS : 0)) * PART_MS * timescale(name)) / 1000;
    const bytes = name === "audio" ? 4000 : Number(name.slice(1)) * 40;
    const body = fragmentOf(ticks, (count * PART_MS * timescale(name)) / 1000, bytes * count);
    return this.#body(body, { video: name !== "audio" });
  }

  /** @param {string|Uint8Array} body */
  async #body(body) {
    const response = new Response(body);
    const wait = (body.length * 8000) / this.speed;
    if (wait >= 1) {
      const bytes = await response.arrayBuffer();
      return { ok: true, status: 200, headers: new Headers(), redirected: false, arrayBuffer: () => this.#sleep(wait).then(() => bytes) };
    }
    return response;
  }

  #sleep(ms) {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }

  async #until(parts) {
    while (this.parts < parts && this.time.now < this.endedAt) await this.#sleep(this.beganMs + parts * PART_MS - this.time.now);
  }

  #multivariant() {
    return [
      "#EXTM3U", "#EXT-X-INDEPENDENT-SEGMENTS",
      '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="Sound",DEFAULT=YES,URI="audio/media.m3u8"',
      '#EXT-X-STREAM-INF:BANDWIDTH=3000000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,AUDIO="a"', "v720/media.m3u8",
      '#EXT-X-STREAM-INF:BANDWIDTH=400000,CODECS="avc1.42e01f,mp4a.40.2",RESOLUTION=320x180,AUDIO="a"', "v180/media.m3u8",
    ].join("\n");
  }

  async #playlist(name, query) {
    const asked = query.get("_HLS_msn") === null ? null : (Number(query.get("_HLS_msn")) - this.firstMsn) * PARTS + Number(query.get("_HLS_part") ?? 0);
    if (asked !== null && (asked > this.parts + 2 * PARTS || asked < 0)) return new Response("", { status: 400 });
    if (asked !== null) await this.#until(asked + 1);
    const parts = this.parts;
    const last = Math.floor(parts / PARTS);
    const first = Math.max(0, last - WINDOW);
    const skipped = query.get("_HLS_skip") === "YES" && this.delta ? Math.max(0, last - 6 - first) : 0;
    const cutsBefore = this.cuts.filter((each) => each - this.firstMsn < first).length;
    const lines = [
      "#EXTM3U", "#EXT-X-VERSION:9", "#EXT-X-TARGETDURATION:2", `#EXT-X-PART-INF:PART-TARGET=${PART_MS / 1000}`,
      `#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=${(3 * PART_MS) / 1000}${this.delta ? ",CAN-SKIP-UNTIL=12" : ""}`,
      `#EXT-X-MEDIA-SEQUENCE:${this.firstMsn + first}`, `#EXT-X-DISCONTINUITY-SEQUENCE:${cutsBefore}`,
      '#EXT-X-MAP:URI="init.mp4"',
    ];
    if (skipped > 0) lines.push(`#EXT-X-SKIP:SKIPPED-SEGMENTS=${skipped}`);
    for (let segment = first + skipped; segment <= last; segment++) {
      const msn = this.firstMsn + segment;
      if (segment * PARTS >= parts && segment === last) break;
      if (this.cuts.includes(msn)) lines.push("#EXT-X-DISCONTINUITY");
      lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(this.beganMs + EPOCH + segment * SEGMENT_MS).toISOString()}`);
      for (let part = 0; segment > last - 4 && part < PARTS && segment * PARTS + part < parts; part++) {
        const gap = name !== "audio" && this.gaps.has(`${msn}.${part}`);
        lines.push(`#EXT-X-PART:DURATION=${PART_MS / 1000},URI="${msn}.${part}.m4s"${part === 0 ? ",INDEPENDENT=YES" : ""}${gap ? ",GAP=YES" : ""}`);
      }
      if (segment < last) lines.push(`#EXTINF:${SEGMENT_MS / 1000},`, `${msn}.m4s`);
    }
    const over = this.time.now >= this.endedAt;
    if (!over) lines.push(`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${this.firstMsn + last}.${parts - last * PARTS}.m4s"`);
    for (const range of this.dateRanges) lines.push(`#EXT-X-DATERANGE:${range}`);
    if (over) lines.push("#EXT-X-ENDLIST");
    return this.#body(lines.join("\n"));
  }
}

const timescale = (name) => (name === "audio" ? 48_000 : 90_000);
/** Media time of the virtual clock's 0. */
export const EPOCH = Date.parse("2026-11-21T12:00:00Z");

/** What was appended, as stretches of the player's timeline. */
class FakeSourceBuffer extends EventTarget {
  timestampOffset = 0;
  updating = false;
  /** @type {[number, number][]} */
  ranges = [];
  #timescale = 0;

  get buffered() {
    const { ranges } = this;
    return { length: ranges.length, start: (index) => ranges[index][0], end: (index) => ranges[index][1] };
  }

  appendBuffer(bytes) {
    this.#update(() => {
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      if (Buffer.from(bytes.subarray(4, 8)).toString() === "moov") return void (this.#timescale = view.getUint32(8 + 8 + 8 + 8 + 12));
      const begin = Number(view.getBigUint64(8 + 8 + 8 + 4)) / this.#timescale + this.timestampOffset;
      const moof = view.getUint32(0);
      this.#add(begin, begin + view.getUint32(moof + 8) / this.#timescale);
    });
  }

  remove(from, to) {
    this.#update(() => {
      this.ranges = this.ranges.flatMap(([begin, end]) => [[begin, Math.min(end, from)], [Math.max(begin, to), end]]).filter(([begin, end]) => end > begin);
    });
  }

  #add(begin, end) {
    const near = 0.005;
    const joined = this.ranges.filter(([b, e]) => b <= end + near && e >= begin - near);
    const others = this.ranges.filter((each) => !joined.includes(each));
    this.ranges = [...others, [Math.min(begin, ...joined.map(([b]) => b)), Math.max(end, ...joined.map(([, e]) => e))]].sort((a, b) => a[0] - b[0]);
  }

  #update(work) {
    if (this.updating) throw new DOMException("one after the other", "InvalidStateError");
    this.updating = true;
    setTimeout(() => {
      work();
      this.updating = false;
      this.dispatchEvent(new Event("updateend"));
    }, 1);
  }
}

export class FakeMediaSource extends EventTarget {
  static made = [];
  static isTypeSupported = (type) => /avc1|mp4a/.test(type);
  readyState = "closed";
  sourceBuffers = [];

  constructor() {
    super();
    FakeMediaSource.made.push(this);
    setTimeout(() => {
      this.readyState = "open";
      this.dispatchEvent(new Event("sourceopen"));
    }, 1);
  }

  addSourceBuffer(type) {
    const buffer = Object.assign(new FakeSourceBuffer(), { type });
    this.sourceBuffers.push(buffer);
    return buffer;
  }

  endOfStream() {
    this.readyState = "ended";
  }
}

/** A <video> that plays what all buffers have, as time goes by. */
export class FakeVideo {
  #at = 0;
  #since = 0;
  #rate = 1;
  paused = true;
  seeking = false;
  constructor(time) {
    this.time = time;
  }

  get #end() {
    const buffers = FakeMediaSource.made.at(-1)?.sourceBuffers ?? [];
    const ends = buffers.map(({ ranges }) => ranges.find(([begin, end]) => begin <= this.#at + 0.1 && this.#at < end)?.[1] ?? this.#at);
    return Math.max(this.#at, Math.min(...ends));
  }

  #settle() {
    const passed = this.paused ? 0 : ((this.time.now - this.#since) / 1000) * this.#rate;
    this.#since = this.time.now;
    this.#at = Math.min(this.#at + passed, this.#end);
  }

  get currentTime() {
    this.#settle();
    return this.#at;
  }

  set currentTime(value) {
    this.#settle();
    this.#at = value;
  }

  get playbackRate() {
    return this.#rate;
  }

  set playbackRate(value) {
    this.#settle();
    this.#rate = value;
  }

  get readyState() {
    return this.#end - this.currentTime > 0.02 ? 4 : 2;
  }

  get ended() {
    return FakeMediaSource.made.at(-1).readyState === "ended" && this.readyState < 3;
  }

  async play() {
    this.#settle();
    this.paused = false;
  }

  pause() {
    this.#settle();
    this.paused = true;
  }

  removeAttribute() {}
  load() {}

  /** @type {Map<string, (event: any) => void>} */
  listeners = new Map();
  addEventListener(name, listener) {
    this.listeners.set(name, listener);
  }
}
