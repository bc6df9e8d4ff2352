// One publication on the stage: its video element, its caption, and what is known of the frames it shows.

import { text } from "../shared/dom.js";

/** @typedef {import("../client/protocol").Track} Track */

/** Latency is the median of this many frames: steady to read, quick to follow. */
const LATENCIES_MAX = 45;

export class Tile {
  figure = document.createElement("figure");
  video = document.createElement("video");
  focus = false;
  #caption = document.createElement("figcaption");
  /** By performance.now(); 0 before the first frame. */
  lastFrameAt = 0;
  #framesSeen = 0;
  /** @type {number[]} */
  #latencies = [];

  /** @param {import("../client/hawker.js").View} view */
  constructor(view) {
    this.view = view;
    this.video.autoplay = true;
    this.video.muted = true;
    this.video.playsInline = true;
    this.video.srcObject = view.mediaStream;
    this.figure.className = "tile";
    this.figure.dataset.publication = view.publication;
    this.video.addEventListener("resize", () => this.#shape(this.video.videoWidth, this.video.videoHeight));
    this.figure.append(this.video, this.#caption);
    if ("requestVideoFrameCallback" in this.video) this.#watchFrames();
  }

  /**
   * @param {Track[]} tracks this publication's
   * @param {{focus: boolean, place: number}} position
   */
  update(tracks, position) {
    const video = tracks.find((track) => track.kind === "video");
    const any = video ?? tracks[0];
    const { classList, style } = this.figure;
    classList.toggle("focus", position.focus);
    classList.toggle("still", video?.active === false);
    classList.toggle("sound-only", any !== undefined && !video);
    style.setProperty("--place", String(position.place));
    const known = video?.layers.filter((layer) => layer.width > 0).at(-1);
    if (known) this.#shape(known.width, known.height);
    if (!any) return;
    const name = any.name || any.member;
    this.#caption.textContent = any.stream === "main" ? name : `${name} · ${text("stream.screen")}`;
    this.video.setAttribute("aria-label", text("watch.video", { name }));
  }

  /** @param {boolean} muted */
  async play(muted) {
    this.video.muted = muted;
    await this.video.play();
  }

  /** Called now and then: notices frames in browsers without a frame callback. */
  tick() {
    const frames = this.video.getVideoPlaybackQuality?.().totalVideoFrames ?? 0;
    if (frames > this.#framesSeen) this.lastFrameAt = performance.now();
    this.#framesSeen = frames;
  }

  /** Median glass-to-glass latency of the last frames in ms; NaN when unknown. */
  get latencyMs() {
    const sorted = [...this.#latencies].sort((a, b) => a - b);
    return sorted.length > 0 ? sorted[sorted.length >> 1] : NaN;
  }

  remove() {
    this.video.srcObject = null;
    this.figure.remove();
    this.view.close();
  }

  /**
   * A picture that is higher than wide may fill an upright phone; the layers tell before the first frame.
   * @param {number} width @param {number} height
   */
  #shape(width, height) {
    if (width > 0) this.figure.classList.toggle("tall", height > width);
  }

  #watchFrames() {
    /** @type {VideoFrameRequestCallback} */
    const shown = (now, frame) => {
      if (!this.video.srcObject) return;
      this.lastFrameAt = now;
      const latency = this.view.latencyOf(/** @type {any} */ (frame));
      if (Number.isFinite(latency)) {
        this.#latencies.push(latency);
        if (this.#latencies.length > LATENCIES_MAX) this.#latencies.shift();
      }
      this.video.requestVideoFrameCallback(shown);
    };
    this.video.requestVideoFrameCallback(shown);
  }
}
