// What staff can do about a message or a person, as items of a menu.

import { nameOf } from "./avatar.js";
import { isStaff } from "./composer.js";
import { make, text } from "./dom.js";
import { ask } from "./overlays.js";

/** @typedef {import("../client/hawker.js").HawkerRoom} HawkerRoom */
/** @typedef {import("../client/protocol").ChatMessage} ChatMessage */
/** @typedef {import("../client/protocol").Person} Person */
/** @typedef {import("./overlays.js").MenuItem} MenuItem */
/** @typedef {(work: Promise<any>) => void} Run */

const TIMEOUTS = [60, 600, 3600, 86400];

/** @param {ChatMessage} message @param {HawkerRoom} room @param {Run} run @returns {MenuItem[]} */
export function actionsOn(message, room, run) {
  const state = room.show.state;
  if (!state) return [];
  const mine = message.from.member === state.you.member;
  const staff = isStaff(state);
  const pinned = state.pinned?.id === message.id;
  /** @type {MenuItem[]} */
  const items = [];
  if (staff) items.push({ icon: "pin", label: text(pinned ? "mod.unpin" : "mod.pin"), run: () => run(room.pinMessage(pinned ? null : message.id)) });
  if (staff || mine) items.push({ icon: "trash", label: text("mod.delete"), warns: true, run: () => run(room.deleteMessage(message.id)) });
  return [...items, ...actionsOnPerson(message.from, room, run)];
}

/**
 * @param {Person & {muted?: boolean}} person @param {HawkerRoom} room @param {Run} run
 * @returns {MenuItem[]}
 */
export function actionsOnPerson(person, room, run) {
  const state = room.show.state;
  if (!state || !isStaff(state) || person.member === state.you.member || !outranks(state.you.role, person.role)) return [];
  const name = nameOf(person);
  return [
    { icon: "quiet", label: text(person.muted ? "mod.unmute" : "mod.mute"), run: () => run(room.mute(person.member, !person.muted)) },
    { icon: "clock", label: text("mod.timeout"), run: () => void askTimeout(person.member, name, room, run) },
    { icon: "trash", label: text("mod.clear"), warns: true, run: () => run(room.clearMessages(person.member)) },
    { icon: "ban", label: text("mod.ban"), warns: true, run: () => void askBan(person.member, name, room, run) },
  ];
}

/**
 * As the server has it: never the host, nor a moderator another.
 * @param {string} mine @param {string} theirs
 */
function outranks(mine, theirs) {
  const rank = { host: 3, cohost: 2, moderator: 1 };
  return (/** @type {any} */ (rank)[mine] ?? 0) > (/** @type {any} */ (rank)[theirs] ?? 0);
}

/** @param {string} member @param {string} name @param {HawkerRoom} room @param {Run} run */
async function askTimeout(member, name, room, run) {
  const options = TIMEOUTS.map((seconds, index) =>
    make("label.check", {}, make("input", { type: "radio", name: "seconds", value: seconds, checked: index === 1 }), text(`mod.timeout.${seconds}`)),
  );
  const answer = await ask({ title: text("mod.timeoutTitle", { name }), text: text("mod.timeoutText"), confirm: text("mod.timeout"), body: make("div.stack", {}, ...options) });
  if (answer) run(room.timeout(member, Number(answer.get("seconds"))));
}

/** @param {string} member @param {string} name @param {HawkerRoom} room @param {Run} run */
async function askBan(member, name, room, run) {
  const reason = make("div.field", {}, make("label", { for: "ban-reason" }, text("mod.reason")), make("input", { id: "ban-reason", name: "reason", maxlength: 200, autocomplete: "off" }));
  const answer = await ask({ title: text("mod.banTitle", { name }), text: text("mod.banText"), confirm: text("mod.ban"), danger: true, body: reason });
  const words = String(answer?.get("reason") ?? "").trim();
  if (answer) run(room.ban(member, { device: true, ...(words ? { reason: words } : {}) }));
}
