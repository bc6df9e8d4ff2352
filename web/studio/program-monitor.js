// The picture as viewers get it, beside the preview: our own publication, watched in its smallest layer.

import { element, latencyText, setText, text } from "../shared/dom.js";

const KEY = "hawker.monitor";
/** With fewer cores, decoding one's own picture takes from encoding it. */
const CORES_MIN = 4;

export class ProgramMonitor {
  #room;
  #box = element("program");
  #switch = /** @type {HTMLInputElement} */ (element("monitor"));
  /** @type {import("../client/hawker.js").View|null} */
  #view = null;
  /** @type {HTMLVideoElement|null} */
  #video = null;
  /** @type {string|null} */
  #publication = null;
  #latency = NaN;

  /** @param {import("../client/hawker.js").HawkerRoom} room */
  constructor(room) {
    this.#room = room;
    const chosen = localStorage.getItem(KEY);
    this.#switch.checked = chosen ? chosen === "on" : navigator.hardwareConcurrency >= CORES_MIN;
    this.#switch.addEventListener("change", () => {
      localStorage.setItem(KEY, this.#switch.checked ? "on" : "off");
      this.show(this.#publication);
    });
    this.show(null);
  }

  /**
   * Called now and then with what is on air, or null.
   * @param {string|null} publication
   */
  show(publication) {
    this.#publication = publication;
    const on = this.#switch.checked;
    this.#box.hidden = !on;
    const boxes = element("monitors").querySelectorAll(".monitor:not([hidden])");
    element("monitors").classList.toggle("two", boxes.length > 1);
    const wanted = on ? publication : null;
    if (this.#view && this.#view.publication !== wanted) this.#stop();
    if (wanted && !this.#view) this.#start(wanted);
    element("program-wait").hidden = this.#video !== null;
    const known = Number.isFinite(this.#latency) && this.#video;
    setText("program-delay", known ? `· ${text("studio.monitorDelay", { time: latencyText(this.#latency) })}` : "");
  }

  /** @param {string} publication */
  #start(publication) {
    const view = this.#room.watch(publication, { layer: "q" });
    const video = document.createElement("video");
    video.muted = true; // one's own voice a moment later would only confuse
    video.autoplay = true;
    video.playsInline = true;
    video.setAttribute("aria-label", text("studio.monitor"));
    video.srcObject = view.mediaStream;
    void video.play().catch(() => {});
    this.#box.prepend(video);
    this.#view = view;
    this.#video = video;
    if ("requestVideoFrameCallback" in video) this.#watchFrames(view, video);
  }

  #stop() {
    this.#view?.close();
    this.#video?.remove();
    this.#view = null;
    this.#video = null;
    this.#latency = NaN;
  }

  /** @param {import("../client/hawker.js").View} view @param {HTMLVideoElement} video */
  #watchFrames(view, video) {
    /** @type {VideoFrameRequestCallback} */
    const shown = (_now, frame) => {
      if (this.#video !== video) return;
      const latency = view.latencyOf(/** @type {any} */ (frame));
      if (Number.isFinite(latency)) this.#latency = latency;
      video.requestVideoFrameCallback(shown);
    };
    video.requestVideoFrameCallback(shown);
  }
}
