// What WHIP and WHEP have in common: an offer by POST, trickle and restart by PATCH, the end by DELETE.

import { Emitter } from "./emitter.js";
import { HawkerError } from "./errors.js";
import { applyFragment, writeFragment } from "./sdpfrag.js";

/** Candidates found within this time go in one PATCH. */
const TRICKLE_MS = 50;

/** @extends {Emitter<{state: RTCPeerConnectionState}>} */
export class HTTPSession extends Emitter {
  pc;
  /**
   * The session's URL while there is one.
   * @type {URL|null}
   */
  url = null;
  #endpoint;
  #token;
  #etag = "";
  #answer = "";
  /** @type {string[]} */
  #candidates = [];
  #gathered = false;
  #trickles = true;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;

  /** @param {{endpoint: string, token?: string, iceServers?: RTCIceServer[]}} options */
  constructor(options) {
    super();
    this.#endpoint = new URL(options.endpoint, globalThis.location?.href);
    this.#token = options.token;
    this.pc = new RTCPeerConnection({ bundlePolicy: "max-bundle", iceServers: options.iceServers ?? [] });
    this.pc.onconnectionstatechange = () => this.emit("state", this.pc.connectionState);
    this.pc.onicecandidate = ({ candidate }) => this.#found(candidate);
  }

  /** Offers and applies the answer. Its transceivers must have been added. @protected */
  async open() {
    await this.pc.setLocalDescription();
    const response = await this.#fetch(this.#endpoint, "POST", "application/sdp", this.#localSDP);
    this.url = new URL(response.headers.get("Location") ?? "", response.url || this.#endpoint);
    this.#etag = response.headers.get("ETag") ?? "";
    this.#answer = await response.text();
    await this.pc.setRemoteDescription({ type: "answer", sdp: this.#answer });
    this.#scheduleTrickle();
  }

  /** ICE restart: for a changed network. The old path carries media until the new one works. */
  async restart() {
    if (!this.url) throw new HawkerError("internal", "not open");
    this.#candidates = [];
    this.#gathered = false;
    await this.pc.setLocalDescription(await this.pc.createOffer({ iceRestart: true }));
    const fragment = writeFragment(this.#localSDP, this.#candidates.splice(0), this.#gathered);
    try {
      const response = await this.#fetch(this.url, "PATCH", "application/trickle-ice-sdpfrag", fragment, "*");
      this.#etag = response.headers.get("ETag") ?? this.#etag;
      this.#answer = applyFragment(this.#answer, await response.text());
    } catch (error) {
      await this.pc.setLocalDescription({ type: "rollback" });
      throw error;
    }
    await this.pc.setRemoteDescription({ type: "answer", sdp: this.#answer });
    this.#scheduleTrickle();
  }

  /** Ends the session here and at the server. */
  async close() {
    clearTimeout(this.#timer);
    this.pc.close();
    const url = this.url;
    this.url = null;
    // keepalive: also while the page is being left.
    if (url) await fetch(url, { method: "DELETE", headers: this.#authorization, keepalive: true }).catch(() => {});
  }

  get #localSDP() {
    return this.pc.localDescription?.sdp ?? "";
  }

  /** @returns {Record<string, string>} */
  get #authorization() {
    return this.#token ? { Authorization: `Bearer ${this.#token}` } : {};
  }

  /** @param {RTCIceCandidate|null} candidate */
  #found(candidate) {
    if (candidate?.candidate) this.#candidates.push(candidate.candidate);
    else this.#gathered = true;
    if (this.url) this.#scheduleTrickle();
  }

  #scheduleTrickle() {
    clearTimeout(this.#timer);
    if (this.#trickles) this.#timer = setTimeout(() => void this.#trickle(), TRICKLE_MS);
  }

  async #trickle() {
    if (!this.url || this.pc.signalingState !== "stable") return;
    if (this.#candidates.length === 0 && !this.#gathered) return;
    const fragment = writeFragment(this.#localSDP, this.#candidates.splice(0), this.#gathered);
    try {
      await this.#fetch(this.url, "PATCH", "application/trickle-ice-sdpfrag", fragment, this.#etag);
    } catch {
      // A server may not take candidates (405, 501): it then learns the address from our checks.
      this.#trickles = false;
    }
  }

  /** @param {URL} url @param {string} method @param {string} type @param {string} body @param {string} [ifMatch] */
  async #fetch(url, method, type, body, ifMatch) {
    /** @type {Record<string, string>} */
    const headers = { "Content-Type": type, ...this.#authorization };
    if (ifMatch) headers["If-Match"] = ifMatch;
    const response = await fetch(url, { method, headers, body });
    if (response.ok) return response;
    const retryAfter = Number(response.headers.get("Retry-After"));
    const message = (await response.text().catch(() => "")) || response.statusText;
    throw new HawkerError(`http-${response.status}`, message, { retryAfterMs: retryAfter ? retryAfter * 1000 : null });
  }
}
