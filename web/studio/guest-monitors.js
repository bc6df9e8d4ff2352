// Guests as the host sees and hears them: a monitor for each, beside the preview, with the way off the stage.

import { element, make, setText, text } from "../shared/dom.js";

/** @typedef {import("../client/hawker.js").HawkerRoom} HawkerRoom */
/** @typedef {import("../client/protocol").Track} Track */

/** As many as may be on stage at once. */
const GUESTS_MAX = 8;

export class GuestMonitors {
  #room;
  #run;
  /**
   * By publication.
   * @type {Map<string, {view: import("../client/hawker.js").View, box: HTMLElement, name: HTMLElement}>}
   */
  #monitors = new Map();

  /** @param {HawkerRoom} room @param {(work: Promise<any>) => void} run */
  constructor(room, run) {
    this.#room = room;
    this.#run = run;
    room.on("tracks", (tracks) => this.#arrange(tracks));
  }

  /** @param {Track[]} tracks */
  #arrange(tracks) {
    const me = this.#room.member?.identity;
    const theirs = tracks.filter((track) => track.member !== me);
    const wanted = [...new Set(theirs.map((track) => track.publication))].slice(0, GUESTS_MAX);
    for (const [publication, { view, box }] of this.#monitors) {
      if (wanted.includes(publication)) continue;
      view.close();
      box.remove();
      this.#monitors.delete(publication);
    }
    for (const publication of wanted) {
      const track = theirs.find((each) => each.publication === publication);
      if (!track) continue;
      const monitor = this.#monitors.get(publication) ?? this.#add(publication, track);
      setText(monitor.name, track.name || track.member);
    }
    const boxes = element("monitors").querySelectorAll(".monitor:not([hidden])");
    element("monitors").classList.toggle("two", boxes.length > 1);
  }

  /** @param {string} publication @param {Track} track */
  #add(publication, track) {
    const view = this.#room.watch(publication, { layer: "q" });
    // With sound: a host and a guest talk. The microphone's echo cancellation keeps it from going round.
    const video = make("video", { autoplay: true, playsinline: true, "aria-label": text("watch.video", { name: track.name || track.member }) });
    video.srcObject = view.mediaStream;
    const name = make("bdi");
    const off = make("button.compact.pill", { onclick: () => this.#run(this.#room.removeFromStage(track.member)) }, text("people.stageOff"));
    const box = make("figure.monitor.guest", { "data-publication": publication }, video, make("figcaption.on-picture", {}, name), track.role === "host" ? null : off);
    element("monitors").append(box);
    void video.play().catch(() => {}); // a page without a press yet: the sound comes with "Go live"
    const monitor = { view, box, name };
    this.#monitors.set(publication, monitor);
    return monitor;
  }
}
