// A line for captions: what is typed is shown over the picture of now.

import { codeOf } from "../client/errors.js";
import { element, textOf } from "../shared/dom.js";
import { languageName } from "../shared/language-names.js";
import { toast } from "../shared/overlays.js";

/** The language typed in last. */
const KEY = "hawker.captionLanguage";
/** Beside the reader's own. */
const LANGUAGES = ["en", "de", "fr", "es", "it", "pt", "nl", "pl", "tr", "ru", "uk", "ar", "hi", "zh", "ja", "ko"];

/** @param {import("../client/hawker.js").HawkerRoom} room */
export function setUpCaptionLine(room) {
  const form = /** @type {HTMLFormElement} */ (element("caption-form"));
  const words = /** @type {HTMLInputElement} */ (element("caption-text"));
  const language = /** @type {HTMLSelectElement} */ (element("caption-language"));
  const remembered = localStorage.getItem(KEY);
  const own = [remembered, ...navigator.languages.map(plain)].flatMap((each) => each ?? []);
  for (const tag of new Set([...own, ...LANGUAGES])) language.append(new Option(languageName(tag), tag));
  language.addEventListener("change", () => localStorage.setItem(KEY, language.value));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = words.value.trim();
    if (!text) return;
    words.value = "";
    room.caption({ text, language: language.value }).catch((error) => {
      // Unless the next one is being typed.
      if (!words.value) words.value = text;
      toast(textOf("sayError", codeOf(error)), "bad");
    });
  });
}

/**
 * Without its region, where that does not change what is written: each tag is a rendition of its own in HLS.
 * @param {string} tag
 */
function plain(tag) {
  const language = tag.split("-")[0];
  return language === "zh" || language === "sr" ? tag : language;
}
