// Everything this page watches: one peer connection whose sections are mapped to publications as they come and go.

import { Connection } from "./connection.js";
import { codeOf } from "./errors.js";
import { View } from "./view.js";

/** @typedef {import("./protocol").LayerChoice} LayerChoice */
/** @typedef {import("./protocol").Message} Message */

/**
 * One receiving section. `applied…` is what the server has acknowledged (undefined: nothing yet).
 * @typedef {object} Section
 * @property {RTCRtpTransceiver} transceiver
 * @property {string|null|undefined} appliedTarget
 * @property {LayerChoice|undefined} appliedLayer
 */

/** An audio and a video section used for one publication: the server gives such pairs one msid, so they are in lip-sync. */
class Slot {
  /** @type {View|null} */
  view = null;
  /** @param {RTCPeerConnection} pc */
  constructor(pc) {
    /** @type {Section[]} audio, video */
    this.sections = (/** @type {const} */ (["audio", "video"])).map((kind) => ({
      transceiver: pc.addTransceiver(kind, { direction: "recvonly" }),
      appliedTarget: undefined,
      appliedLayer: undefined,
    }));
  }

  get target() {
    return this.view?.publication ?? null;
  }

  get layer() {
    return this.view?.wantedLayer ?? "auto";
  }
}

export class Subscriber extends Connection {
  /** Whether there is, or soon will be, something to watch. A page that only publishes makes no connection. */
  wanted = false;
  /** @type {Map<string, View>} by publication */
  views = new Map();
  /** @type {Slot[]} */
  #slots = [];

  /** @param {import("./room.js").HawkerRoom} room */
  constructor(room) {
    super(room);
    room.on("message", (message) => this.#receive(message));
  }

  /**
   * Watches a publication, existing or to come. The same view is returned for the same publication.
   * @param {string} publication @param {{layer?: LayerChoice}} [options]
   */
  watch(publication, options = {}) {
    let view = this.views.get(publication);
    if (!view) {
      this.wanted = true;
      view = new View(this, publication, options.layer ?? "auto");
      this.views.set(publication, view);
      if (this.pc) this.#place(view, this.pc);
      this.reconcile();
    }
    return view;
  }

  /** @param {View} view */
  unwatch(view) {
    this.views.delete(view.publication);
    for (const slot of this.#slots) if (slot.view === view) slot.view = null;
    this.reconcile();
  }

  /** @param {RTCPeerConnection} pc @override */
  prepare(pc) {
    // One pair even with nothing to watch, so that the transport is up when the picture comes.
    this.#slots = [new Slot(pc)];
    for (const view of this.views.values()) this.#place(view, pc);
  }

  /** @override */
  forgotten() {
    this.#slots = [];
  }

  /** @override @returns {Message} */
  offerRequest() {
    /** @type {Record<string, string|null>} */
    const map = {};
    /** @type {Record<string, LayerChoice>} */
    const layers = {};
    for (const slot of this.#slots) {
      for (const { transceiver } of slot.sections) {
        if (transceiver.mid === null) continue; // added after this offer was made; the next one has it
        map[transceiver.mid] = slot.target;
        if (isVideo(transceiver)) layers[transceiver.mid] = slot.layer;
      }
    }
    return { type: "subscribe", map, layers };
  }

  /** @override @param {import("./protocol").Answer} answer @param {Message} request */
  answered(answer, request) {
    for (const section of this.#slots.flatMap((slot) => slot.sections)) {
      const mid = section.transceiver.mid;
      if (mid === null || !(mid in request.map)) continue;
      section.appliedTarget = request.map[mid];
      section.appliedLayer = request.layers[mid];
    }
  }

  /** @override */
  async adjust() {
    for (const slot of [...this.#slots]) {
      for (const section of slot.sections) await this.#adjustSection(slot, section);
    }
  }

  /** @param {Slot} slot @param {Section} section */
  async #adjustSection(slot, section) {
    const { transceiver } = section;
    const { target, layer } = slot;
    const address = { connection: this.name, mid: transceiver.mid };
    if (section.appliedTarget !== target) {
      try {
        await this.room.request({ type: "assign", ...address, track: target });
      } catch (error) {
        if (codeOf(error) !== "codec-unsupported") throw error;
        slot.view?.unsupported(transceiver.receiver.track.kind);
      }
      section.appliedTarget = target;
    }
    if (isVideo(transceiver) && (section.appliedLayer ?? "auto") !== layer) {
      await this.room.request({ type: "layer", ...address, layer });
      section.appliedLayer = layer;
    }
  }

  /** @param {View} view @param {RTCPeerConnection} pc */
  #place(view, pc) {
    let slot = this.#slots.find((each) => each.view === null);
    if (!slot) {
      slot = new Slot(pc);
      this.#slots.push(slot);
      this.needsOffer = true;
    }
    slot.view = view;
    view.attach(slot.sections.map((section) => section.transceiver));
  }

  /** @param {Message} message */
  #receive(message) {
    if (!this.name || message.connection !== this.name || message.mid === undefined) return;
    for (const slot of this.#slots) {
      const section = slot.sections.find((each) => each.transceiver.mid === message.mid);
      if (section) slot.view?.receive(message, section.transceiver);
    }
  }
}

/** @param {RTCRtpTransceiver} transceiver */
const isVideo = (transceiver) => transceiver.receiver.track.kind === "video";
