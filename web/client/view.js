// One publication being watched: its MediaStream, the layer it shows, and how old the picture is.

import { Emitter } from "./emitter.js";
import { InboundStats } from "./stats.js";
import { MediaClock } from "./timing.js";

/** @typedef {import("./protocol").LayerEvent} LayerEvent */
/** @typedef {import("./protocol").LayerChoice} LayerChoice */

/** @extends {Emitter<{layer: LayerEvent, unsupported: string}>} */
export class View extends Emitter {
  /** Stays the same object for the view's life; its tracks change when the transport is made anew. */
  mediaStream = new MediaStream();
  /**
   * What the server last said this view carries.
   * @type {LayerEvent|null}
   */
  layer = null;
  #subscriber;
  /** @type {RTCRtpTransceiver[]} */
  #transceivers = [];
  /** @type {Record<string, MediaClock>} by kind */
  #clocks = { audio: new MediaClock(), video: new MediaClock() };
  #stats = new InboundStats();

  /** @param {import("./subscriber.js").Subscriber} subscriber @param {string} publication @param {LayerChoice} layer */
  constructor(subscriber, publication, layer) {
    super();
    this.#subscriber = subscriber;
    this.publication = publication;
    this.wantedLayer = layer;
  }

  /**
   * The layer wanted from now on: `auto`, or one pinned.
   * @param {LayerChoice} layer
   */
  setLayer(layer) {
    if (layer === this.wantedLayer) return;
    this.wantedLayer = layer;
    this.#subscriber.reconcile();
  }

  close() {
    this.#subscriber.unwatch(this);
    for (const track of this.mediaStream.getTracks()) this.mediaStream.removeTrack(track);
  }

  /**
   * What arrives, over the time since the last call.
   * @returns {Promise<import("./stats.js").ReceivedMedia|null>}
   */
  async stats() {
    const pc = this.#subscriber.pc;
    if (!pc) return null;
    return this.#stats.read(await pc.getStats(), this.#transceivers.map((each) => each.mid));
  }

  /**
   * Glass-to-glass latency in ms of a video frame from `requestVideoFrameCallback`; NaN when it can't be known.
   * @param {{rtpTimestamp?: number, expectedDisplayTime: number}} frame
   */
  latencyOf(frame) {
    return this.#subscriber.room.clock.now(frame.expectedDisplayTime) - this.shownMediaTime(frame);
  }

  /**
   * Media time in ms of a video frame from `requestVideoFrameCallback`; NaN when it can't be known.
   * @param {{rtpTimestamp?: number}} frame
   */
  shownMediaTime(frame) {
    const rtp = frame.rtpTimestamp ?? this.#playedTimestamp();
    return rtp === undefined ? NaN : this.#clocks.video.mediaTime(rtp);
  }

  /**
   * Media time in ms of a video frame, for placing events on it; NaN when it can't be known.
   * @param {number} rtpTimestamp
   */
  mediaTimeOf(rtpTimestamp) {
    return this.#clocks.video.mediaTime(rtpTimestamp);
  }

  // For the subscriber.

  /** @param {RTCRtpTransceiver[]} transceivers */
  attach(transceivers) {
    this.#transceivers = transceivers;
    for (const old of this.mediaStream.getTracks()) this.mediaStream.removeTrack(old);
    for (const { receiver } of transceivers) this.mediaStream.addTrack(receiver.track);
    for (const clock of Object.values(this.#clocks)) clock.set(null);
  }

  /** @param {import("./protocol").Message} message @param {RTCRtpTransceiver} transceiver */
  receive(message, transceiver) {
    const kind = transceiver.receiver.track.kind;
    if (message.type === "mediaTime") {
      this.#clocks[kind].set(/** @type {any} */ (message));
    } else if (message.type === "layer") {
      this.layer = /** @type {any} */ (message);
      this.emit("layer", /** @type {any} */ (message));
      if (message.layer === null && message.reason === "codec") this.unsupported(kind);
    }
  }

  /** @param {string} kind whose codec this browser did not negotiate */
  unsupported(kind) {
    this.emit("unsupported", kind);
  }

  /** For browsers whose frame callback has no RTP timestamp: that of the frame last played. */
  #playedTimestamp() {
    const video = this.#transceivers.find((each) => each.receiver.track.kind === "video");
    return video?.receiver.getSynchronizationSources?.()[0]?.rtpTimestamp;
  }
}
