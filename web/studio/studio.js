// The studio page: choose a source, see it, go live, and see what is sent.

import { HawkerRoom } from "../client/hawker.js";
import { deviceHint, takeToken } from "../shared/access.js";
import { countText, element, fillStrings, latencyText, percentText, plural, roomOfPage, setText, text, textOf } from "../shared/dom.js";
import { setUpTheme } from "../shared/theme.js";
import { setUpCountdowns } from "../shared/time.js";
import { capture, captureScreen, CaptureError, devices } from "../shared/capture.js";
import { setUpCaptionLine } from "./caption-line.js";
import { setUpDesk } from "./desk.js";
import { verdictOf } from "./health.js";
import { renderLayers } from "./layer-table.js";
import { LevelMeter } from "./level-meter.js";
import { ProgramMonitor } from "./program-monitor.js";
import { testPicture } from "./test-picture.js";

/** @typedef {import("../client/hawker.js").Publication} Publication */
/** @typedef {"preparing"|"ready"|"starting"|"live"|"reconnecting"|"error"} StudioState */

const TICK_MS = 1000;
/** Values of the pickers that are no device. */
const NONE = "none";
const TEST = "test";

const roomName = roomOfPage();
const token = roomName ? takeToken(roomName) : null;
const camera = /** @type {HTMLSelectElement} */ (element("camera"));
const microphone = /** @type {HTMLSelectElement} */ (element("microphone"));
const preview = /** @type {HTMLVideoElement} */ (element("preview"));
const screenPreview = /** @type {HTMLVideoElement} */ (element("screen-preview"));
const meter = new LevelMeter(element("level"));

let source = new URLSearchParams(location.search).get("source") === "canvas" ? TEST : "";
/** @type {MediaStream|null} */
let media = null;
/** @type {(() => void)|null} */
let stopTestPicture = null;
/** @type {Publication|null} */
let main = null;
/** @type {Publication|null} */
let screen = null;
let hasBeenLive = false;
let preparing = true;
/** Grows with each capture, so that a slow one that was overtaken is let go. */
let captures = 0;
/** @type {Map<Publication, number>} when each began, by performance.now() */
const begun = new Map();
/** The code of what must be put right first; "" when nothing. */
let problem = "";
/**
 * How the viewers watch, where there are two ways.
 * @type {{hls: number, hlsDelayMs: number|null}|null}
 */
let tiers = null;
/** A host acts on what the camera saw so long ago; never later than now by the server's clock, which is known to some ms. */
const CAPTURE_MS = 50;
/** Whether `problem` is about the room (lasting) rather than a camera. */
let problemIsFinal = false;

const room = new HawkerRoom({ room: roomName ?? "", device: deviceHint(), token: () => token ?? "" });

/** For automated tests and the curious. */
const report = {
  room,
  /** @type {StudioState} */
  state: "preparing",
  problem: "",
  /** @type {import("../client/stats.js").SentLayer[]} of `main` */
  stats: [],
  /** @type {import("../client/protocol").Health|null} */
  health: null,
  get publications() {
    return [main, screen].flatMap((each) => (each ? [`${room.member?.identity}/${each.stream}`] : []));
  },
};
/** @type {any} */ (window).hawker = report;

fillStrings();
setUpTheme(element("theme"));
element("room-name").textContent = roomName ?? "";
document.title = `${text("studio.title")} · ${roomName ?? ""} · ${text("brand")}`;
const program = new ProgramMonitor(room);
setUpDesk(room, token);
setUpCaptionLine(room);
setUpCountdowns(() => room.clock.now());
room.mediaTime = () => (currentState() === "live" ? room.clock.now() - CAPTURE_MS : null);
/** @type {HTMLInputElement} */ (element("watch-link")).value = `${location.origin}/watch/${roomName ?? ""}`;
setUpControls();
start();

function start() {
  render();
  setInterval(() => void tick(), TICK_MS);
  if (typeof RTCPeerConnection !== "function") return fail("unsupported");
  void prepare();
  if (!roomName) return fail("bad-room");
  if (!token) return fail("no-token");
  room.on("state", render);
  room.on("room", render);
  room.on("message", (message) => {
    if (message.type !== "tiers") return;
    tiers = /** @type {any} */ (message);
    holdResolution();
    render();
  });
  room.show.on("change", render);
  room.on("permissions", (permissions) => (permissions.publish ? render() : fail("not-host")));
  room.on("failed", (error) => fail(error.code));
  room.join().catch(() => {}); // told by "failed"
}

/**
 * Nothing more can be done here without a new link or a reload.
 * @param {string} code
 */
function fail(code) {
  problem = code;
  problemIsFinal = true;
  document.body.classList.toggle("no-room", room.show.state === null);
  render();
}

/** Gets the chosen source and shows it; while live it takes the place of the old one. */
async function prepare() {
  const mine = ++captures;
  preparing = true;
  if (!problemIsFinal) problem = "";
  render();
  try {
    const captured = source === TEST ? startTestPicture() : await capture(choice());
    if (mine !== captures) return stopTracks(captured);
    await use(captured);
  } catch (error) {
    if (mine !== captures) return;
    if (!problemIsFinal) problem = error instanceof CaptureError ? error.code : "other";
  }
  preparing = false;
  render();
  // Not awaited: Firefox answers only when its window has the focus.
  void fillPickers();
}

/** @returns {MediaStream} */
function startTestPicture() {
  stopTestPicture?.();
  const made = testPicture();
  stopTestPicture = made.stop;
  return made.media;
}

/** @returns {import("../shared/capture.js").Choice} */
function choice() {
  // Without a stream, "none" was not a choice but what was left after a failure: ask for anything.
  if (!media) return { camera: "", microphone: "" };
  /** @param {HTMLSelectElement} picker */
  const chosen = (picker) => (picker.value === NONE ? null : picker.value === TEST ? "" : picker.value);
  return { camera: chosen(camera), microphone: chosen(microphone) };
}

/** @param {MediaStream} captured */
async function use(captured) {
  const old = media;
  media = captured;
  preview.srcObject = captured;
  meter.watch(captured);
  if (main) {
    // The publication has its own MediaStream, so that the preview's can change as a whole.
    for (const track of captured.getTracks()) await main.replaceTrack(track);
  }
  if (old) stopTracks(old);
  if (source !== TEST) {
    stopTestPicture?.();
    stopTestPicture = null;
  }
  for (const track of captured.getTracks()) track.addEventListener("ended", () => captured === media && void prepare());
}

/** @param {MediaStream} stream */
function stopTracks(stream) {
  for (const track of stream.getTracks()) track.stop();
}

async function fillPickers() {
  const [cameras, microphones] = await Promise.all([devices("videoinput"), devices("audioinput")]);
  const video = media?.getVideoTracks()[0]?.getSettings().deviceId;
  const audio = media?.getAudioTracks()[0]?.getSettings().deviceId;
  fillPicker(camera, cameras, "studio.cameraN", source === TEST ? TEST : (video ?? NONE));
  fillPicker(microphone, microphones, "studio.microphoneN", audio ?? NONE);
  microphone.disabled = source === TEST;
}

/**
 * @param {HTMLSelectElement} picker
 * @param {MediaDeviceInfo[]} found
 * @param {string} unnamed
 * @param {string} selected
 */
function fillPicker(picker, found, unnamed, selected) {
  const options = found.map((device, index) => {
    return new Option(device.label || text(unnamed, { number: index + 1 }), device.deviceId);
  });
  options.push(new Option(text("studio.none"), NONE));
  if (picker === camera) options.push(new Option(text("studio.test"), TEST));
  picker.replaceChildren(...options);
  if (options.some((option) => option.value === selected)) picker.value = selected;
}

function goLive() {
  if (!media || main) return;
  hasBeenLive = false;
  main = publish(new MediaStream(media.getTracks()), "main");
  main.on("health", (health) => (report.health = health));
  render();
}

/** While somebody watches by HLS, layers keep their sizes. */
function holdResolution() {
  const isWatched = (tiers?.hls ?? 0) > 0;
  for (const publication of room.publications) void publication.holdResolution(isWatched);
}

/**
 * @param {MediaStream} what
 * @param {string} stream
 */
function publish(what, stream) {
  const publication = room.publish(what, { stream });
  begun.set(publication, performance.now());
  holdResolution();
  publication.on("transport", render);
  publication.on("failed", (error) => {
    forget(publication);
    problem = error.code;
    problemIsFinal = false;
    render();
  });
  return publication;
}

async function endBroadcast() {
  const publications = [main, screen].filter((each) => each !== null);
  for (const each of publications) {
    forget(/** @type {Publication} */ (each));
    await each?.stop();
  }
  render();
}

/** @param {Publication} publication */
function forget(publication) {
  begun.delete(publication);
  if (publication === main) {
    main = null;
    report.stats = [];
    report.health = null;
  }
  if (publication === screen) {
    screen = null;
    stopTracks(publication.media);
    screenPreview.srcObject = null;
  }
}

async function toggleScreen() {
  const shared = screen;
  if (shared) {
    forget(shared);
    await shared.stop();
    return render();
  }
  try {
    const captured = await captureScreen();
    if (!captured) return;
    screenPreview.srcObject = captured;
    const publication = publish(captured, "screen");
    screen = publication;
    // The browser's own "stop sharing".
    captured.getVideoTracks()[0]?.addEventListener("ended", () => screen === publication && void toggleScreen());
  } catch (error) {
    problem = error instanceof CaptureError ? error.code : "other";
  }
  render();
}

async function tick() {
  const shown = [main, screen].flatMap((each) => (each ? [each] : []));
  const rows = await Promise.all(
    shown.map(async (each) => ({
      stream: each.stream,
      layers: await each.stats(),
      health: each.health,
      sinceMs: performance.now() - (begun.get(each) ?? 0),
    })),
  );
  report.stats = rows.find((each) => each.stream === "main")?.layers ?? [];
  renderLayers(element("layers"), rows);
  renderHealth(rows);
  program.show(main && room.state === "joined" ? `${room.member?.identity}/main` : null);
  const empty = rows.every((each) => each.layers.length === 0);
  element("layers-scroll").hidden = empty;
  element("layers-empty").hidden = !empty;
  render();
}

/** @param {import("./health.js").Sending[]} rows */
function renderHealth(rows) {
  const { key, tone, layer, lost, words } = verdictOf(rows);
  const values = { layer: text(`health.layer.${layer}`), percent: percentText(lost ?? 0), words: words ?? "" };
  const sentence = text(`health.${key}`, values);
  setText("health", sentence.charAt(0).toLocaleUpperCase() + sentence.slice(1));
  element("health").className = `health ${tone}`;
}

/** @returns {StudioState} */
function currentState() {
  if (problemIsFinal) return "error";
  if (main) {
    const up = main.pc?.connectionState === "connected" && room.state === "joined";
    if (up) hasBeenLive = true;
    return up ? "live" : hasBeenLive ? "reconnecting" : "starting";
  }
  if (problem) return "error";
  return preparing ? "preparing" : "ready";
}

/** @param {{hls: number, hlsDelayMs: number|null}} tiers */
function hlsText({ hls, hlsDelayMs }) {
  const count = countText(hls);
  return hlsDelayMs === null ? text("studio.byHls", { count }) : text("studio.byHlsBehind", { count, delay: latencyText(hlsDelayMs) });
}

function render() {
  const state = currentState();
  report.state = state;
  report.problem = problem;
  document.body.dataset.state = state;
  document.body.dataset.problem = problem;
  setText("state-badge", text(`studio.${state}`));
  element("state-badge").classList.toggle("on-air", state === "live");
  element("notice").hidden = problem === "";
  setText("notice-text", problem ? textOf("studioError", problem) : "");
  const viewers = room.show.state?.viewers ?? room.room?.viewers;
  element("viewers").hidden = viewers === undefined;
  setText("viewers-count", countText(viewers ?? 0));
  const byHls = tiers && tiers.hls > 0 ? ` · ${hlsText(tiers)}` : "";
  setText("viewers-hls", byHls);
  setText("viewers-words", plural("watch.viewers", viewers ?? 0) + byHls);
  renderButtons(state);
}

/** @param {StudioState} state */
function renderButtons(state) {
  const go = /** @type {HTMLButtonElement} */ (element("go"));
  const mayPublish = room.state === "joined" && room.permissions.publish;
  setText("go-words", text(main ? "studio.stop" : "studio.goLive"));
  go.classList.toggle("danger", main !== null);
  go.classList.toggle("primary", main === null);
  go.disabled = main === null && !(media && mayPublish && state !== "preparing");
  const share = /** @type {HTMLButtonElement} */ (element("share"));
  share.hidden = !navigator.mediaDevices?.getDisplayMedia;
  share.disabled = !screen && !mayPublish;
  setText("share-words", text(screen ? "studio.unshare" : "studio.share"));
  screenPreview.hidden = !screen;
}

function setUpControls() {
  fillPicker(camera, [], "", source === TEST ? TEST : NONE);
  fillPicker(microphone, [], "", NONE);
  element("go").addEventListener("click", () => void (main ? endBroadcast() : goLive()));
  element("share").addEventListener("click", () => void toggleScreen());
  element("retry").addEventListener("click", () => (problemIsFinal ? location.reload() : void prepare()));
  camera.addEventListener("change", () => {
    source = camera.value === TEST ? TEST : "";
    void prepare();
  });
  microphone.addEventListener("change", () => void prepare());
  navigator.mediaDevices?.addEventListener?.("devicechange", () => void fillPickers());
  element("copy").addEventListener("click", () => void copyLink());
}

async function copyLink() {
  const link = /** @type {HTMLInputElement} */ (element("watch-link"));
  try {
    await navigator.clipboard.writeText(link.value);
    setText("copy-words", text("studio.copied"));
    setTimeout(() => setText("copy-words", text("studio.copy")), 1500);
  } catch {
    link.select(); // no clipboard on an insecure page: the person copies it
  }
}
