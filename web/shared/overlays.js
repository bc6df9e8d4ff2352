// What appears above a page: notes that go by themselves, questions that want an answer, and menus.

import { make, text } from "./dom.js";

const TOAST_MS = 4500;
const TOASTS_MAX = 3;
/** @type {HTMLElement|null} */
let region = null;

/**
 * A note at the top, read out by screen readers.
 * @param {string} words @param {"good"|"bad"} [tone]
 */
export function toast(words, tone = "good") {
  if (!region) {
    region = make("div.toasts", { role: "status", "aria-live": "polite" });
    document.body.append(/** @type {HTMLElement} */ (region));
  }
  // What is outside an open dialog lies behind it, for eyes and for screen readers.
  const dialog = [...document.querySelectorAll("dialog[open]")].at(-1);
  if (dialog && region && !dialog.contains(region)) dialog.append(region);
  const note = make(`div.toast.${tone}`, {}, words);
  region?.append(note);
  while (region && region.childElementCount > TOASTS_MAX) region.firstElementChild?.remove();
  setTimeout(() => note.remove(), TOAST_MS);
}

/**
 * Asks in a dialog. Resolves with the form's values, or null when it was closed.
 * @param {{title: string, text?: string, confirm: string, cancel?: string, danger?: boolean, body?: Node|null,
 *   signal?: AbortSignal}} question  `signal` closes it: what it asks is settled
 * @returns {Promise<FormData|null>}
 */
export function ask({ title, text: words, confirm, cancel = text("dialog.cancel"), danger = false, body = null, signal }) {
  const heading = make("h2", { id: "dialog-title" }, title);
  const form = make(
    "form",
    { method: "dialog" },
    heading,
    words && make("p.quiet-text", {}, words),
    body,
    make(
      "div.actions",
      {},
      make("button.quiet", { onclick: () => dialog.close() }, cancel),
      make(danger ? "button.danger" : "button.primary", { type: "submit", value: "yes" }, confirm),
    ),
  );
  const dialog = make("dialog", { "aria-labelledby": "dialog-title" }, form);
  return new Promise((resolve) => {
    /** @type {FormData|null} */
    let answer = null;
    signal?.addEventListener("abort", () => dialog.close());
    form.addEventListener("submit", () => (answer = new FormData(form)));
    open(dialog, () => resolve(answer));
  });
}

/**
 * @typedef {object} MenuItem
 * @property {string} label
 * @property {string} icon
 * @property {() => void} run
 * @property {boolean} [warns]
 * @property {boolean} [current]  it is what holds now
 */

/**
 * A menu of buttons: beside `anchor` where there is room, a sheet from below on a phone.
 * @param {Element} anchor @param {string} title @param {MenuItem[]} items
 */
export function openMenu(anchor, title, items) {
  const dialog = make("dialog.menu", { "aria-label": title }, make("h2.cut", {}, title));
  for (const item of items) {
    const run = () => {
      dialog.close();
      item.run();
    };
    dialog.append(make(item.warns ? "button.warns" : "button", { icon: item.icon, onclick: run, ...(item.current ? { "aria-current": "true" } : {}) }, item.label));
  }
  const { innerWidth, innerHeight } = window;
  // Before the dialog takes the focus: the anchor may be there only while it has it.
  const at = anchor.getBoundingClientRect();
  open(dialog, () => {});
  if (innerWidth <= 640) return;
  const size = dialog.getBoundingClientRect();
  dialog.classList.add("at");
  dialog.style.left = `${Math.max(8, Math.min(innerWidth - size.width - 8, at.right - size.width))}px`;
  dialog.style.top = `${Math.max(8, at.bottom + size.height + 8 < innerHeight ? at.bottom + 4 : at.top - size.height - 4)}px`;
}

/**
 * Shows a dialog until it is closed: by itself, Escape, or a press beside it.
 * @param {HTMLDialogElement} dialog @param {() => void} closed
 */
export function open(dialog, closed) {
  const home = document.fullscreenElement ?? document.body;
  home.append(dialog);
  dialog.addEventListener("close", () => {
    if (region && dialog.contains(region)) document.body.append(region);
    dialog.remove();
    closed();
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.showModal();
}
