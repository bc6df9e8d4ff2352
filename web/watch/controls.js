// The controls of the picture: sound, quality, picture in picture, full screen, and the menu of a small screen.

import { element, setLabel, text } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { openMenu, toast } from "../shared/overlays.js";

/** With the pointer still for so long, the controls leave the picture alone. */
const IDLE_MS = 3500;

/**
 * @param {import("./stage.js").Stage} stage
 * @param {{muted: (muted: boolean) => void, theme: () => void, sheet: (panel: string) => void}} page
 */
export function setUpControls(stage, page) {
  const quality = /** @type {HTMLSelectElement} */ (element("quality"));
  const mute = element("mute");
  const fullscreen = element("fullscreen");
  const pip = element("pip");
  const captions = element("captions");

  /** @param {boolean} muted */
  const setMuted = (muted) => {
    stage.setMuted(muted);
    labelMute();
    page.muted(muted);
  };
  const labelMute = () => {
    mute.setAttribute("aria-pressed", String(stage.muted));
    setLabel(mute, text(stage.muted ? "watch.unmute" : "watch.mute"));
    mute.replaceChildren(icon(stage.muted ? "muted" : "sound"));
  };
  labelMute();
  element("tap").addEventListener("click", () => setMuted(false));
  mute.addEventListener("click", () => setMuted(!stage.muted));
  quality.addEventListener("change", () => stage.setQuality(/** @type {any} */ (quality.value)));

  fullscreen.hidden = !document.fullscreenEnabled;
  fullscreen.addEventListener("click", toggleFullscreen);
  pip.hidden = !document.pictureInPictureEnabled;
  pip.addEventListener("click", () => togglePip(stage.focused?.video));

  element("more").addEventListener("click", () => {
    const chosen = quality.selectedOptions[0]?.textContent ?? "";
    const items = [
      { icon: "question", label: text("question.title"), run: () => page.sheet("questions-panel") },
      { icon: "gift", label: text("activities.title"), run: () => page.sheet("activities-panel") },
      { icon: "settings", label: `${text("watch.quality")}: ${chosen}`, run: chooseQuality },
      ...(pip.hidden ? [] : [{ icon: "pip", label: text("watch.pip"), run: () => pip.click() }]),
      ...(captions.hidden ? [] : [{ icon: "captions", label: text("watch.captions"), run: () => captions.click() }]),
      ...(fullscreen.hidden ? [] : [{ icon: "fullscreen", label: text("watch.fullscreen"), run: toggleFullscreen }]),
      { icon: "share", label: text("watch.share"), run: () => void share() },
      { icon: "theme", label: text("theme"), run: page.theme },
    ];
    openMenu(element("more"), text("watch.more"), items);
  });
  element("share").addEventListener("click", () => void share());

  function chooseQuality() {
    const items = [...quality.options].map((option) => ({
      icon: option.selected ? "check" : "settings",
      label: option.textContent ?? "",
      run: () => {
        quality.value = option.value;
        quality.dispatchEvent(new Event("change"));
      },
    }));
    openMenu(element("more"), text("watch.quality"), items);
  }

  watchIdle();
  return { setMuted };
}

function toggleFullscreen() {
  void (document.fullscreenElement ? document.exitFullscreen() : element("stage").requestFullscreen()).catch(() => {});
}

/** @param {HTMLVideoElement|undefined} video */
function togglePip(video) {
  if (!video) return;
  void (document.pictureInPictureElement ? document.exitPictureInPicture() : video.requestPictureInPicture()).catch(() => {});
}

async function share() {
  const url = location.origin + location.pathname;
  try {
    if (navigator.share) return await navigator.share({ title: document.title, url });
    await navigator.clipboard.writeText(url);
    toast(text("watch.linkCopied"));
  } catch {
    // The person changed their mind, or the page may not: nothing to say.
  }
}

/** Where there is a pointer, controls fade while it rests. They come back with any move or key. */
function watchIdle() {
  if (!matchMedia("(hover: hover)").matches) return;
  let timer = 0;
  const moved = () => {
    document.body.classList.remove("idle");
    clearTimeout(timer);
    timer = window.setTimeout(() => document.body.classList.add("idle"), IDLE_MS);
  };
  for (const event of ["pointermove", "pointerdown", "keydown", "focusin"]) document.addEventListener(event, moved, { passive: true });
  moved();
}
