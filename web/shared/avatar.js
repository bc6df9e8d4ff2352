// A person's mark: the first letter of the name on a colour of their own.

import { make, text } from "./dom.js";

/**
 * A hue from 0 to 359 that stays with an identity.
 * @param {string} member
 */
export function hueOf(member) {
  let hash = 2166136261;
  for (let at = 0; at < member.length; at++) hash = Math.imul(hash ^ member.charCodeAt(at), 16777619);
  // Mixed well, so that neighbours like guest-1 and guest-2 look different.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) % 360;
}

/**
 * The first letter, whole whatever the script.
 * @param {string} name
 */
export function initialOf(name) {
  const [first = "?"] = [...name.trim()];
  return first.toLocaleUpperCase();
}

/** @param {string} member @param {string} name */
export function avatar(member, name) {
  const made = make("span.avatar", { "aria-hidden": "true" }, initialOf(name || member));
  made.style.setProperty("--hue", String(hueOf(member)));
  return made;
}

/**
 * What a person is called: by name, else by identity; both are gone where their data was erased.
 * @param {{member: string, name: string}} person
 */
export const nameOf = (person) => person.name || person.member || text("person.erased");
