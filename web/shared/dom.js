// Small means for the pages: finding elements, filling in the words, reading the room's name.

import { strings } from "./strings.js";

/**
 * The element with this id; the page is wrong without it.
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @returns {T}
 */
export function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return /** @type {T} */ (found);
}

/** Puts the words in: `data-text` for content, `data-label` for the accessible name (and tooltip). */
export function fillStrings(root = document.body) {
  for (const each of root.querySelectorAll("[data-text]")) each.textContent = text(each.getAttribute("data-text") ?? "");
  for (const each of root.querySelectorAll("[data-label]")) {
    const words = text(each.getAttribute("data-label") ?? "");
    each.setAttribute("aria-label", words);
    each.setAttribute("title", words);
  }
}

/**
 * A string by key, with `{name}` replaced.
 * @param {string} key
 * @param {Record<string, string|number>} [values]
 */
export function text(key, values = {}) {
  const pattern = /** @type {Record<string, string>} */ (strings)[key] ?? key;
  return pattern.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/**
 * Text for an error code, or the general one.
 * @param {string} prefix
 * @param {string} code
 */
export function textOf(prefix, code) {
  const key = `${prefix}.${code}`;
  return key in strings ? text(key) : text(`${prefix}.other`, { code });
}

/** Room names as everywhere in Hawker. */
const ROOM = /^[A-Za-z0-9_-]{1,64}$/;

/** The room of `/studio/{room}` and `/watch/{room}`; null when the address has none. */
export function roomOfPage() {
  const name = location.pathname.split("/")[2] ?? "";
  return ROOM.test(name) ? name : null;
}

/** @param {string} name */
export const isRoomName = (name) => ROOM.test(name);

/** @param {number} bitsPerSecond */
export function bitrateText(bitsPerSecond) {
  if (bitsPerSecond <= 0) return "–";
  return bitsPerSecond >= 1e6 ? `${(bitsPerSecond / 1e6).toFixed(1)} Mbit/s` : `${Math.round(bitsPerSecond / 1e3)} kbit/s`;
}

/**
 * @param {number} width
 * @param {number} height
 */
export const sizeText = (width, height) => (width > 0 ? `${width}×${height}` : "–");

/** @param {number} milliseconds */
export function latencyText(milliseconds) {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}
