// The show's own settings: what it is called, when it starts, announcements, chat rules, and its end.

import { make, text } from "../shared/dom.js";
import { ask, toast } from "../shared/overlays.js";
import { check, field, input, select } from "./fields.js";

/** @typedef {import("../client/hawker.js").HawkerRoom} HawkerRoom */
/** @typedef {import("../client/show.js").ShowState} ShowState */

export class ShowPanel {
  #room;
  #run;
  #host;
  #title = input("title", { maxlength: 120 });
  #description = /** @type {HTMLTextAreaElement} */ (make("textarea", { name: "description", rows: 3, maxlength: 1000 }));
  #starts = input("starts", { type: "datetime-local" });
  #listed = check("listed", "settings.listed");
  #mode = select("mode", "settings.mode", ["everyone", "followers", "subscribers", "staff", "off"]);
  #slow = select("slow", "settings.slow", [0, 5, 15, 30, 60]);
  #hold = select("hold", "settings.hold", ["off", "links", "newcomers", "all"]);
  #links = select("links", "settings.links", ["allow", "hold", "refuse"]);
  #emojiOnly = check("emojiOnly", "settings.emojiOnly");
  #words = /** @type {HTMLTextAreaElement} */ (make("textarea", { name: "words", rows: 2 }));
  /** @type {{show: string, chat: unknown, words: unknown}} */
  #drawn = { show: "", chat: null, words: null };

  /** @param {HTMLElement} panel @param {HawkerRoom} room @param {(work: Promise<any>) => void} run */
  constructor(panel, room, run) {
    this.#room = room;
    this.#run = run;
    this.#host = make("div.stack", {}, this.#showForm(), make("button.outline.warns", { onclick: () => void this.#end() }, text("settings.end")));
    panel.append(this.#announceForm(), this.#chatForm(), this.#host);
  }

  /** @param {ShowState} state */
  render(state) {
    this.#host.hidden = state.you.role !== "host";
    const show = JSON.stringify([state.title, state.description, state.startsAt, state.listed]);
    if (this.#drawn.show !== show) {
      this.#drawn.show = show;
      this.#title.value = state.title;
      this.#description.value = state.description;
      this.#starts.value = state.startsAt ? localOf(state.startsAt) : "";
      /** @type {HTMLInputElement} */ (this.#listed.firstElementChild).checked = state.listed ?? true;
    }
    if (this.#drawn.chat !== state.chat) {
      this.#drawn.chat = state.chat;
      const { mode, slowSeconds, hold, links, emojiOnly } = state.chat;
      this.#mode.value = mode;
      if (![...this.#slow.options].some((option) => option.value === String(slowSeconds))) this.#slow.add(new Option(text("unit.seconds", { value: slowSeconds }), String(slowSeconds)));
      this.#slow.value = String(slowSeconds);
      this.#hold.value = hold;
      this.#links.value = links;
      /** @type {HTMLInputElement} */ (this.#emojiOnly.firstElementChild).checked = emojiOnly;
    }
    if (this.#drawn.words !== state.words) {
      this.#drawn.words = state.words;
      this.#words.value = (state.words ?? []).join(", ");
    }
  }

  #announceForm() {
    const words = input("announcement", { maxlength: 200, required: true });
    return this.#form("settings.announce", [field("settings.announce", words, "settings.announceHint")], "settings.announceSend", "settings.announced", async () => {
      await this.#room.announce(words.value.trim());
      words.value = "";
    });
  }

  #chatForm() {
    const fields = [
      make("div.form-row", {}, field("settings.mode", this.#mode), field("settings.slow", this.#slow)),
      make("div.form-row", {}, field("settings.hold", this.#hold), field("settings.links", this.#links)),
      field("settings.words", this.#words, "settings.wordsHint"),
      this.#emojiOnly,
    ];
    return this.#form("settings.chat", fields, "dialog.save", "settings.saved", () =>
      this.#room.setChat({
        mode: /** @type {any} */ (this.#mode.value),
        slowSeconds: Number(this.#slow.value),
        hold: /** @type {any} */ (this.#hold.value),
        links: /** @type {any} */ (this.#links.value),
        emojiOnly: /** @type {HTMLInputElement} */ (this.#emojiOnly.firstElementChild).checked,
        words: this.#words.value.split(",").map((each) => each.trim()).filter(Boolean),
      }),
    );
  }

  #showForm() {
    const fields = [field("settings.name", this.#title), field("settings.description", this.#description), field("settings.starts", this.#starts), this.#listed];
    return this.#form("settings.show", fields, "dialog.save", "settings.saved", async () => {
      const before = this.#room.show.state;
      // A show has a title; without one of its own it is called as before, or as its room.
      const title = this.#title.value.trim() || before?.title || this.#room.room?.name || "";
      this.#title.value = title;
      const description = this.#description.value.trim();
      const startsAtMs = new Date(this.#starts.value).getTime();
      if (Number.isFinite(startsAtMs) && startsAtMs !== before?.startsAt) await this.#room.schedule({ title, startsAtMs, ...(description ? { description } : {}) });
      const { checked: listed } = /** @type {HTMLInputElement} */ (this.#listed.firstElementChild);
      // Not what is as it was: the words may be those of the schedule.
      const words = title !== before?.title || description !== before?.description ? { title, description } : {};
      const changes = listed === (before?.listed ?? true) ? words : { ...words, listed };
      if (Object.keys(changes).length > 0) await this.#room.setRoom(changes);
    });
  }

  /**
   * @param {string} title @param {Node[]} fields @param {string} button @param {string} done
   * @param {() => Promise<any>} save
   */
  #form(title, fields, button, done, save) {
    const form = make("form.card", {}, make("h3", {}, text(title)), ...fields, make("div.row", {}, make("button.primary.compact", { type: "submit" }, text(button))));
    form.addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      this.#run(save().then(() => toast(text(done))));
    });
    return form;
  }

  async #end() {
    const sure = await ask({ title: text("settings.endTitle"), text: text("settings.endText"), confirm: text("settings.end"), danger: true });
    if (sure) this.#run(this.#room.endRoom());
  }
}

/**
 * As `datetime-local` wants it: this person's time zone, to the minute.
 * @param {number} at ms
 */
function localOf(at) {
  const zone = new Date(at).getTimezoneOffset() * 60_000;
  return new Date(at - zone).toISOString().slice(0, 16);
}
