// One publication on the stage: its picture, live or by HLS, its caption, and what is known of the frames it shows.

import { text } from "../shared/dom.js";
import { HlsPicture, LivePicture } from "./picture.js";

/** @typedef {import("../client/protocol").Track} Track */
/** @typedef {import("../client/protocol").LayerChoice} LayerChoice */

export class Tile {
  figure = document.createElement("figure");
  focus = false;
  #caption = document.createElement("figcaption");
  #muted = true;
  /**
   * What is shown.
   * @type {LivePicture|HlsPicture}
   */
  #shown;
  /**
   * Shown, or on its way.
   * @type {HlsPicture|null}
   */
  #hls = null;
  /** @type {LayerChoice} */
  #quality = "auto";
  #told;

  /**
   * @param {import("../client/hawker.js").View} view
   * @param {import("../client/hawker.js").HawkerRoom} room
   * @param {object} told
   * @param {(tile: Tile) => void} told.changed  the picture comes another way, or can't
   * @param {(tile: Tile) => void} told.unsupported  the browser can't decode what comes by WebRTC
   * @param {(tile: Tile, mediaTimeMs: number) => void} told.frame
   * @param {() => void} told.blocked  the browser plays no sound without a touch
   */
  constructor(view, room, told) {
    this.view = view;
    this.room = room;
    this.#told = told;
    /** The live picture, whether it is shown or not. */
    this.live = new LivePicture(view);
    this.#shown = this.live;
    this.#adopt(this.live);
    view.on("unsupported", (kind) => kind === "video" && told.unsupported(this));
    this.figure.className = "tile";
    this.figure.dataset.publication = view.publication;
    this.figure.append(this.live.video, this.#caption);
  }

  get video() {
    return this.#shown.video;
  }

  /** How the picture shown comes. */
  get via() {
    return this.#shown.via;
  }

  /** By performance.now(); 0 before the first frame. */
  get lastFrameAt() {
    return this.#shown.lastFrameAt;
  }

  /** Median glass-to-glass latency of the last frames in ms; NaN when unknown. */
  get latencyMs() {
    return this.#shown.latencyMs;
  }

  /** The code of why HLS does not play; null while it does, or may yet. */
  get failure() {
    return this.#hls?.failure ?? null;
  }

  stats() {
    return this.#shown.stats();
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
    classList.toggle("still", video?.active === false && this.via === "webrtc");
    classList.toggle("sound-only", any !== undefined && !video);
    style.setProperty("--place", String(position.place));
    const known = video?.layers.filter((layer) => layer.width > 0).at(-1);
    if (known) this.#shape(known.width, known.height);
    if (!any) return;
    const name = any.name || any.member;
    this.#caption.textContent = any.stream === "main" ? name : `${name} · ${text("stream.screen")}`;
    this.figure.dataset.label = text("watch.video", { name });
    for (const each of this.figure.querySelectorAll("video")) each.setAttribute("aria-label", this.figure.dataset.label);
  }

  /** @param {LayerChoice} quality */
  setQuality(quality) {
    this.#quality = quality;
    this.live.setQuality(quality);
    this.#hls?.setQuality(quality);
  }

  /** @param {boolean} muted */
  async play(muted) {
    this.#muted = muted;
    this.video.muted = muted;
    await this.video.play();
  }

  /**
   * Gets the picture by HLS: what is shown stays until there is a frame of it.
   * @param {string} url
   */
  playHls(url) {
    this.live.isAwaited = false;
    if (this.#hls?.url === url && !this.#hls.failure) return;
    if (this.#hls && this.#hls !== this.#shown) this.#hls.remove();
    const picture = new HlsPicture(url, this.room);
    this.#adopt(picture);
    this.#hls = picture;
    picture.setQuality(this.#quality);
    picture.video.setAttribute("aria-label", this.figure.dataset.label ?? "");
    picture.video.classList.add("coming");
    this.figure.prepend(picture.video);
    picture.play();
  }

  /** Shows the live picture again, as soon as there is a frame of it. */
  playLive() {
    if (this.#shown === this.live) this.#forgetHls();
    else this.live.await();
  }

  #forgetHls() {
    this.#hls?.remove();
    this.#hls = null;
  }

  /** Called now and then: notices frames in browsers without a frame callback. */
  tick() {
    this.live.tick();
    this.#hls?.tick();
  }

  remove() {
    this.#forgetHls();
    if (this.#shown !== this.live) this.#shown.remove();
    this.live.remove();
    this.figure.remove();
    this.view.close();
  }

  /** @param {LivePicture|HlsPicture} picture */
  #adopt(picture) {
    picture.on("frame", (mediaTimeMs) => {
      if (picture !== this.#shown && picture.isAwaited) this.#show(picture);
      if (picture === this.#shown) this.#told.frame(this, mediaTimeMs);
    });
    picture.on("failed", () => this.#told.changed(this));
    const { video } = picture;
    video.addEventListener("resize", () => picture === this.#shown && this.#shape(video.videoWidth, video.videoHeight));
  }

  /** @param {LivePicture|HlsPicture} picture  it has a frame */
  #show(picture) {
    const before = this.#shown;
    this.#shown = picture;
    picture.isAwaited = false;
    picture.video.classList.remove("coming");
    before.video.classList.add("coming");
    // One sound at a time.
    before.video.muted = true;
    picture.video.muted = this.#muted;
    this.#shape(picture.video.videoWidth, picture.video.videoHeight);
    if (before !== this.live) before.remove();
    if (picture === this.live) this.#forgetHls();
    if (!this.#muted) void picture.video.play().catch(() => this.#silence(picture.video));
    this.#told.changed(this);
  }

  /**
   * A browser that lets another element not be heard without a touch is played without sound, and the page asks for the touch.
   * @param {HTMLVideoElement} video
   */
  #silence(video) {
    video.muted = true;
    this.#muted = true;
    void video.play().catch(() => {});
    this.#told.blocked();
  }

  /**
   * A picture that is higher than wide may fill an upright phone; the layers tell before the first frame.
   * @param {number} width @param {number} height
   */
  #shape(width, height) {
    if (width > 0) this.figure.classList.toggle("tall", height > width);
  }
}
