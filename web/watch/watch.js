// The watch page: joins the room, shows its pictures and its people, and says what is going on.

import { Captions, HawkerRoom, InStep, canWatch } from "../client/hawker.js";
import { deviceHint, mintViewerToken, takeToken } from "../shared/access.js";
import { bitrateText, countText, element, fillStrings, latencyText, plural, roomOfPage, setText, sizeText, text, textOf } from "../shared/dom.js";
import { setUpTheme } from "../shared/theme.js";
import { countDown, setUpCountdowns, whenText } from "../shared/time.js";
import { setUpCaptions } from "./captions-view.js";
import { setUpControls } from "./controls.js";
import { setUpGifts } from "./gifts.js";
import { setUpGuest } from "./guest.js";
import { setUpShop } from "./shop.js";
import { Stage } from "./stage.js";
import { browserName, watchState } from "./state.js";
import { run, setUpTogether } from "./together.js";
import { setUpWay } from "./way.js";

const TICK_MS = 500;
/** Whether frames flowed so lately that the picture may stay in view. */
const MOVING_MS = 1500;

const roomName = roomOfPage();
const firstToken = roomName ? takeToken(roomName) : null;
let failure = roomName ? "" : "bad-room";

/** @type {HawkerRoom} */
const room = new HawkerRoom({
  room: roomName ?? "",
  device: deviceHint(),
  token: (fresh) => {
    if (firstToken && !fresh) return firstToken;
    return mintViewerToken(roomName ?? "", firstToken);
  },
  // Only the server's own viewers: a shop's token would be answered with somebody else's.
  renew: async (old) => (room.member?.identity.startsWith("anon-") ? mintViewerToken(roomName ?? "", old) : null),
});
const step = new InStep(room.show, () => room.clock.now());
const captions = new Captions(room.show, () => room.clock.now());
const stage = new Stage(room, {
  shown: () => {
    showFigures();
    render();
  },
  way: (tile) => {
    way.changed(tile);
    render();
  },
  unsupported: (tile) => way.unsupported(tile),
  frame: (mediaTimeMs) => {
    step.shows(mediaTimeMs);
    captions.shows(mediaTimeMs);
  },
  blocked: () => controls.setMuted(true),
});
const way = setUpWay(room, stage);

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
    return [...stage.tiles.keys()];
  },
  /** How the host's main picture comes: `webrtc` or `hls`. */
  get via() {
    return stage.main?.via ?? null;
  },
};
/** @type {any} */ (window).hawker = report;

fillStrings();
const theme = setUpTheme(element("theme"));
setText("room-name", roomName ?? "");
document.title = `${roomName ?? ""} · ${text("brand")}`;
const together = setUpTogether(room, step);
const controls = setUpControls(stage, {
  muted: (muted) => {
    report.muted = muted;
    render();
  },
  theme,
  sheet: together.show,
});
const captionsView = setUpCaptions(captions, stage);
setUpGuest(room, run);
setUpShop(room, run, together.show, step);
setUpGifts(room, run);
setUpCountdowns(() => room.clock.now());
element("retry").addEventListener("click", () => location.reload());
window.addEventListener("pagehide", (event) => {
  if (!event.persisted) void room.leave();
});
start();

function start() {
  render();
  setInterval(() => void tick(), TICK_MS);
  if (!roomName || !canWatch()) return;
  room.on("state", render);
  room.on("room", render);
  room.show.on("change", () => render());
  room.on("tracks", (tracks) => stage.arrange(tracks));
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

async function tick() {
  stage.tick();
  captionsView.tick();
  way.tick();
  if (stage.main) report.stats = await stage.main.stats();
  showFigures();
  render();
}

function showFigures() {
  const latency = stage.main?.latencyMs ?? NaN;
  const showing = report.state === "live" && stage.main !== undefined;
  report.latencyMs = Number.isFinite(latency) ? latency : null;
  const known = showing && Number.isFinite(latency);
  const isBehind = known && stage.main?.via === "hls";
  const delay = known ? latencyText(latency) : "–";
  setText("delay", isBehind ? text("watch.behind", { delay }) : delay);
  setText("live-badge", isBehind ? text("watch.liveBehind", { delay: wholeSeconds(latency) }) : text("watch.live"));
  const stats = report.stats;
  const hasSize = showing && stats && stats.width > 0;
  setText("picture-size", hasSize ? sizeText(stats.width, stats.height) : "–");
  setText("picture-more", hasSize ? ` · ${text("unit.frames", { value: Math.round(stats.fps) })} · ${bitrateText(stats.bitrate)}` : "");
}

/** @param {number} latency in ms */
const wholeSeconds = (latency) => text("unit.seconds", { value: Math.max(1, Math.round(latency / 1000)) });

function render() {
  const main = stage.main;
  const now = performance.now();
  const { state, codec } = watchState({
    socket: room.state,
    failure: room.show.state?.banned ? "banned" : failure || null,
    phase: room.show.state?.phase === "ended" ? "ended" : room.room?.phase,
    main: [...room.tracks.values()].filter((track) => track.publication === stage.mainName),
    via: main?.via ?? room.delivery.via,
    lastFrameAt: main?.lastFrameAt ?? 0,
    now,
  });
  const moving = main !== undefined && main.lastFrameAt > 0 && now - main.lastFrameAt < MOVING_MS;
  report.state = state;
  document.body.dataset.state = state;
  element("live-badge").hidden = state !== "live";
  element("tap").hidden = !(state === "live" && stage.muted);
  const viewers = room.show.state?.viewers ?? room.room?.viewers;
  element("viewers").hidden = viewers === undefined;
  setText("viewers-count", countText(viewers ?? 0));
  setText("viewers-words", plural("watch.viewers", viewers ?? 0));
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
  element("retry").hidden = state !== "error" && state !== "full";
  element("home").hidden = !["ended", "banned", "error", "full"].includes(state);
  const startsAt = state === "waiting" ? (room.show.state?.startsAt ?? null) : null;
  const due = startsAt !== null && startsAt > room.clock.now();
  element("countdown").hidden = !due;
  countDown(element("countdown"), due ? startsAt : null, "time.left");
  if (state === "live") return;
  setText("curtain-title", due ? text("watch.scheduled", { when: whenText(startsAt) }) : text(`watch.${state}`));
  setText("curtain-more", due ? room.show.state?.description || text("watch.waitingMore") : moreText(state, codec));
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
