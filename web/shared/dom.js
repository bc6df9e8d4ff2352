// Small means for the pages: finding and making elements, filling in the words, lists that keep their nodes.

import { icon } from "./icons.js";
import { language, strings } from "./strings.js";

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

/**
 * Puts words and icons in: `data-text` for content, `data-label` for the accessible name (and tooltip), `data-placeholder`,
 * `data-icon` for an icon before the words.
 */
export function fillStrings(root = document.body) {
  document.documentElement.lang = language.tag;
  document.documentElement.dir = language.dir;
  for (const each of root.querySelectorAll("[data-text]")) each.textContent = text(each.getAttribute("data-text") ?? "");
  for (const each of root.querySelectorAll("[data-label]")) setLabel(each, text(each.getAttribute("data-label") ?? ""));
  for (const each of root.querySelectorAll("[data-placeholder]")) {
    each.setAttribute("placeholder", text(each.getAttribute("data-placeholder") ?? ""));
  }
  for (const each of root.querySelectorAll("[data-icon]")) each.prepend(icon(each.getAttribute("data-icon") ?? ""));
  document.documentElement.classList.add("filled");
}

/** @param {Element} target @param {string} words */
export function setLabel(target, words) {
  if (target.getAttribute("aria-label") === words) return;
  target.setAttribute("aria-label", words);
  if (target.tagName === "BUTTON") target.setAttribute("title", words);
}

/**
 * An element: `make("button.compact.quiet", { type: "button", onclick }, "words", node)`. Attributes that are false or null
 * are left out, `on…` are listeners, `icon` puts one in front.
 * @param {string} spec  tag and classes
 * @param {Record<string, any>} [attributes]
 * @param {(Node|string|null|undefined|false)[]} children
 * @returns {any}
 */
export function make(spec, attributes = {}, ...children) {
  const [tag, ...classes] = spec.split(".");
  const made = document.createElement(tag);
  if (classes.length > 0) made.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "icon") made.append(icon(value));
    else if (name === "label") setLabel(made, value);
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  if (tag === "button" && !("type" in attributes)) made.setAttribute("type", "button");
  for (const child of children) if (child || child === "") made.append(child);
  return made;
}

/**
 * Only a change is written: a screen reader doesn't hear it twice, and nothing is laid out anew.
 * @param {string|HTMLElement} target  or its id
 * @param {string} words
 */
export function setText(target, words) {
  const found = typeof target === "string" ? element(target) : target;
  if (found.textContent !== words) found.textContent = words;
}

/**
 * A list whose nodes stay while their items do, so that focus and transitions live on.
 * @template T
 */
export class KeyedList {
  #container;
  #key;
  #create;
  /** @type {Map<string|number, {node: Element, update: (item: T) => void, item: T}>} */
  #rows = new Map();

  /**
   * @param {Element} container
   * @param {(item: T) => string|number} key
   * @param {(item: T) => {node: Element, update: (item: T) => void}} create  `update` is called at once as well
   */
  constructor(container, key, create) {
    this.#container = container;
    this.#key = key;
    this.#create = create;
  }

  /** @param {readonly T[]} items */
  render(items) {
    const wanted = new Set(items.map(this.#key));
    for (const [key, row] of this.#rows) {
      if (wanted.has(key)) continue;
      row.node.remove();
      this.#rows.delete(key);
    }
    let next = this.#container.firstElementChild;
    for (const item of items) {
      const key = this.#key(item);
      let row = this.#rows.get(key);
      if (!row) {
        row = { ...this.#create(item), item };
        this.#rows.set(key, row);
        row.update(item);
      } else if (row.item !== item) {
        row.item = item;
        row.update(item);
      }
      if (row.node === next) next = next.nextElementSibling;
      else this.#container.insertBefore(row.node, next);
    }
  }
}

/**
 * Runs `render` once per frame however often it is asked for.
 * @param {() => void} render
 */
export function oncePerFrame(render) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    const run = () => {
      if (!asked) return;
      asked = false;
      render();
    };
    requestAnimationFrame(run);
    // A page in the background has no frames, but its state must not fall behind for ever.
    if (document.hidden) setTimeout(run, 1000);
  };
}

/** @param {string} key */
export const has = (key) => Object.hasOwn(strings, key);

/**
 * A string by key, with `{name}` replaced.
 * @param {string} key
 * @param {Record<string, string|number>} [values]
 */
export function text(key, values = {}) {
  const pattern = /** @type {Record<string, string>} */ (strings)[key] ?? key;
  return pattern.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

const plurals = new Intl.PluralRules(language.tag);
const numbers = new Intl.NumberFormat(language.tag);
const tenths = new Intl.NumberFormat(language.tag, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const percents = new Intl.NumberFormat(language.tag, { style: "percent" });
const compactNumbers = new Intl.NumberFormat(language.tag, { notation: "compact", maximumFractionDigits: 1 });

/**
 * A string that depends on a count: `key.one`, `key.other`, … as the language has them; `{count}` is the number.
 * @param {string} key
 * @param {number} count
 * @param {Record<string, string|number>} [values]
 */
export function plural(key, count, values = {}) {
  const exact = `${key}.${plurals.select(count)}`;
  return text(exact in strings ? exact : `${key}.other`, { count: countText(count), ...values });
}

/**
 * Whole below ten thousand, then compact: 12.8K.
 * @param {number} count
 */
export const countText = (count) => (count < 10_000 ? numbers : compactNumbers).format(count);

/** @param {number} part  0 to 1 */
export const percentText = (part) => percents.format(part);

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
  if (bitsPerSecond <= 0) return text("unit.none");
  if (bitsPerSecond < 1e6) return text("unit.kilobits", { value: numbers.format(Math.round(bitsPerSecond / 1e3)) });
  return text("unit.megabits", { value: tenths.format(bitsPerSecond / 1e6) });
}

/**
 * @param {number} width
 * @param {number} height
 */
export const sizeText = (width, height) => (width > 0 ? text("unit.size", { width, height }) : text("unit.none"));

/** @param {number} milliseconds */
export function latencyText(milliseconds) {
  if (milliseconds < 1000) return text("unit.milliseconds", { value: Math.round(milliseconds) });
  return text("unit.seconds", { value: tenths.format(milliseconds / 1000) });
}
