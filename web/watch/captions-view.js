// Captions over the picture: whether and in which language is remembered, and what is shown is said in the frame shown.

import { element, make, text } from "../shared/dom.js";
import { openMenu } from "../shared/overlays.js";
import { languageName } from "../shared/language-names.js";

/** What the viewer chose last: a language, or `OFF`. */
const KEY = "hawker.captions";
const OFF = "off";

/**
 * @param {import("../client/hawker.js").Captions} captions @param {import("./stage.js").Stage} stage
 */
export function setUpCaptions(captions, stage) {
  const button = element("captions");
  const box = element("caption-lines");
  let choice = localStorage.getItem(KEY) ?? OFF;

  /** The text tracks of the picture, where that brings its own and the room has none. */
  const tracks = () => (captions.languages.length > 0 ? [] : [...(stage.focused?.video.textTracks ?? [])]);

  /** @param {string} language */
  const choose = (language) => {
    choice = language;
    localStorage.setItem(KEY, language);
    draw();
  };

  button.addEventListener("click", () => {
    if (tracks().length > 0) return toggleTracks();
    if (captions.languages.length > 1) return openChoice();
    choose(choice === OFF ? preferred(captions.languages, choice) : OFF);
  });

  function toggleTracks() {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    for (const track of tracks()) track.mode = on ? "showing" : "disabled";
  }

  function openChoice() {
    const chosen = choice === OFF ? OFF : preferred(captions.languages, choice);
    const items = [OFF, ...captions.languages].map((each) => ({
      icon: each === chosen ? "check" : "captions",
      label: each === OFF ? text("watch.captionsOff") : languageName(each),
      current: each === chosen,
      run: () => choose(each),
    }));
    // On a phone the button is behind another one.
    openMenu(button.offsetParent ? button : element("more"), text("watch.captions"), items);
  }

  function draw() {
    const { languages } = captions;
    if (languages.length === 0) return;
    // The picture's own would say everything a second time.
    for (const track of stage.focused?.video.textTracks ?? []) track.mode = "disabled";
    const on = choice !== OFF;
    button.hidden = false;
    button.setAttribute("aria-pressed", String(on));
    if (languages.length > 1) button.setAttribute("aria-haspopup", "dialog");
    const lines = on ? captions.shown(preferred(languages, choice)) : [];
    box.hidden = lines.length === 0;
    box.replaceChildren(...lines.map(({ language, text: words }) => make("p", { lang: language, dir: "auto" }, make("span", {}, words))));
  }

  captions.on("change", draw);
  captions.on("languages", draw);
  return {
    /** Called now and then: there is a button only where there are captions. */
    tick() {
      button.hidden = captions.languages.length === 0 && tracks().length === 0;
      if (captions.languages.length > 0) for (const track of stage.focused?.video.textTracks ?? []) if (track.mode !== "disabled") track.mode = "disabled";
    },
  };
}

/**
 * Of the room's languages the one that was chosen, else the reader's, else the first.
 * @param {string[]} languages  at least one
 * @param {string} choice
 */
export function preferred(languages, choice) {
  const wanted = [choice, ...(globalThis.navigator?.languages ?? [])].map((each) => each.toLowerCase());
  for (const each of wanted) {
    const exact = languages.find((language) => language.toLowerCase() === each);
    const same = exact ?? languages.find((language) => language.toLowerCase().split("-")[0] === each.split("-")[0]);
    if (same) return same;
  }
  return languages[0];
}
