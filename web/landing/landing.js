// The front page: from a room's name to its watch page or studio.

import { element, fillStrings, isRoomName, text } from "../shared/dom.js";
import { setUpTheme } from "../shared/theme.js";

fillStrings();
setUpTheme(element("theme"));
document.title = `${text("brand")} · ${text("landing.title")}`;

const input = /** @type {HTMLInputElement} */ (element("room"));
element("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const room = input.value.trim();
  const valid = isRoomName(room);
  element("problem").textContent = valid ? "" : text("landing.badRoom");
  input.setAttribute("aria-invalid", String(!valid));
  if (!valid) return input.focus();
  const door = /** @type {HTMLButtonElement|null} */ (/** @type {SubmitEvent} */ (event).submitter)?.value ?? "watch";
  location.href = `/${door}/${room}`;
});
