// One peer connection kept alive over the room socket: offers, ICE restarts, and a new start when it can't be saved.

import { Emitter } from "./emitter.js";
import { HawkerError, codeOf } from "./errors.js";
import { Backoff, sleep } from "./timing.js";

/** @typedef {import("./protocol").Answer} Answer */
/** @typedef {import("./protocol").Message} Message */
/** @typedef {import("./room.js").HawkerRoom} HawkerRoom */

/** `disconnected` often heals by itself within this time. */
const DISCONNECTED_MS = 2000;
/** A restart that has not connected by then won't. */
const RESTART_MS = 5000;
/** A first connection that has not come up by then is begun again. */
const CONNECT_MS = 12_000;
/** Without a transport for so long the network doesn't carry it, as far as anyone can tell. */
const UNREACHABLE_MS = 5000;
/** Refusals that trying again, with a new connection, can cure. */
const CURABLE = new Set(["unknown-connection", "overloaded", "rate", "timeout", "stale", "internal"]);

/**
 * Level-triggered: subclasses say what is wanted, `reconcile` compares it with what the server has acknowledged and
 * sends the difference. Whatever interrupts it (a lost socket, a lost transport), running it again is right.
 * @abstract
 * @template {Record<string, any>} [Events={}]
 * @extends {Emitter<Events & {failed: HawkerError, transport: RTCPeerConnectionState, unreachable: null}>}
 */
export class Connection extends Emitter {
  /** @type {RTCPeerConnection|null} */
  pc = null;
  /**
   * The server's name of this connection while it has one.
   * @type {string|null}
   */
  name = null;
  /** Whether an offer must go out: new sections, a restart. */
  needsOffer = true;
  closed = false;
  /** Whether nothing new is begun; what is connected stays. */
  held = false;
  #running = false;
  #again = false;
  #restart = false;
  #backoff = new Backoff();
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #watchdog;
  /** @type {ReturnType<typeof setTimeout>|undefined} runs while there is no transport */
  #outage;

  /** @param {HawkerRoom} room */
  constructor(room) {
    super();
    this.room = room;
  }

  // What subclasses say.

  /**
   * Adds transceivers to a new peer connection.
   * @param {RTCPeerConnection} _pc
   */
  prepare(_pc) {}
  /**
   * The request that carries the offer, without sdp and connection.
   * @returns {Message}
   */
  offerRequest() {
    throw new Error("abstract");
  }
  /**
   * The server has acknowledged what `request` asked.
   * @param {Answer} _answer
   * @param {Message} _request
   */
  answered(_answer, _request) {}
  /**
   * Sends differences that need no offer.
   * @returns {Promise<void>}
   */
  async adjust() {}
  /** The peer connection is gone; nothing is acknowledged any longer. */
  forgotten() {}

  // What the room and subclasses call.

  /** Brings the server to what is wanted, now or as soon as the room is joined. */
  reconcile() {
    this.#again = true;
    if (!this.#running) void this.#run();
  }

  /**
   * After the socket joined again: `alive` when the server still has this connection.
   * @param {boolean} alive
   */
  rejoined(alive) {
    if (!alive) this.forget();
    else if (this.pc && this.pc.connectionState !== "connected") this.restart();
    this.reconcile();
  }

  /** Asks for fresh ICE credentials on the same connection. */
  restart() {
    if (this.closed || !this.pc) return;
    this.#restart = true;
    this.needsOffer = true;
    this.#watch(RESTART_MS);
    this.reconcile();
  }

  /** Begins nothing new until `release`. */
  hold() {
    this.held = true;
    clearTimeout(this.#outage);
  }

  release() {
    if (!this.held) return;
    this.held = false;
    this.reconcile();
  }

  /** Drops the peer connection; the next reconcile makes a new one. */
  forget() {
    clearTimeout(this.#watchdog);
    clearTimeout(this.#outage);
    if (this.pc) {
      this.pc.onconnectionstatechange = null;
      this.pc.close();
    }
    this.pc = null;
    this.name = null;
    this.needsOffer = true;
    this.#restart = false;
    this.forgotten();
  }

  /**
   * The server says this connection is over.
   * @param {string} reason
   */
  ended(reason) {
    this.forget();
    if (this.held) return; // the media come another way
    if (reason === "replaced" || reason === "removed" || reason === "fingerprint-mismatch") {
      this.fail(new HawkerError(reason, `the server ended the connection: ${reason}`));
    } else {
      setTimeout(() => this.reconcile(), this.#backoff.next());
    }
  }

  /**
   * Gives up for good and says why.
   * @param {HawkerError} error
   */
  fail(error) {
    this.close();
    this.emit("failed", /** @type {any} */ (error));
  }

  close() {
    this.closed = true;
    this.forget();
  }

  async #run() {
    this.#running = true;
    while (this.#again && !this.closed && !this.held && this.room.state === "joined") {
      this.#again = false;
      try {
        if (!this.pc) this.#create();
        if (this.needsOffer) await this.#offer();
        else await this.adjust();
      } catch (error) {
        await this.#refused(error);
      }
    }
    this.#running = false;
  }

  #create() {
    const pc = new RTCPeerConnection({ bundlePolicy: "max-bundle", iceServers: this.room.iceServers });
    pc.onconnectionstatechange = () => this.#transportChanged(pc);
    this.pc = pc;
    this.#watch(CONNECT_MS);
    this.#watchOutage();
    this.prepare(pc);
  }

  async #offer() {
    const pc = /** @type {RTCPeerConnection} */ (this.pc);
    const iceRestart = this.#restart;
    this.needsOffer = false;
    this.#restart = false;
    try {
      await pc.setLocalDescription(await pc.createOffer({ iceRestart }));
      // Not waiting for candidates: the server is ICE lite and learns our address from the first check.
      const sdp = pc.localDescription?.sdp ?? "";
      const request = this.offerRequest();
      const answer = await this.room.request({ ...request, sdp, connection: this.name });
      if (this.pc !== pc) return;
      this.name = answer.connection;
      await pc.setRemoteDescription({ type: "answer", sdp: answer.sdp });
      if (this.pc === pc) this.answered(answer, request);
      this.#again = true;
    } catch (error) {
      if (this.pc !== pc) return; // replaced meanwhile: whatever failed no longer matters
      this.needsOffer = true;
      this.#restart ||= iceRestart;
      throw error;
    }
  }

  /** @param {unknown} error */
  async #refused(error) {
    const code = codeOf(error);
    if (this.closed || code === "disconnected") return; // `rejoined` runs it again
    // The server says with it, or soon, where to get the media instead.
    if (code === "viewers-full") return this.hold();
    const curable = CURABLE.has(code) && (error instanceof HawkerError);
    if (!curable) return this.fail(error instanceof HawkerError ? error : new HawkerError("internal", String(error)));
    if (code === "unknown-connection") this.forget();
    await sleep(Math.max(error.retryAfterMs ?? 0, this.#backoff.next()));
    this.#again = true;
  }

  /** @param {RTCPeerConnection} pc */
  #transportChanged(pc) {
    if (pc !== this.pc) return;
    this.emit("transport", /** @type {any} */ (pc.connectionState));
    switch (pc.connectionState) {
      case "connected":
        clearTimeout(this.#watchdog);
        clearTimeout(this.#outage);
        this.#backoff.reset();
        break;
      case "disconnected":
        clearTimeout(this.#watchdog);
        this.#watchdog = setTimeout(() => this.restart(), DISCONNECTED_MS);
        this.#watchOutage();
        break;
      case "failed":
        this.restart();
        break;
    }
  }

  /** Says so, again and again, while there is no transport although the server can be talked to. */
  #watchOutage() {
    clearTimeout(this.#outage);
    this.#outage = setTimeout(() => {
      if (this.closed || this.held || this.pc?.connectionState === "connected") return;
      if (this.room.state === "joined") this.emit("unreachable", /** @type {any} */ (null));
      this.#watchOutage();
    }, UNREACHABLE_MS);
  }

  /**
   * Begins again when the transport is not up in time.
   * @param {number} ms
   */
  #watch(ms) {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => {
      if (this.closed || this.pc?.connectionState === "connected") return;
      if (this.room.state !== "joined") return this.#watch(ms);
      this.forget();
      setTimeout(() => this.reconcile(), this.#backoff.next());
    }, ms);
  }
}
