// The pictures: which publication is where, what flows, and the colours around them.

import { element } from "../shared/dom.js";
import { Tile } from "./tile.js";

/** @typedef {import("../client/protocol").Track} Track */
/** @typedef {import("../client/protocol").LayerChoice} LayerChoice */

/** Decoding more at once is beyond many phones. */
const TILES_MAX = 6;
/** The colours around the picture follow it this often: a mood, not a mirror. */
const AMBIENT_MS = 1500;

export class Stage {
  /**
   * By publication.
   * @type {Map<string, Tile>}
   */
  tiles = new Map();
  /**
   * The host's main publication, once known: kept while the host is away.
   * @type {string|null}
   */
  mainName = null;
  muted = true;
  /**
   * For the picture in focus; the small ones take the smallest.
   * @type {LayerChoice}
   */
  quality = "auto";
  #room;
  #told;
  /** @type {Track[]} as last arranged */
  #tracks = [];
  #ambient = /** @type {HTMLCanvasElement} */ (element("ambient"));
  #ambientAt = 0;

  /**
   * @param {import("../client/hawker.js").HawkerRoom} room
   * @param {object} told
   * @param {() => void} told.shown  something about the pictures changed
   * @param {(tile: Tile) => void} told.way  a tile's picture comes another way, or can't
   * @param {(tile: Tile) => void} told.unsupported  the browser can't decode a tile's live picture
   * @param {(mediaTimeMs: number) => void} told.frame  the host's main picture shows a frame
   * @param {() => void} told.blocked  the browser plays no sound without a touch
   */
  constructor(room, told) {
    this.#room = room;
    this.#told = told;
  }

  get main() {
    return this.mainName ? this.tiles.get(this.mainName) : undefined;
  }

  get focused() {
    return [...this.tiles.values()].find((tile) => tile.focus);
  }

  /**
   * Puts on the stage what is published: screen in focus if there is one, else the host.
   * @param {Track[]} tracks
   */
  arrange(tracks) {
    this.#tracks = tracks;
    const mine = this.#room.member?.identity;
    const all = this.#inOrder(tracks.filter((track) => track.member !== mine || track.role === "host"));
    // By HLS there is the host's main picture alone.
    const wanted = this.#room.delivery.via === "hls" && this.mainName ? [this.mainName] : all;
    for (const [name, tile] of this.tiles) {
      if (name === this.mainName || wanted.includes(name)) continue;
      tile.remove();
      this.tiles.delete(name);
    }
    const screen = wanted.find((name) => name.endsWith("/screen"));
    let place = 0;
    for (const name of wanted) {
      const focus = name === (screen ?? wanted[0]);
      const tile = this.tiles.get(name) ?? this.#add(name, focus);
      tile.focus = focus;
      tile.setQuality(this.#layerOf(focus));
      tile.update(tracks.filter((track) => track.publication === name), { focus, place: focus ? 0 : place++ });
    }
    element("tiles").classList.toggle("several", wanted.length > 1);
    this.#told.shown();
  }

  /** The server wants the pictures to come another way. */
  deliver() {
    this.arrange(this.#tracks);
    for (const tile of this.tiles.values()) this.#deliverTo(tile);
  }

  /** @param {Tile} tile */
  #deliverTo(tile) {
    const { via, url } = this.#room.delivery;
    if (via === "hls" && url && tile === this.main) tile.playHls(url);
    else if (via === "webrtc") tile.playLive();
  }

  /** @param {LayerChoice} quality */
  setQuality(quality) {
    this.quality = quality;
    for (const tile of this.tiles.values()) tile.setQuality(this.#layerOf(tile.focus));
  }

  /** @param {boolean} muted */
  setMuted(muted) {
    this.muted = muted;
    for (const tile of this.tiles.values()) void tile.play(muted).catch(() => {});
  }

  /** Called now and then. */
  tick() {
    for (const tile of this.tiles.values()) tile.tick();
    const focused = this.focused;
    element("tiles").classList.toggle("tall", focused?.figure.classList.contains("tall") ?? false);
    this.#paintAmbient(focused);
  }

  /**
   * Publications as they are shown: the host's main, the host's screen, others in joining order.
   * @param {Track[]} tracks
   */
  #inOrder(tracks) {
    /** @param {Track} track */
    const rank = (track) => (track.role === "host" ? 0 : 2) + (track.stream === "main" ? 0 : 1);
    const sorted = tracks.map((track, index) => ({ track, index }));
    sorted.sort((a, b) => rank(a.track) - rank(b.track) || a.index - b.index);
    const names = [...new Set(sorted.map(({ track }) => track.publication))];
    const hostMain = sorted.find(({ track }) => rank(track) === 0)?.track.publication;
    // Another host's publication takes the stage only when the first one's is gone.
    if (hostMain && (!this.mainName || !names.includes(this.mainName))) this.mainName = hostMain;
    return names.slice(0, TILES_MAX);
  }

  /** @param {string} publication @param {boolean} focus */
  #add(publication, focus) {
    const { shown, way, unsupported, frame, blocked } = this.#told;
    const tile = new Tile(this.#room.watch(publication, { layer: this.#layerOf(focus) }), this.#room, {
      changed: way,
      unsupported,
      frame: (which, mediaTimeMs) => which === this.main && frame(mediaTimeMs),
      blocked,
    });
    this.tiles.set(publication, tile);
    element("tiles").append(tile.figure);
    void tile.play(this.muted).catch(() => {}); // autoplay refused: the tap starts it
    tile.view.on("layer", shown);
    this.#deliverTo(tile);
    return tile;
  }

  /** @param {boolean} focus @returns {LayerChoice} */
  #layerOf(focus) {
    return focus ? this.quality : "q";
  }

  /** @param {Tile|undefined} tile */
  #paintAmbient(tile) {
    const now = performance.now();
    if (document.hidden || now - this.#ambientAt < AMBIENT_MS) return;
    this.#ambientAt = now;
    const flows = tile !== undefined && tile.video.videoWidth > 0;
    this.#ambient.classList.toggle("on", flows);
    if (flows) this.#ambient.getContext("2d")?.drawImage(tile.video, 0, 0, this.#ambient.width, this.#ambient.height);
  }
}
