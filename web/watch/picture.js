// A <video> and what feeds it, WebRTC or HLS: the same to the tile that shows one of them.

import { Emitter } from "../client/emitter.js";
import { HlsPlayer, NativePlayer } from "../client/hawker.js";

/** @typedef {import("../client/protocol").LayerChoice} LayerChoice */
/** @typedef {import("../client/stats.js").ReceivedMedia} ReceivedMedia */

/** Latency is the median of this many frames: steady to read, quick to follow. */
const LATENCIES_MAX = 45;

/**
 * `frame`: one is shown, with its media time in ms or NaN; `failed`: nothing will come.
 * @abstract
 * @extends {Emitter<{frame: number, failed: string}>}
 */
class Picture extends Emitter {
  video = document.createElement("video");
  /** By performance.now(); 0 before the first frame. */
  lastFrameAt = 0;
  /** Whether its next frame is to be shown in place of another picture's. */
  isAwaited = false;
  #framesSeen = 0;
  /** @type {number[]} */
  #latencies = [];
  #removed = false;

  constructor() {
    super();
    this.video.muted = true;
    this.video.playsInline = true;
    if ("requestVideoFrameCallback" in this.video) this.#watchFrames();
  }

  /**
   * Media time in ms of a frame, and how old it was when shown; NaN where that can't be known.
   * @param {any} _frame from `requestVideoFrameCallback`
   * @returns {{mediaTimeMs: number, latencyMs: number}}
   */
  timesOf(_frame) {
    return { mediaTimeMs: NaN, latencyMs: NaN };
  }

  /** Median glass-to-glass latency of the last frames in ms; NaN when unknown. */
  get latencyMs() {
    const sorted = [...this.#latencies].sort((a, b) => a - b);
    return sorted.length > 0 ? sorted[sorted.length >> 1] : NaN;
  }

  /** Called now and then: notices frames in browsers without a frame callback. */
  tick() {
    const frames = this.video.getVideoPlaybackQuality?.().totalVideoFrames ?? 0;
    const came = frames > this.#framesSeen;
    this.#framesSeen = frames;
    if (!came) return;
    this.lastFrameAt = performance.now();
    if (!("requestVideoFrameCallback" in this.video)) this.emit("frame", NaN);
  }

  remove() {
    this.#removed = true;
    this.video.remove();
  }

  #watchFrames() {
    /** @type {VideoFrameRequestCallback} */
    const shown = (now, frame) => {
      if (this.#removed) return;
      this.lastFrameAt = now;
      const { mediaTimeMs, latencyMs } = this.timesOf(frame);
      if (Number.isFinite(latencyMs)) {
        this.#latencies.push(latencyMs);
        if (this.#latencies.length > LATENCIES_MAX) this.#latencies.shift();
      }
      this.emit("frame", mediaTimeMs);
      this.video.requestVideoFrameCallback(shown);
    };
    this.video.requestVideoFrameCallback(shown);
  }
}

/** A publication watched by WebRTC. */
export class LivePicture extends Picture {
  /** @type {"webrtc"|"hls"} */
  via = "webrtc";

  /** @param {import("../client/hawker.js").View} view */
  constructor(view) {
    super();
    this.view = view;
    this.video.autoplay = true;
    this.video.srcObject = view.mediaStream;
  }

  /** What comes from now on is to be shown. */
  await() {
    this.isAwaited = true;
    void this.video.play().catch(() => {});
  }

  /** @override @param {any} frame */
  timesOf(frame) {
    return { mediaTimeMs: this.view.shownMediaTime(frame), latencyMs: this.view.latencyOf(frame) };
  }

  /** @param {LayerChoice} quality */
  setQuality(quality) {
    this.view.setLayer(quality);
  }

  stats() {
    return this.view.stats();
  }

  /** @override */
  remove() {
    super.remove();
    this.video.srcObject = null;
  }
}

/** The show by HLS. */
export class HlsPicture extends Picture {
  /** @type {"webrtc"|"hls"} */
  via = "hls";
  /**
   * The code of why it does not play.
   * @type {string|null}
   */
  failure = null;
  #player;
  #clock;
  #counted = { frames: 0, at: 0 };
  /** @type {LayerChoice} */
  #quality = "auto";

  /** Whether this browser plays HLS in any way. */
  static get supported() {
    return HlsPlayer.supported || NativePlayer.supported;
  }

  /** @param {string} url @param {import("../client/hawker.js").HawkerRoom} room */
  constructor(url, { clock, licences }) {
    super();
    this.url = url;
    this.isAwaited = true;
    this.#clock = clock;
    this.#player = HlsPlayer.supported ? new HlsPlayer({ url, video: this.video, live: true, licence: licences }) : new NativePlayer({ url, video: this.video });
    this.#player.on("rendition", () => this.setQuality(this.#quality));
    this.#player.on("failed", (error) => this.#fail(error.code));
    // Another one begins when the host comes again.
    this.#player.on("state", (state) => state === "ended" && this.#fail("show-over"));
  }

  play() {
    this.#player.play();
  }

  /** @param {string} code */
  #fail(code) {
    this.failure = code;
    this.emit("failed", code);
  }

  /** @override @param {any} frame */
  timesOf(frame) {
    const mediaTimeMs = this.#player.mediaTimeOf(frame);
    return { mediaTimeMs, latencyMs: this.#clock.now(frame.expectedDisplayTime) - mediaTimeMs };
  }

  /** @param {LayerChoice} quality  as with WebRTC: with two renditions `h` is the higher one */
  setQuality(quality) {
    this.#quality = quality;
    const highest = this.#player.renditions.length - 1;
    // Before they are known there is nothing to choose from.
    if (highest >= 0) this.#player.setRendition({ auto: null, q: 0, h: Math.ceil(highest / 2), f: highest }[quality]);
  }

  /** @returns {Promise<ReceivedMedia>} */
  async stats() {
    const { videoWidth: width, videoHeight: height } = this.video;
    const { totalVideoFrames: frames = 0, droppedVideoFrames: framesDropped = 0 } = this.video.getVideoPlaybackQuality?.() ?? {};
    const now = performance.now();
    const fps = this.#counted.at > 0 ? ((frames - this.#counted.frames) * 1000) / (now - this.#counted.at) : 0;
    this.#counted = { frames, at: now };
    const playing = this.#player.renditions[this.#player.rendition];
    return {
      bitrate: playing?.bandwidth ?? 0, fps: Math.max(0, fps), width, height, framesDecoded: frames, framesDropped, freezeCount: 0, packetsLost: 0,
      jitterBufferMs: 0, codec: playing?.codecs[0] ?? "", audioLevel: 0,
    };
  }

  /** @override */
  remove() {
    this.#player.close();
    super.remove();
  }
}
