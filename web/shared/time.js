// Dates, clocks and countdowns as people read them, in the language of strings.js and by the server's clock.

import { text } from "./dom.js";
import { language } from "./strings.js";

const TICK_MS = 1000;
const DAY_MS = 86_400_000;
const clock = new Intl.DateTimeFormat(language.tag, { hour: "numeric", minute: "2-digit" });
const dayAndTime = new Intl.DateTimeFormat(language.tag, { weekday: "short", day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });
const relativeDays = new Intl.RelativeTimeFormat(language.tag, { numeric: "auto" });

/** @param {number} at ms */
export const clockText = (at) => clock.format(at);

/**
 * When something will be: `today, 18:30`, else the date.
 * @param {number} at ms
 */
export function whenText(at) {
  const day = (/** @type {number} */ ms) => Math.floor((ms - new Date(ms).getTimezoneOffset() * 60_000) / DAY_MS);
  const days = day(at) - day(Date.now());
  return days === 0 || days === 1 ? `${relativeDays.format(days, "day")}, ${clock.format(at)}` : dayAndTime.format(at);
}

/**
 * 4:05, 1:02:03.
 * @param {number} ms
 */
export function durationText(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const two = (/** @type {number} */ value) => String(value).padStart(2, "0");
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (h >= 48) return text("time.days", { count: Math.floor(h / 24) });
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/**
 * Keeps every `[data-until]` counting down: its text is the string `data-pattern` with `{time}`.
 * @param {() => number} now  the server's clock in ms; NaN while unknown
 */
export function setUpCountdowns(now) {
  setInterval(() => tickCountdowns(now), TICK_MS);
}

/** @param {() => number} now */
export function tickCountdowns(now, root = /** @type {ParentNode} */ (document)) {
  const known = now();
  const at = Number.isFinite(known) ? known : Date.now();
  for (const each of root.querySelectorAll("[data-until]")) {
    const left = Number(each.getAttribute("data-until")) - at;
    const words = text(each.getAttribute("data-pattern") ?? "time.left", { time: durationText(left) });
    if (each.textContent !== words) each.textContent = words;
  }
}

/**
 * Makes an element count down to `until`, or empties it for null.
 * @param {HTMLElement} target @param {number|null} until @param {string} pattern
 */
export function countDown(target, until, pattern) {
  if (until === null) {
    delete target.dataset.until;
    if (target.textContent) target.textContent = "";
    return;
  }
  target.dataset.pattern = pattern;
  target.dataset.until = String(until);
  if (!target.textContent) target.textContent = text(pattern, { time: durationText(until - Date.now()) });
}
