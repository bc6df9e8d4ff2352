// The front page: shows that are live, shows that come, and the way to a room by its name.

import { tokensHere } from "../shared/access.js";
import { avatar, hueOf, initialOf } from "../shared/avatar.js";
import { countText, element, fillStrings, isRoomName, KeyedList, make, plural, setLabel, setText, text } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { setUpTheme } from "../shared/theme.js";
import { whenText } from "../shared/time.js";

/**
 * A row of `GET /api/v1/rooms`, as this page keeps it.
 * @typedef {{room: string, title: string, phase: import("../client/protocol").Phase, startsAt: number|null, viewers: number,
 *   host: {name: string}|null}} Listed
 * A room of somebody whom one follows.
 * @typedef {Listed & {announcement: string|null}} Followed
 */

/** Viewers come and go, shows begin. */
const REFRESH_MS = 20_000;
/** Enough to choose from; who looks for more knows the room's name. */
const SHOWN_MAX = 200;
const KEPT = "hawker.kept";
const KEPT_MAX = 100;

fillStrings();
setUpTheme(element("theme"));
document.title = `${text("brand")} · ${text("landing.title")}`;

/** @type {Listed[]} */
let listed = [];
/** @type {string|null} */
let next = null;
/**
 * Rooms this browser keeps on top.
 * @type {Set<string>}
 */
const kept = new Set(readKept());
const live = new KeyedList(element("live"), (/** @type {Listed} */ show) => show.room, liveCard);
const upcoming = new KeyedList(element("upcoming"), (/** @type {Listed} */ show) => show.room, upcomingRow);

const following = new KeyedList(element("following"), (/** @type {Followed} */ show) => show.room, followedRow);

const input = /** @type {HTMLInputElement} */ (element("room"));
element("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const room = input.value.trim();
  const valid = isRoomName(room);
  setText("problem", valid ? "" : text("landing.badRoom"));
  input.setAttribute("aria-invalid", String(!valid));
  if (!valid) return input.focus();
  const door = /** @type {HTMLButtonElement|null} */ (/** @type {SubmitEvent} */ (event).submitter)?.value ?? "watch";
  location.href = `/${door}/${room}`;
});
element("retry").addEventListener("click", () => void load(false));
element("more").addEventListener("click", () => void load(true));
setInterval(() => document.hidden || listed.length > SHOWN_MAX || void load(false), REFRESH_MS);
setInterval(() => document.hidden || void loadFollowing(), REFRESH_MS);
// First whom one follows, which stands above the list: nothing is to jump.
void loadFollowing().finally(() => load(false));

/**
 * Whom the identities of this tab follow: anonymous viewers have one for each room. Without a token nobody is known
 * here, and only the rooms kept on top (in this browser) come first.
 */
async function loadFollowing() {
  const pages = await Promise.all(tokensHere().map((token) => followingOf(token).catch(() => [])));
  const rooms = pages.flat().flatMap((each) => each.rooms);
  /** @type {Followed[]} */
  const shows = [...new Map(rooms.map((show) => [show.room, { ...show, startsAt: show.startsAtMs }])).values()];
  const rank = (/** @type {Followed} */ show) => (show.phase === "live" ? 0 : show.phase === "away" ? 1 : 2);
  following.render(shows.sort((a, b) => rank(a) - rank(b) || (a.startsAt ?? 0) - (b.startsAt ?? 0)));
  element("following-section").hidden = shows.length === 0;
}

/**
 * @param {string} token
 * @returns {Promise<{rooms: any[]}[]>}
 */
async function followingOf(token) {
  const response = await fetch("/api/v1/me/following", { headers: { Authorization: `Bearer ${token}` } });
  return response.ok ? (await response.json()).following : [];
}

/** @param {boolean} more  the next page too, instead of the first anew */
async function load(more) {
  try {
    const response = await fetch(`/api/v1/rooms${more && next ? `?after=${encodeURIComponent(next)}` : ""}`);
    // A server without a list of rooms is no failure: rooms open by name.
    const page = response.status === 404 ? { rooms: [], next: null } : response.ok ? await response.json() : null;
    if (!page) throw new Error(String(response.status));
    const rooms = page.rooms.map((/** @type {any} */ show) => ({
      ...show, startsAt: show.startsAtMs,
      // A host without a name is known by the room's.
      host: show.host?.name ? show.host : null,
    }));
    // A room that has lost viewers meanwhile may come once more.
    listed = more ? [...new Map([...listed, ...rooms].map((show) => [show.room, show])).values()] : rooms;
    next = page.next ?? null;
    element("failed").hidden = true;
    render();
    document.body.dataset.state = "ready";
  } catch {
    element("failed").hidden = listed.length > 0;
    element("live").setAttribute("aria-busy", "false");
    document.body.dataset.state = "error";
  }
}

function render() {
  /** @param {Listed} show */
  const rank = (show) => (kept.has(show.room) ? 0 : 1);
  const on = listed.filter((show) => show.phase === "live" || show.phase === "away");
  const coming = listed.filter((show) => (show.phase === "scheduled" || show.phase === "waiting") && show.startsAt !== null);
  live.render(on.sort((a, b) => rank(a) - rank(b) || b.viewers - a.viewers));
  upcoming.render(coming.sort((a, b) => rank(a) - rank(b) || (a.startsAt ?? 0) - (b.startsAt ?? 0)));
  element("live").setAttribute("aria-busy", "false");
  element("nothing").hidden = on.length > 0;
  element("upcoming-section").hidden = coming.length === 0;
  element("more").hidden = next === null || listed.length >= SHOWN_MAX;
}

/** @param {Listed} show */
const titleOf = (show) => show.title || (show.host?.name ? text("landing.untitled", { name: show.host.name }) : show.room);

/** @param {Listed} first */
function liveCard(first) {
  const host = first.host?.name ?? first.room;
  const state = make("span.badge");
  const count = make("span.badge.numbers", {}, icon("eye"), make("span"));
  const title = make("h3", { dir: "auto" });
  const link = make(
    "a", { href: `/watch/${first.room}` },
    make("span.initial", { "aria-hidden": "true" }, initialOf(titleOf(first))),
    make("div.badges", {}, state, count),
    make("div", {}, title, make("p.host", {}, avatar(first.room, host), make("span.cut", {}, host))),
  );
  const keep = keepButton(first);
  const node = make("li.show", {}, link, keep.node);
  link.style.setProperty("--hue", String(hueOf(first.room)));
  /** @param {Listed} show */
  const update = (show) => {
    const isLive = show.phase === "live";
    state.classList.toggle("on-air", isLive);
    setText(state, text(isLive ? "watch.live" : "landing.away"));
    setText(/** @type {HTMLElement} */ (count.lastElementChild), countText(show.viewers));
    count.setAttribute("title", plural("watch.viewers", show.viewers));
    setText(title, titleOf(show));
    keep.update(show);
  };
  return { node, update };
}

/** @param {Listed} first */
function upcomingRow(first) {
  const title = make("a", { href: `/watch/${first.room}`, dir: "auto" });
  const when = make("p.when");
  const keep = keepButton(first);
  const host = first.host?.name ?? first.room;
  const node = make("li", {}, avatar(first.room, host), make("div.grow", {}, when, make("h3.cut", {}, title), make("p.quiet-text.small.cut", {}, host)), keep.node);
  /** @param {Listed} show */
  const update = (show) => {
    setText(title, titleOf(show));
    setText(when, show.startsAt === null ? "" : whenText(show.startsAt));
    keep.update(show);
  };
  return { node, update };
}

/** @param {Followed} first */
function followedRow(first) {
  const host = first.host?.name || first.room;
  const title = make("a", { href: `/watch/${first.room}`, dir: "auto" });
  const state = make("span.badge");
  const when = make("p.when");
  const announcement = make("p.small", { dir: "auto" });
  const node = make(
    "li", {}, avatar(first.room, host),
    make("div.grow", {}, make("div.row", {}, state, when), make("h3.cut", {}, title), announcement, make("p.quiet-text.small.cut", {}, host)),
  );
  /** @param {Followed} show */
  const update = (show) => {
    const isOn = show.phase === "live" || show.phase === "away";
    state.hidden = !isOn;
    state.classList.toggle("on-air", show.phase === "live");
    setText(state, isOn ? text(show.phase === "live" ? "watch.live" : "landing.away") : "");
    setText(when, isOn || show.startsAt === null ? "" : whenText(show.startsAt));
    when.hidden = !when.textContent;
    setText(title, titleOf(show));
    setText(announcement, show.announcement ?? "");
    announcement.hidden = !show.announcement;
  };
  return { node, update };
}

/** @param {Listed} first */
function keepButton(first) {
  const node = make("button.icon.compact.keep", { icon: "star", onclick: () => toggle() });
  const toggle = () => {
    if (!kept.delete(first.room)) kept.add(first.room);
    localStorage.setItem(KEPT, JSON.stringify([...kept].slice(-KEPT_MAX)));
    update(first);
    render();
  };
  /** @param {Listed} show */
  const update = (show) => {
    node.setAttribute("aria-pressed", String(kept.has(show.room)));
    setLabel(node, text("landing.keep", { title: titleOf(show) }));
  };
  return { node, update };
}

function readKept() {
  try {
    const read = JSON.parse(localStorage.getItem(KEPT) ?? "[]");
    return Array.isArray(read) ? read.filter((each) => typeof each === "string") : [];
  } catch {
    return [];
  }
}
