// A publication of ours: a MediaStream published under a name, kept up through reconnects.

import { Connection } from "./connection.js";
import { cameraEncodings, screenEncodings } from "./encodings.js";
import { OutboundStats } from "./stats.js";

/** @typedef {import("./protocol").Health} Health */

/** Speech and music both sound well at this, in mono or stereo. */
const AUDIO_BITRATE = 64_000;

/** @extends {Connection<{health: Health}>} */
export class Publication extends Connection {
  /**
   * What arrives at the server, as last told.
   * @type {Health|null}
   */
  health = null;
  /** @type {RTCRtpTransceiver[]} */
  #transceivers = [];
  #stats = new OutboundStats();
  #holdsResolution = false;

  /**
   * @param {import("./room.js").HawkerRoom} room
   * @param {MediaStream} media
   * @param {{stream?: string, encodings?: RTCRtpEncodingParameters[]}} [options]
   */
  constructor(room, media, options = {}) {
    super(room);
    this.media = media;
    this.stream = options.stream ?? "main";
    this.encodings = options.encodings;
    room.on("message", (message) => {
      if (message.type !== "health" || message.connection !== this.name) return;
      this.health = /** @type {any} */ (message);
      this.emit("health", /** @type {any} */ (message));
    });
  }

  /** @param {RTCPeerConnection} pc @override */
  prepare(pc) {
    this.#transceivers = this.media.getTracks().map((track) =>
      pc.addTransceiver(track, {
        direction: "sendonly",
        streams: [this.media],
        sendEncodings: track.kind === "audio" ? [{ maxBitrate: AUDIO_BITRATE }] : this.#videoEncodings(track),
      }),
    );
    if (this.#holdsResolution) void this.#preferResolution();
  }

  /** @override */
  offerRequest() {
    return { type: "publish", stream: this.stream };
  }

  /**
   * Sends another track in place of the one of its kind: another camera, without a new offer.
   * @param {MediaStreamTrack} track
   */
  async replaceTrack(track) {
    const old = this.media.getTracks().find((other) => other.kind === track.kind);
    if (old) this.media.removeTrack(old);
    this.media.addTrack(track);
    const transceiver = this.#transceivers.find((each) => each.sender.track?.kind === track.kind);
    await transceiver?.sender.replaceTrack(track);
  }

  /**
   * While it holds, pictures keep their size when network or machine are short, and come more seldom instead: to players of HLS
   * another size is a discontinuity. A browser that can't be told chooses for itself.
   * @param {boolean} holds
   */
  async holdResolution(holds) {
    if (holds === this.#holdsResolution) return;
    this.#holdsResolution = holds;
    await this.#preferResolution();
  }

  async #preferResolution() {
    for (const { sender } of this.#transceivers) {
      if (sender.track?.kind !== "video") continue;
      const parameters = sender.getParameters();
      parameters.degradationPreference = this.#holdsResolution ? "maintain-resolution" : "balanced";
      await sender.setParameters(parameters).catch(() => {});
    }
  }

  /** Ends the publication for everybody; its tracks are the caller's to stop. */
  async stop() {
    const connection = this.name;
    this.close();
    this.room.dropped(this);
    if (connection) await this.room.request({ type: "unpublish", connection }).catch(() => {});
  }

  /** What each encoding sends, over the time since the last call. */
  async stats() {
    return this.pc ? this.#stats.read(await this.pc.getStats()) : [];
  }

  /** @param {MediaStreamTrack} track */
  #videoEncodings(track) {
    if (this.encodings) return this.encodings;
    return this.stream === "screen" ? screenEncodings() : cameraEncodings(track);
  }
}
