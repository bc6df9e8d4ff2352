// Where a member writes: the field, what it replies to, emoji, and in plain words why one can't write just now.

import { codeOf } from "../client/errors.js";
import { nameOf } from "./avatar.js";
import { make, plural, setText, text, textOf } from "./dom.js";
import { icon } from "./icons.js";
import { open } from "./overlays.js";
import { countDown, durationText } from "./time.js";

/** @typedef {import("../client/show.js").ShowState} ShowState */
/** @typedef {import("../client/protocol").ChatMessage} ChatMessage */

/** As the server's limit. */
const TEXT_MAX = 500;
/** The limit is shown when it comes near. */
const NEAR = 60;
const EMOJI = [..."😀😂🥰😍😎🤩🤔😮😢😭🙏👏👍👎👋💪🙌🔥✨⭐🎉🎁💯💸🛒🧡💛💚💙💜🖤🤍✅❌❓❗👀🐶🐱🌸🌿☕"];

export class Composer {
  #room;
  #form;
  #input = /** @type {HTMLTextAreaElement} */ (make("textarea", { rows: "1", maxlength: TEXT_MAX, enterkeyhint: "send", autocomplete: "off", dir: "auto" }));
  #send = make("button.icon.primary", { type: "submit", icon: "send", label: text("chat.send") });
  #problem = make("p.problem", { role: "alert" });
  #hint = make("p.hint.cut");
  #why = make("p.why", {});
  #reply = make("div.row.replying", { hidden: true });
  /** @type {ChatMessage|null} */
  #replyTo = null;
  /** Until when slow mode holds this member back, by Date.now(). */
  #waitUntil = 0;
  /** @type {ShowState|null} */
  #state = null;
  #timer = 0;

  /**
   * @param {HTMLFormElement} form  is filled
   * @param {import("../client/hawker.js").HawkerRoom} room
   */
  constructor(form, room) {
    this.#room = room;
    this.#form = form;
    const emoji = make("button.icon.quiet", { icon: "smile", label: text("chat.emoji"), "aria-haspopup": "dialog", onclick: () => this.#pickEmoji() });
    this.#input.setAttribute("aria-label", text("chat.write"));
    this.#input.placeholder = text("chat.write");
    const line = make("div.line", {}, this.#input, emoji, this.#send);
    form.append(this.#reply, this.#problem, this.#why, line, this.#hint);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#say();
    });
    this.#input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        void this.#say();
      }
      if (event.key === "Escape") this.replyTo(null);
    });
    this.#input.addEventListener("input", () => this.#typed());
  }

  /** @param {ShowState} state */
  render(state) {
    if (this.#state && this.#state.chat === state.chat && this.#state.you === state.you && this.#state.banned === state.banned && this.#state.phase === state.phase) return;
    this.#state = state;
    this.#show();
  }

  /** @param {ChatMessage|null} message */
  replyTo(message) {
    this.#replyTo = message;
    this.#reply.hidden = message === null;
    if (!message) return;
    const close = make("button.icon.compact.quiet", { icon: "close", label: text("chat.noReply"), onclick: () => this.replyTo(null) });
    this.#reply.replaceChildren(icon("reply"), make("span.cut.grow", {}, text("chat.replying", { name: nameOf(message.from) })), close);
    this.#input.focus();
  }

  async #say() {
    const words = this.#input.value.trim();
    if (!words || this.#input.disabled) return;
    const replyTo = this.#replyTo?.id;
    this.#input.value = "";
    this.#typed();
    this.replyTo(null);
    setText(this.#problem, "");
    try {
      const done = await this.#room.say(words, { replyTo });
      if (done.held) setText(this.#problem, text("chat.heldYours"));
      const { slowSeconds = 0 } = this.#state?.chat ?? {};
      if (slowSeconds > 0 && !isStaff(this.#state)) this.#wait(slowSeconds * 1000);
    } catch (error) {
      const { retryAfterMs } = /** @type {any} */ (error);
      const code = codeOf(error);
      if (code === "slow" && retryAfterMs) this.#wait(retryAfterMs);
      else setText(this.#problem, textOf("sayError", code).replace("{time}", durationText(retryAfterMs ?? 0)));
      // What was written is not lost, unless something new was begun.
      if (!this.#input.value) this.#input.value = words;
      this.#typed();
    }
  }

  /** @param {number} ms */
  #wait(ms) {
    this.#waitUntil = Date.now() + ms;
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.#show(), ms);
    this.#show();
  }

  #show() {
    const reason = this.#reason();
    // A disabled field would throw out the focus of someone who waits for slow mode to pass.
    this.#send.disabled = reason !== null;
    this.#input.disabled = reason !== null && !reason.passes;
    this.#why.hidden = reason === null;
    if (reason?.until) {
      setText(this.#why, "");
      countDown(this.#why, reason.until, reason.key);
    } else {
      countDown(this.#why, null, "");
      setText(this.#why, reason ? text(reason.key) : "");
    }
    const slow = this.#state?.chat.slowSeconds ?? 0;
    setText(this.#hint, slow > 0 && !reason ? plural("chat.slow", slow) : "");
    this.#hint.hidden = !this.#hint.textContent;
  }

  /** @returns {{key: string, until?: number, passes?: boolean}|null} */
  #reason() {
    const state = this.#state;
    if (!state) return null;
    const { chat, you } = state;
    if (state.banned) return { key: "chat.why.banned" };
    if (state.phase === "ended") return { key: "chat.why.ended" };
    if (you.muted) return { key: "chat.why.muted" };
    if (you.timeoutUntil && you.timeoutUntil > Date.now()) {
      clearTimeout(this.#timer);
      this.#timer = window.setTimeout(() => this.#show(), Math.min(you.timeoutUntil - Date.now() + 200, 2 ** 31 - 1));
      return { key: "chat.why.timeout", until: you.timeoutUntil };
    }
    if (isStaff(state)) return null;
    if (chat.mode === "off" || chat.mode === "staff") return { key: "chat.why.off" };
    if (chat.mode === "followers" && !you.follows && !you.subscriber) return { key: "chat.why.followers" };
    if (chat.mode === "subscribers" && !you.subscriber) return { key: "chat.why.subscribers" };
    if (this.#waitUntil > Date.now()) return { key: "chat.why.slow", until: this.#waitUntil, passes: true };
    return null;
  }

  #typed() {
    const { value } = this.#input;
    const left = TEXT_MAX - value.length;
    const commands = isStaff(this.#state) && value.startsWith("/");
    const slow = this.#state?.chat.slowSeconds ?? 0;
    const hint = commands ? text("chat.commands") : left < NEAR ? plural("chat.left", left) : slow > 0 ? plural("chat.slow", slow) : "";
    setText(this.#hint, hint);
    this.#hint.hidden = !hint;
    // Where the stylesheet's field-sizing is not known, the field grows by its line breaks.
    this.#input.rows = Math.min(4, value.split("\n").length);
  }

  #pickEmoji() {
    const grid = make("div.emoji-grid");
    const dialog = make("dialog.menu", { "aria-label": text("chat.emoji") }, grid);
    for (const each of EMOJI) {
      const pick = () => {
        this.#insert(each);
        dialog.close();
      };
      grid.append(make("button.quiet", { onclick: pick }, each));
    }
    open(dialog, () => this.#input.focus());
  }

  /** @param {string} words */
  #insert(words) {
    const { selectionStart, selectionEnd } = this.#input;
    this.#input.setRangeText(words, selectionStart, selectionEnd, "end");
    this.#typed();
  }

  /** Puts the person where they can write. */
  focus() {
    this.#input.focus();
    this.#form.scrollIntoView({ block: "nearest" });
  }
}

/** @param {ShowState|null} state */
export const isStaff = (state) => ["host", "cohost", "moderator", "service"].includes(state?.you.role ?? "");
