// Labelled fields for the studio's forms.

import { make, text } from "../shared/dom.js";

let made = 0;

/**
 * @param {string} label  a key of strings.js
 * @param {HTMLElement} control
 * @param {string} [hint]  a key too
 */
export function field(label, control, hint) {
  const id = control.id || `field-${++made}`;
  control.id = id;
  const note = hint && make("span.hint", { id: `${id}-hint` }, text(hint));
  if (note) control.setAttribute("aria-describedby", `${id}-hint`);
  return make("div.field", {}, make("label", { for: id }, text(label)), control, note);
}

/** @param {string} name @param {Record<string, any>} [attributes] @returns {HTMLInputElement} */
export const input = (name, attributes = {}) => make("input", { name, autocomplete: "off", ...attributes });

/**
 * A choice among values whose words are `prefix.value`.
 * @param {string} name @param {string} prefix @param {(string|number)[]} values
 * @returns {HTMLSelectElement}
 */
export function select(name, prefix, values) {
  return make("select", { name }, ...values.map((value) => make("option", { value }, text(`${prefix}.${value}`))));
}

/**
 * @param {string} name @param {string} label
 * @returns {HTMLLabelElement}
 */
export const check = (name, label) => make("label.check", {}, make("input", { type: "checkbox", name }), text(label));
