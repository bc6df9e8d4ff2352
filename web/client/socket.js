// One WebSocket of the room protocol: requests matched with replies, events handed on. It never reconnects itself.

import { HawkerError } from "./errors.js";
import { within } from "./timing.js";

/** @typedef {import("./protocol").Message} Message */

/** Longer than any healthy answer takes, shorter than a person waits. */
const REPLY_TIMEOUT_MS = 10_000;

export class RoomSocket {
  /** @type {WebSocket} */
  #socket;
  /** @type {Map<string, {resolve: (reply: any) => void, reject: (error: Error) => void}>} */
  #pending = new Map();
  #lastId = 0;
  #closed = false;
  /** @type {Promise<void>} */
  #opened;

  /**
   * @param {string} url ws: or wss:
   * @param {{event: (message: Message) => void, closed: () => void}} owner
   */
  constructor(url, owner) {
    this.#socket = new WebSocket(url);
    this.#opened = new Promise((resolve, reject) => {
      this.#socket.onopen = () => resolve();
      this.#socket.onclose = () => {
        reject(new HawkerError("disconnected", "the room socket could not be opened"));
        this.#end(owner.closed);
      };
    });
    this.#opened.catch(() => {});
    this.#socket.onmessage = (frame) => this.#receive(frame.data, owner.event);
    this.#ownerClosed = owner.closed;
  }

  /** @type {() => void} */
  #ownerClosed;

  /** Resolves when messages can be sent. */
  opened() {
    return within(this.#opened, REPLY_TIMEOUT_MS, new HawkerError("timeout", "the room socket took too long to open"));
  }

  /**
   * Sends a request and resolves with its reply; rejects with the server's refusal, or `disconnected`.
   * @param {Message} message
   * @returns {Promise<any>}
   */
  request(message, timeoutMs = REPLY_TIMEOUT_MS) {
    if (this.#closed) return Promise.reject(new HawkerError("disconnected", "the room socket is closed"));
    const id = String(++this.#lastId);
    const reply = new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject }));
    this.#socket.send(JSON.stringify({ ...message, id }));
    const late = new HawkerError("timeout", `no reply to ${message.type}`);
    return within(reply, timeoutMs, late).finally(() => this.#pending.delete(id));
  }

  /** Closes at once, without waiting for the other side (which may be asleep or gone). */
  close() {
    this.#socket.close();
    this.#end(this.#ownerClosed);
  }

  /** @param {unknown} data @param {(message: Message) => void} event */
  #receive(data, event) {
    if (this.#closed || typeof data !== "string") return;
    /** @type {Message} */
    const message = JSON.parse(data);
    const waiting = message.ref === undefined ? undefined : this.#pending.get(message.ref);
    if (waiting && message.type === "error") {
      waiting.reject(new HawkerError(message.code, message.message, { retryAfterMs: message.retryAfterMs }));
    } else if (waiting) {
      waiting.resolve(message);
    } else if (message.type === "batch") {
      for (const each of message.messages) event(each);
    } else if (message.ref === undefined) {
      event(message);
    }
  }

  /** @param {() => void} tell */
  #end(tell) {
    if (this.#closed) return;
    this.#closed = true;
    for (const { reject } of this.#pending.values()) {
      reject(new HawkerError("disconnected", "the room socket closed before the reply came"));
    }
    this.#pending.clear();
    tell();
  }
}
