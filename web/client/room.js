// A member's place in a room: the socket kept joined, the room's state and tracks, and what is published and watched.

import { RoomCommands } from "./commands.js";
import { HawkerError, codeOf } from "./errors.js";
import { licencesFrom } from "./hls/licence-service.js";
import { Publication } from "./publication.js";
import { RoomSocket } from "./socket.js";
import { Subscriber } from "./subscriber.js";
import { Backoff, ServerClock, sleep } from "./timing.js";

/** @typedef {import("./protocol").Message} Message */
/** @typedef {import("./protocol").Track} Track */
/** @typedef {import("./protocol").Joined} Joined */
/** @typedef {"idle"|"connecting"|"joined"|"reconnecting"|"closed"} RoomConnectionState */

/**
 * @typedef {object} RoomOptions
 * @property {string} room
 * @property {(fresh: boolean) => string|Promise<string>} token  called at each join; `fresh` after a refused token
 * @property {(token: string) => Promise<string|null>} [renew]  called with the token in use before it ends; null when there is no other
 * @property {string} [url]  the room socket; default `/ws` of this page's server
 * @property {string} [device]  an opaque hint of 8 to 64 characters that this device keeps; bans look at it
 */

/**
 * @typedef {object} RoomEvents
 * @property {RoomConnectionState} state
 * @property {Track[]} tracks  the list or something in it changed
 * @property {import("./protocol").RoomState} room
 * @property {import("./protocol").Permissions} permissions
 * @property {import("./protocol").Delivery} delivery  where this viewer's media come from from now on
 * @property {HawkerError} failed  it will not come back by itself
 * @property {Message} message  every event of the server, known or not
 */

const VERSION = 1;
/** Refusals of a join that trying again can't cure. */
const FINAL = new Set(["unauthorized", "forbidden", "bad-room", "room-ended", "unsupported-version", "bad-message", "banned", "full"]);
/** No pong within this means the socket is dead, whatever its state says. */
const ALIVE_MS = 2000;
/** A timer this late means the computer slept. */
const SLEPT_MS = 5000;
/** The first pings come quickly, so that latency can be shown early. */
const FIRST_PINGS = 4;
const FIRST_PING_INTERVAL_MS = 400;
/** A fresh token is asked for so long before the old one ends; of a short one, when half of it is over. */
const RENEW_AHEAD_MS = 10 * 60_000;
/** A renewal that failed is tried again after this, as long as there is time. */
const RENEW_AGAIN_MS = 60_000;
/** What a timer can wait. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** @extends {RoomCommands<RoomEvents>} */
export class HawkerRoom extends RoomCommands {
  /** @type {RoomConnectionState} */
  state = "idle";
  /** @type {import("./protocol").Member|null} */
  member = null;
  /** @type {import("./protocol").RoomState|null} */
  room = null;
  permissions = { publish: false, subscribe: false };
  /**
   * Where the server wants this viewer to get their media.
   * @type {import("./protocol").Delivery}
   */
  delivery = { via: "webrtc" };
  /** @type {RTCIceServer[]} */
  iceServers = [];
  clock = new ServerClock();
  /**
   * By id.
   * @type {Map<string, Track>}
   */
  tracks = new Map();
  /** @type {Publication[]} */
  publications = [];
  subscriber = new Subscriber(this);
  /**
   * Why the room was left for good.
   * @type {HawkerError|null}
   */
  failure = null;

  #options;
  /** @type {RoomSocket|null} */
  #socket = null;
  /** @type {string|null} */
  #session = null;
  #backoff = new Backoff();
  /** @type {number|null} from `bye` */
  #retryAfterMs = null;
  /** @type {string|null} where the next join goes, from `bye`; when that fails, home, which knows better */
  #movedTo = null;
  #freshTokenTried = false;
  /** Ends the current wait early. */
  #hurry = () => {};
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #pingTimer;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #renewTimer;
  /** The token of this session, the newest. */
  #token = "";
  /** @type {{keySystem: string, url: string}[]} */
  #licences = [];
  #stopListening = () => {};
  /** @type {import("./protocol").Watching|null} */
  #watching = null;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #watchingTimer;

  /** @param {RoomOptions} options */
  constructor(options) {
    super();
    this.#options = options;
  }

  /**
   * Joins and stays joined until `leave`. Resolves when first joined; rejects when that can't be, or the room is left before.
   * @returns {Promise<void>}
   */
  async join() {
    if (this.state !== "idle") throw new HawkerError("internal", "join was called before");
    this.#become("connecting");
    this.#listenForWaking();
    /** @type {Promise<void>} */
    const joined = new Promise((resolve, reject) => {
      this.on("state", (state) => {
        if (state === "joined") resolve();
        // Also when it is left before it was joined: nobody should wait for ever.
        if (state === "closed") reject(this.failure ?? new HawkerError("disconnected", "the room was left"));
      });
    });
    void this.#stayJoined();
    return joined;
  }

  /** Leaves for good: publications end, views stop. */
  async leave() {
    if (this.state === "joined") await this.request({ type: "leave" }).catch(() => {});
    this.#close();
  }

  /**
   * Publishes a MediaStream (at most one audio and one video track) under a name.
   * @param {MediaStream} media
   * @param {{stream?: string, encodings?: RTCRtpEncodingParameters[]}} [options]
   */
  publish(media, options = {}) {
    const publication = new Publication(this, media, options);
    this.publications.push(publication);
    publication.on("failed", () => this.dropped(publication));
    publication.reconcile();
    return publication;
  }

  /**
   * Watches a publication `SUB/NAME`, which need not exist yet.
   * @param {string} publication @param {{layer?: import("./protocol").LayerChoice}} [options]
   */
  watch(publication, options = {}) {
    return this.subscriber.watch(publication, options);
  }

  /** Brings the transport up before there is anything to watch. */
  prepareToWatch() {
    this.subscriber.wanted = true;
    this.subscriber.reconcile();
  }

  /**
   * Tells the server how the picture really comes, and how old it is.
   * @param {import("./protocol").Watching} watching
   */
  watching(watching) {
    this.#watching = watching;
    clearTimeout(this.#watchingTimer);
    if (this.state !== "joined") return;
    this.request({ ...watching, type: "watching" }).catch((error) => {
      // An older server knows nothing of it; one that was told just now is told again.
      if (error.retryAfterMs) this.#watchingTimer = setTimeout(() => this.watching(watching), error.retryAfterMs);
    });
  }

  /** Checks that the socket lives, after sleep or a change of network. Called by itself on the usual signs. */
  async checkAlive() {
    this.#hurry();
    const socket = this.#socket;
    if (this.state !== "joined" || !socket) return;
    try {
      await this.#ping(socket, ALIVE_MS);
    } catch {
      socket.close();
    }
  }

  /**
   * One request on the joined socket.
   * @override
   * @param {Message} message
   * @returns {Promise<any>}
   */
  request(message) {
    if (!this.#socket) return Promise.reject(new HawkerError("disconnected", "the room is not joined"));
    return this.#socket.request(message);
  }

  /**
   * A publication is over.
   * @param {Publication} publication
   */
  dropped(publication) {
    this.publications = this.publications.filter((each) => each !== publication);
  }

  async #stayJoined() {
    while (this.state !== "closed") {
      try {
        await this.#joinOnce();
        return; // the socket's end calls again
      } catch (error) {
        this.#socket?.close();
        this.#socket = null;
        const code = codeOf(error);
        if (code === "unauthorized" && !this.#freshTokenTried) {
          this.#freshTokenTried = true;
          continue;
        }
        if (FINAL.has(code)) return this.#fail(/** @type {HawkerError} */ (error));
        const wait = error instanceof HawkerError && error.retryAfterMs ? error.retryAfterMs : this.#backoff.next();
        await this.#pause(wait);
      }
    }
  }

  async #joinOnce() {
    const token = await this.#options.token(this.#freshTokenTried);
    /** @type {RoomSocket} */
    const socket = new RoomSocket(this.#movedTo ?? this.#options.url ?? defaultURL(), {
      event: (message) => this.#receive(message),
      closed: () => this.#lost(socket),
    });
    this.#movedTo = null;
    this.#socket = socket;
    await socket.opened();
    const sent = performance.now();
    const { room, device } = this.#options;
    const known = { resume: this.#session ?? undefined, cursor: this.show.cursor, device };
    /** @type {Joined} */
    const joined = await socket.request({ type: "join", version: VERSION, room, token, ...known });
    this.clock.add(sent, performance.now(), joined.serverTimeMs);
    this.#token = token;
    this.#joined(joined, socket);
    this.#renewLater(socket, joined.expiresAtMs - joined.serverTimeMs);
  }

  /**
   * Sends a fresh token before the one in use ends, so that nothing is cut when it does.
   * @param {RoomSocket} socket @param {number} leftMs  until the token ends
   */
  #renewLater(socket, leftMs) {
    clearTimeout(this.#renewTimer);
    if (!this.#options.renew || !Number.isFinite(leftMs)) return;
    const waitMs = Math.max(leftMs - RENEW_AHEAD_MS, leftMs / 2);
    this.#renewTimer = setTimeout(() => {
      if (waitMs > TIMER_MAX_MS) this.#renewLater(socket, leftMs - TIMER_MAX_MS);
      else void this.#renew(socket, leftMs - waitMs);
    }, Math.min(waitMs, TIMER_MAX_MS));
  }

  /** @param {RoomSocket} socket @param {number} leftMs */
  async #renew(socket, leftMs) {
    try {
      const token = await this.#options.renew?.(this.#token);
      if (!token || socket !== this.#socket) return;
      await socket.request({ type: "token", token });
      this.#token = token;
      this.#renewLater(socket, expiryOf(token) - this.clock.now());
    } catch {
      if (socket !== this.#socket || leftMs < 2 * RENEW_AGAIN_MS) return;
      this.#renewTimer = setTimeout(() => void this.#renew(socket, leftMs - RENEW_AGAIN_MS), RENEW_AGAIN_MS);
    }
  }

  /** @param {Joined} joined @param {RoomSocket} socket */
  #joined(joined, socket) {
    this.#session = joined.session;
    this.#freshTokenTried = false;
    this.#backoff.reset();
    this.member = joined.member;
    this.permissions = joined.permissions;
    this.iceServers = joined.iceServers ?? [];
    this.#setTracks(joined.tracks);
    this.room = joined.room;
    this.show.joined(joined);
    // Before anything is offered: who is sent elsewhere makes no connection.
    this.#deliver(joined.delivery ?? { via: "webrtc" });
    this.#become("joined");
    if (this.#watching) this.watching(this.#watching);
    this.emit("room", joined.room);
    this.emit("permissions", joined.permissions);
    const alive = new Set(joined.resumed ? joined.connections.map((each) => each.connection) : []);
    for (const publication of this.publications) publication.rejoined(alive.has(publication.name ?? ""));
    if (this.subscriber.wanted) this.subscriber.rejoined(alive.has(this.subscriber.name ?? ""));
    void this.#keepPinging(socket, joined.pingIntervalMs);
  }

  /** @param {RoomSocket} socket */
  #lost(socket) {
    if (socket !== this.#socket || this.state !== "joined") return;
    this.#socket = null;
    clearTimeout(this.#pingTimer);
    clearTimeout(this.#renewTimer);
    this.#become("reconnecting");
    const wait = this.#retryAfterMs ?? this.#backoff.next();
    this.#retryAfterMs = null;
    void this.#pause(wait).then(() => this.#stayJoined());
  }

  /** @param {Message} message */
  #receive(message) {
    switch (message.type) {
      case "tracks":
        this.#setTracks(message.tracks);
        break;
      case "trackAdded":
        this.tracks.set(message.track.id, message.track);
        this.#tracksChanged();
        break;
      case "trackRemoved":
        this.tracks.delete(message.track.id);
        this.#tracksChanged();
        break;
      case "trackStatus":
        for (const status of message.tracks) {
          const track = this.tracks.get(status.id);
          if (track) Object.assign(track, status);
        }
        this.#tracksChanged();
        break;
      case "roomState":
        this.room = message.room;
        this.emit("room", message.room);
        break;
      case "permissions":
        this.permissions = { publish: message.publish, subscribe: message.subscribe };
        this.emit("permissions", this.permissions);
        break;
      case "delivery":
        this.#deliver(/** @type {any} */ (message));
        break;
      case "connectionEnded":
        for (const each of [this.subscriber, ...this.publications]) {
          if (each.name === message.connection) each.ended(message.reason);
        }
        break;
      case "bye":
        this.#goodbye(/** @type {any} */ (message));
        break;
    }
    this.show.receive(message);
    this.emit("message", message);
  }

  /** Who gives the key if the show by HLS is protected: for `HlsPlayer`. */
  get licences() {
    return licencesFrom(this.#licences, () => this.#token);
  }

  /** @param {import("./protocol").Delivery} delivery */
  #deliver({ via, url, licences, reason }) {
    const before = this.delivery;
    this.delivery = { via: via === "hls" && url ? "hls" : "webrtc", url: url ?? undefined, reason: reason ?? undefined };
    this.#licences = licences ?? [];
    if (this.delivery.via === "hls") this.subscriber.hold();
    else this.subscriber.release();
    if (before.via !== this.delivery.via || before.url !== this.delivery.url) this.emit("delivery", this.delivery);
  }

  /** @param {import("./protocol").Bye} bye */
  #goodbye(bye) {
    if (bye.reason === "moved" && bye.url) {
      this.#movedTo = `${bye.url.replace(/^http/, "ws")}/ws`;
      this.#retryAfterMs = 0;
    } else if (bye.retryAfterMs !== null && bye.retryAfterMs !== undefined) {
      this.#retryAfterMs = bye.retryAfterMs;
    } else if (bye.reason === "token-expired" && !this.#freshTokenTried) {
      this.#freshTokenTried = true;
      this.#retryAfterMs = 0;
    } else if (bye.reason !== "left") {
      this.#fail(new HawkerError(bye.reason, `the server ended this session: ${bye.reason}`));
    }
  }

  /** @param {Track[]} tracks */
  #setTracks(tracks) {
    this.tracks = new Map(tracks.map((track) => [track.id, track]));
    this.#tracksChanged();
  }

  #tracksChanged() {
    this.emit("tracks", [...this.tracks.values()]);
  }

  /** @param {RoomSocket} socket @param {number} intervalMs */
  async #keepPinging(socket, intervalMs) {
    for (let count = 0; socket === this.#socket; count++) {
      try {
        await this.#ping(socket, intervalMs);
      } catch {
        return socket.close();
      }
      const wait = count < FIRST_PINGS ? FIRST_PING_INTERVAL_MS : intervalMs;
      const due = Date.now() + wait;
      await new Promise((resolve) => (this.#pingTimer = setTimeout(resolve, wait)));
      if (Date.now() - due > SLEPT_MS) this.#woke();
    }
  }

  /** @param {RoomSocket} socket @param {number} timeoutMs */
  async #ping(socket, timeoutMs) {
    const sent = performance.now();
    const pong = await socket.request({ type: "ping", time: sent }, timeoutMs);
    this.clock.add(sent, performance.now(), pong.serverTimeMs);
  }

  #listenForWaking() {
    const visible = () => document.visibilityState === "visible" && void this.checkAlive();
    const online = () => this.#woke();
    document.addEventListener("visibilitychange", visible);
    window.addEventListener("online", online);
    window.addEventListener("pageshow", visible);
    this.#stopListening = () => {
      document.removeEventListener("visibilitychange", visible);
      window.removeEventListener("online", online);
      window.removeEventListener("pageshow", visible);
    };
  }

  #woke() {
    this.clock.reset();
    void this.checkAlive();
  }

  /** @param {number} ms */
  async #pause(ms) {
    await Promise.race([sleep(ms), new Promise((resolve) => (this.#hurry = () => resolve(undefined)))]);
    this.#hurry = () => {};
  }

  /** @param {HawkerError} error */
  #fail(error) {
    this.failure = error;
    this.#close();
    this.emit("failed", error);
  }

  #close() {
    this.#become("closed");
    clearTimeout(this.#pingTimer);
    clearTimeout(this.#renewTimer);
    clearTimeout(this.#watchingTimer);
    this.#stopListening();
    this.#hurry();
    for (const each of [this.subscriber, ...this.publications]) each.close();
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  /** @param {RoomConnectionState} state */
  #become(state) {
    if (this.state === state || this.state === "closed") return;
    this.state = state;
    this.emit("state", state);
  }
}

/**
 * When a JWT ends, in the server's milliseconds; NaN for what can't be read.
 * @param {string} token
 */
function expiryOf(token) {
  try {
    return JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"))).exp * 1000;
  } catch {
    return NaN;
  }
}

function defaultURL() {
  return `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}/ws`;
}
