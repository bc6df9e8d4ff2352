// HLS played by the browser itself, where that is all there is: iPhones before ManagedMediaSource. With HlsPlayer's interface.

import { Emitter } from "../emitter.js";
import { HawkerError } from "../errors.js";

const TYPE = "application/vnd.apple.mpegurl";

/** @extends {Emitter<{state: import("./hls-player.js").PlayerState, rendition: number, event: import("./date-ranges.js").Begun, blocked: null, failed: HawkerError}>} */
export class NativePlayer extends Emitter {
  /** @type {import("./hls-player.js").PlayerState} */
  state = "idle";
  /**
   * The browser chooses by itself.
   * @type {import("./playlist.js").Variant[]}
   */
  renditions = [];
  rendition = -1;
  #url;
  #video;
  #listening = new AbortController();

  /** Whether this browser can. */
  static get supported() {
    return document.createElement("video").canPlayType(TYPE) !== "";
  }

  /** @param {{url: string, video: HTMLVideoElement}} options */
  constructor({ url, video }) {
    super();
    this.#url = url;
    this.#video = video;
  }

  play() {
    if (this.state !== "idle") return;
    this.#become("loading");
    const { signal } = this.#listening;
    const on = (/** @type {string} */ name, /** @type {() => void} */ listener) => this.#video.addEventListener(name, listener, { signal });
    on("playing", () => this.#become("playing"));
    on("waiting", () => this.state === "playing" && this.#become("stalled"));
    on("ended", () => this.#become("ended"));
    on("error", () => this.#fail());
    this.#video.src = this.#url;
    this.#video.play().catch((error) => error.name === "NotAllowedError" && this.emit("blocked", null));
  }

  close() {
    if (this.state === "closed") return;
    this.#become("closed");
    this.#listening.abort();
    this.#video.removeAttribute("src");
    this.#video.load();
  }

  /** Media time in ms of what is shown; NaN where the browser does not tell the playlist's dates. */
  get mediaTimeMs() {
    return this.mediaTimeOf({ mediaTime: this.#video.currentTime });
  }

  /** @param {{mediaTime: number}} frame */
  mediaTimeOf(frame) {
    const start = /** @type {any} */ (this.#video).getStartDate?.().getTime() ?? NaN;
    return start + frame.mediaTime * 1000;
  }

  /** Seconds behind the newest media there are; NaN when that is not known. */
  get behind() {
    const { seekable, currentTime } = this.#video;
    return seekable.length > 0 ? seekable.end(seekable.length - 1) - currentTime : NaN;
  }

  setRendition() {}

  #fail() {
    const error = new HawkerError("unsupported", this.#video.error?.message ?? "the browser can't play this");
    this.#become("failed");
    this.emit("failed", error);
  }

  /** @param {import("./hls-player.js").PlayerState} state */
  #become(state) {
    if (state === this.state || this.state === "closed") return;
    this.state = state;
    this.emit("state", state);
  }
}
