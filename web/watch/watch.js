// The watch page: joins the room, puts its publications on the stage, and says what is going on.

import { HawkerRoom, canWatch } from "../client/hawker.js";
import { mintViewerToken, takeToken } from "../shared/access.js";
import { bitrateText, element, fillStrings, latencyText, roomOfPage, sizeText, text, textOf } from "../shared/dom.js";
import { setUpTheme } from "../shared/theme.js";
import { browserName, watchState } from "./state.js";
import { Tile } from "./tile.js";

/** @typedef {import("../client/protocol").Track} Track */

/** Decoding more at once is beyond many phones. */
const TILES_MAX = 6;
const TICK_MS = 500;
/** Whether frames flowed so lately that the picture may stay in view. */
const MOVING_MS = 1500;

const roomName = roomOfPage();
const firstToken = roomName ? takeToken(roomName) : null;
/** @type {Map<string, Tile>} by publication */
const tiles = new Map();
/**
 * The host's main publication, once known: kept while the host is away.
 * @type {string|null}
 */
let mainName = null;
let muted = true;
const quality = /** @type {HTMLSelectElement} */ (element("quality"));
let failure = roomName ? "" : "bad-room";

const room = new HawkerRoom({
  room: roomName ?? "",
  token: (fresh) => {
    if (firstToken && !fresh) return firstToken;
    return mintViewerToken(roomName ?? "", firstToken);
  },
});

/** For automated tests and the curious. */
const report = {
  room,
  state: "connecting",
  muted: true,
  /** @type {number|null} */
  latencyMs: null,
  /** @type {import("../client/stats.js").ReceivedMedia|null} */
  stats: null,
  get publications() {
    return [...tiles.keys()];
  },
};
/** @type {any} */ (window).hawker = report;

fillStrings();
setUpTheme(element("theme"));
element("room-name").textContent = roomName ?? "";
document.title = `${roomName ?? ""} · ${text("brand")}`;
setUpControls();
start();

function start() {
  render();
  setInterval(() => void tick(), TICK_MS);
  if (!roomName || !canWatch()) return;
  room.on("state", render);
  room.on("room", render);
  room.on("tracks", (tracks) => arrange(tracks));
  room.on("failed", (error) => fail(error.code));
  room.subscriber.on("failed", (error) => fail(error.code));
  room.prepareToWatch();
  room.join().catch(() => {}); // told by "failed"
}

/** @param {string} code */
function fail(code) {
  failure = code;
  render();
}

/**
 * Puts on the stage what is published: screen in focus if there is one, else the host.
 * @param {Track[]} tracks
 */
function arrange(tracks) {
  const wanted = inOrder(tracks);
  for (const [name, tile] of tiles) {
    if (name === mainName || wanted.includes(name)) continue;
    tile.remove();
    tiles.delete(name);
  }
  const screen = wanted.find((name) => name.endsWith("/screen"));
  let place = 0;
  for (const name of wanted) {
    const focus = name === (screen ?? wanted[0]);
    const tile = tiles.get(name) ?? addTile(name, layerOf(focus));
    tile.focus = focus;
    tile.view.setLayer(layerOf(focus));
    tile.update(tracks.filter((track) => track.publication === name), { focus, place: focus ? 0 : place++ });
  }
  render();
}

/**
 * Publications as they are shown: the host's main, the host's screen, co-hosts in joining order.
 * @param {Track[]} tracks
 */
function inOrder(tracks) {
  /** @param {Track} track */
  const rank = (track) => (track.role === "host" ? 0 : 2) + (track.stream === "main" ? 0 : 1);
  const sorted = tracks.map((track, index) => ({ track, index }));
  sorted.sort((a, b) => rank(a.track) - rank(b.track) || a.index - b.index);
  const names = [...new Set(sorted.map(({ track }) => track.publication))];
  const hostMain = sorted.find(({ track }) => rank(track) === 0)?.track.publication;
  // Another host's publication takes the stage only when the first one's is gone.
  if (hostMain && (!mainName || !names.includes(mainName))) mainName = hostMain;
  return names.slice(0, TILES_MAX);
}

/**
 * @param {string} publication
 * @param {import("../client/protocol").LayerChoice} layer
 */
function addTile(publication, layer) {
  const tile = new Tile(room.watch(publication, { layer }));
  tiles.set(publication, tile);
  element("tiles").append(tile.figure);
  void tile.play(muted).catch(() => {}); // autoplay refused: the tap starts it
  tile.view.on("layer", showFigures);
  return tile;
}

/**
 * The quality menu is for the picture in focus; the small ones take the smallest.
 * @param {boolean} focus
 */
function layerOf(focus) {
  return focus ? /** @type {import("../client/protocol").LayerChoice} */ (quality.value) : "q";
}

async function tick() {
  for (const tile of tiles.values()) tile.tick();
  const main = mainTile();
  if (main) report.stats = await main.view.stats();
  showFigures();
  render();
}

function mainTile() {
  return mainName ? tiles.get(mainName) : undefined;
}

function showFigures() {
  const main = mainTile();
  const latency = main?.latencyMs ?? NaN;
  const showing = report.state === "live" && main !== undefined;
  report.latencyMs = Number.isFinite(latency) ? latency : null;
  element("delay").textContent = showing && Number.isFinite(latency) ? latencyText(latency) : "–";
  const stats = report.stats;
  const known = showing && stats && stats.width > 0;
  element("picture-size").textContent = known ? sizeText(stats.width, stats.height) : "–";
  element("picture-more").textContent = known ? ` · ${Math.round(stats.fps)} fps · ${bitrateText(stats.bitrate)}` : "";
}

function render() {
  const main = mainTile();
  const now = performance.now();
  const { state, codec } = watchState({
    socket: room.state,
    failure: failure || null,
    phase: room.room?.phase,
    main: [...room.tracks.values()].filter((track) => track.publication === mainName),
    lastFrameAt: main?.lastFrameAt ?? 0,
    now,
  });
  const moving = main !== undefined && main.lastFrameAt > 0 && now - main.lastFrameAt < MOVING_MS;
  report.state = state;
  document.body.dataset.state = state;
  element("live-badge").hidden = state !== "live";
  element("tap").hidden = !(state === "live" && muted);
  const viewers = room.room?.viewers;
  element("viewers").hidden = viewers === undefined;
  setText("viewers", text("watch.viewers", { count: viewers ?? 0 }));
  renderCurtain(state, codec, moving);
}

/**
 * @param {import("./state.js").WatchState} state
 * @param {string|undefined} codec
 * @param {boolean} moving
 */
function renderCurtain(state, codec, moving) {
  const curtain = element("curtain");
  curtain.hidden = state === "live";
  curtain.classList.toggle("note", state === "reconnecting" && moving);
  element("spinner").hidden = state !== "connecting" && state !== "reconnecting";
  element("retry").hidden = state !== "error";
  if (state === "live") return;
  setText("curtain-title", text(`watch.${state}`));
  setText("curtain-more", moreText(state, codec));
}

/**
 * @param {import("./state.js").WatchState} state
 * @param {string|undefined} codec
 */
function moreText(state, codec) {
  if (state === "error") return textOf("error", failure);
  if (state === "connecting") return "";
  if (state !== "unsupported") return text(`watch.${state}More`);
  const browser = browserName();
  if (!codec) return text("watch.unsupportedBrowser", { browser });
  const advice = text(browser === "Firefox" ? "watch.tryOthers" : "watch.tryAnother");
  return `${text("watch.unsupportedCodec", { codec, browser })} ${advice}`;
}

/**
 * Only a change is written, so that a screen reader doesn't hear it twice.
 * @param {string} id
 * @param {string} words
 */
function setText(id, words) {
  const target = element(id);
  if (target.textContent !== words) target.textContent = words;
}

function setUpControls() {
  element("tap").addEventListener("click", () => setMuted(false));
  element("mute").addEventListener("click", () => setMuted(!muted));
  element("retry").addEventListener("click", () => location.reload());
  quality.addEventListener("change", () => {
    for (const tile of tiles.values()) tile.view.setLayer(layerOf(tile.focus));
  });
  const stage = element("stage");
  const fullscreen = element("fullscreen");
  fullscreen.hidden = !document.fullscreenEnabled;
  fullscreen.addEventListener("click", () => {
    void (document.fullscreenElement ? document.exitFullscreen() : stage.requestFullscreen()).catch(() => {});
  });
  window.addEventListener("pagehide", (event) => {
    if (!event.persisted) void room.leave();
  });
  labelMute();
}

/** @param {boolean} wanted */
function setMuted(wanted) {
  muted = wanted;
  report.muted = wanted;
  for (const tile of tiles.values()) void tile.play(muted).catch(() => {});
  labelMute();
  render();
}

function labelMute() {
  const button = element("mute");
  const words = text(muted ? "watch.unmute" : "watch.mute");
  button.setAttribute("aria-pressed", String(muted));
  button.setAttribute("aria-label", words);
  button.setAttribute("title", words);
}
