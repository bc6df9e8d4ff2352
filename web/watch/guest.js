// On the stage as a guest: the invitation with a look at oneself, then sound, picture and the way off again.

import { nameOf } from "../shared/avatar.js";
import { capture, CaptureError } from "../shared/capture.js";
import { element, make, setLabel, text, textOf } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { ask, toast } from "../shared/overlays.js";

/** @typedef {import("../client/hawker.js").HawkerRoom} HawkerRoom */

/** @param {HawkerRoom} room @param {(work: Promise<any>) => void} run */
export function setUpGuest(room, run) {
  /** @type {MediaStream|null} */
  let media = null;
  /** @type {import("../client/hawker.js").Publication|null} */
  let publication = null;
  let asking = false;
  let settled = new AbortController();
  const bar = element("stage-bar");

  room.show.on("change", (state) => {
    const place = state && !state.banned ? state.you.stage : "none";
    if (place === "invited" && !asking && !publication) void invite(state?.host ? nameOf(state.host) : "");
    if (place !== "invited") settled.abort();
    if (place === "none") leave();
  });
  room.on("permissions", (permissions) => {
    if (permissions.publish && media && !publication) publish();
    if (!permissions.publish) leave();
  });

  /** @param {string} host */
  async function invite(host) {
    asking = true;
    settled = new AbortController();
    const preview = make("video.guest-preview", { autoplay: true, playsinline: true, "aria-label": text("guest.preview") });
    preview.muted = true;
    const problem = make("p.problem", { role: "alert" });
    const opened = open(preview).catch((error) => {
      problem.textContent = textOf("studioError", error instanceof CaptureError ? error.code : "other");
    });
    const body = make("div.stack", {}, preview, problem);
    const answer = await ask({ title: text("guest.invited", { name: host }), text: text("guest.invitedText"), confirm: text("guest.accept"), cancel: text("guest.decline"), body, signal: settled.signal });
    await opened;
    asking = false;
    if (settled.signal.aborted) return stop(); // taken back meanwhile
    if (!answer || !media) {
      stop();
      return run(room.answerInvitation(false));
    }
    try {
      await room.answerInvitation(true);
      if (room.permissions.publish && !publication) publish();
    } catch (error) {
      stop();
      run(Promise.reject(error));
    }
  }

  /** @param {HTMLVideoElement} preview */
  async function open(preview) {
    media = await capture({ camera: "", microphone: "" });
    preview.srcObject = media;
  }

  function publish() {
    if (!media) return;
    publication = room.publish(new MediaStream(media.getTracks()), { stream: "main" });
    publication.on("failed", (error) => {
      toast(textOf("studioError", error.code), "bad");
      leave();
    });
    const self = make("video", { autoplay: true, playsinline: true, "aria-label": text("guest.preview") });
    self.muted = true;
    self.srcObject = media;
    const off = make("button.danger.compact", { icon: "leave", onclick: () => run(room.leaveStage().finally(leave)) }, text("guest.leave"));
    bar.replaceChildren(self, make("div.stack", {}, make("b", {}, text("guest.on")), make("div.row.wrap", {}, switchOf("audio"), switchOf("video"), off)));
    bar.hidden = false;
  }

  /** @param {"audio"|"video"} kind */
  function switchOf(kind) {
    const button = make("button.icon.compact", { onclick: () => toggle() });
    const show = () => {
      const on = media?.getTracks().some((track) => track.kind === kind && track.enabled) ?? false;
      const name = kind === "audio" ? "mic" : "camera";
      button.replaceChildren(icon(on ? name : `${name}Off`));
      button.setAttribute("aria-pressed", String(on));
      setLabel(button, text(`guest.${name}`));
    };
    const toggle = () => {
      for (const track of media?.getTracks() ?? []) if (track.kind === kind) track.enabled = !track.enabled;
      show();
    };
    show();
    return button;
  }

  function leave() {
    void publication?.stop().catch(() => {});
    publication = null;
    bar.hidden = true;
    bar.replaceChildren();
    if (!asking) stop();
  }

  function stop() {
    for (const track of media?.getTracks() ?? []) track.stop();
    media = null;
  }
}
