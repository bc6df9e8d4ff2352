// Who is here, who is on stage, who is banned, and what the team did.

import { avatar, nameOf } from "../shared/avatar.js";
import { KeyedList, make, plural, setText, text, textOf } from "../shared/dom.js";
import { actionsOnPerson } from "../shared/moderation.js";
import { openMenu } from "../shared/overlays.js";
import { clockText } from "../shared/time.js";

/** @typedef {import("../client/hawker.js").HawkerRoom} HawkerRoom */
/** @typedef {import("../client/show.js").ShowState} ShowState */
/** @typedef {import("../client/protocol").PersonHere} PersonHere */
/** @typedef {import("../client/protocol").StageGuest} StageGuest */

/** While the tab is open, the list is asked for this often. */
const REFRESH_MS = 10_000;
const PAGE = 50;
/** Of a list that one reads, not searches. */
const PEOPLE_MAX = 300;

export class PeoplePanel {
  #room;
  #run;
  #open = false;
  #timer = 0;
  /** @type {PersonHere[]} */
  #people = [];
  /** @type {string|null} */
  #next = null;
  #count = make("h3");
  #spark = make("div");
  #audience = make("section.stack", { hidden: true }, make("h3", {}, text("people.audience")), this.#spark);
  #stage;
  #stageEmpty = make("p.quiet-text.small", {}, text("people.stageEmpty"));
  #here;
  #banned = make("ul.list");
  #bannedEmpty = make("p.quiet-text.small", {}, text("people.bannedEmpty"));
  #audit = make("ul.list.audit");
  #more = make("button.compact", { onclick: () => void this.#load(true) }, text("people.more"));
  /** @type {unknown} */
  #drawnStage = null;

  /** @param {HTMLElement} panel @param {HawkerRoom} room @param {(work: Promise<any>) => void} run */
  constructor(panel, room, run) {
    this.#room = room;
    this.#run = run;
    const stage = make("ul.list");
    const here = make("ul.list");
    this.#stage = new KeyedList(stage, (/** @type {StageGuest} */ guest) => guest.member, (guest) => this.#guestRow(guest));
    this.#here = new KeyedList(here, (/** @type {PersonHere} */ person) => person.member, (person) => this.#personRow(person));
    panel.append(
      this.#audience,
      make("section.stack", {}, make("h3", {}, text("people.stage")), stage, this.#stageEmpty),
      make("section.stack", {}, this.#count, here, make("div", {}, this.#more)),
      make("section.stack", {}, make("h3", {}, text("people.banned")), this.#banned, this.#bannedEmpty),
      make("section.stack", {}, make("h3", {}, text("audit.title")), this.#audit),
    );
    room.show.on("event", (event) => {
      if (this.#open && /^(member|role|stage)/.test(event.type)) void this.#load(false);
    });
  }

  /** @param {boolean} open */
  shown(open) {
    this.#open = open;
    clearInterval(this.#timer);
    if (!open) return;
    void this.#load(false);
    this.#timer = window.setInterval(() => void this.#load(false), REFRESH_MS);
  }

  /** @param {ShowState} state */
  render(state) {
    if (this.#drawnStage === state.stage) return;
    this.#drawnStage = state.stage;
    this.#stage.render(state.stage);
    this.#stageEmpty.hidden = state.stage.length > 0;
  }

  /** @param {boolean} more */
  async #load(more) {
    if (this.#room.state !== "joined") return;
    const page = more && this.#next ? { after: this.#next, limit: PAGE } : { limit: PAGE };
    const nothing = () => null;
    const [list, banned, audit, audience] = await Promise.all([
      this.#room.people(page).catch(nothing), this.#room.banned().catch(nothing),
      this.#room.audit({ limit: 20 }).catch(nothing), this.#room.audience().catch(nothing),
    ]);
    if (list) {
      const known = more ? this.#people : [];
      this.#people = [...known, ...list.people].slice(0, PEOPLE_MAX);
      this.#next = list.next ?? null;
      setText(this.#count, plural("people.here", list.count));
      this.#here.render(this.#people);
      this.#more.hidden = this.#next === null || this.#people.length >= PEOPLE_MAX;
    }
    if (banned) this.#drawBanned(banned.people);
    if (audit) this.#drawAudit(audit.entries);
    if (audience) this.#drawAudience(audience.audience);
  }

  /** @param {PersonHere} first */
  #personRow(first) {
    let person = first;
    const name = nameOf(first);
    const tags = make("span.tags");
    const more = make("button.icon.compact.quiet", { icon: "more", label: `${text("chat.more")}: ${name}`, onclick: () => openMenu(more, name, this.#itemsOf(person)) });
    const since = make("span.quiet-text.small", {}, clockText(first.since));
    const node = make("li", {}, avatar(first.member, name), make("div.grow", {}, make("div.row", {}, make("span.cut", { dir: "auto" }, name), tags), since), more);
    /** @param {PersonHere} next */
    const update = (next) => {
      person = next;
      const words = [
        person.role !== "viewer" && make(`span.role.${person.role}`, {}, text(`role.${person.role}`)),
        person.muted && make("span.role", {}, text("people.muted")),
        person.timeoutUntil && person.timeoutUntil > Date.now() && make("span.role", {}, text("people.paused")),
        person.stage === "on" && make("span.role", {}, text("people.stageOn")),
      ];
      tags.replaceChildren(...words.filter((each) => each instanceof Node));
      more.hidden = this.#itemsOf(person).length === 0;
    };
    return { node, update };
  }

  /** @param {PersonHere} person */
  #itemsOf(person) {
    const me = this.#room.show.state?.you;
    const room = this.#room;
    /** @type {import("../shared/overlays.js").MenuItem[]} */
    const items = [];
    if (person.role === "viewer" && person.stage === "none") {
      items.push({ icon: "stage", label: text("people.invite"), run: () => this.#run(room.inviteToStage(person.member)) });
    }
    if (person.stage !== "none") items.push({ icon: "leave", label: text("people.stageOff"), run: () => this.#run(room.removeFromStage(person.member)) });
    if (me?.role === "host" && person.member !== me.member && person.role !== "host") {
      for (const role of /** @type {const} */ (["cohost", "moderator", "viewer"])) {
        const label = { cohost: "people.toCohost", moderator: "people.toModerator", viewer: "people.toViewer" }[role];
        if (role !== person.role) items.push({ icon: "shield", label: text(label), run: () => this.#run(room.setRole(person.member, role)) });
      }
    }
    return [...items, ...actionsOnPerson(person, room, this.#run)];
  }

  /** @param {StageGuest} first */
  #guestRow(first) {
    const state = make("span.role");
    const off = make("button.compact", { onclick: () => this.#run(this.#room.removeFromStage(first.member)) }, text("people.stageOff"));
    const node = make("li", {}, avatar(first.member, first.name), make("span.grow.cut", { dir: "auto" }, nameOf(first)), state, off);
    /** @param {StageGuest} guest */
    const update = (guest) => setText(state, text(guest.state === "on" ? "people.stageOn" : "people.stageInvited"));
    return { node, update };
  }

  /** @param {{member: string, name: string, reason?: string}[]} banned */
  #drawBanned(banned) {
    this.#bannedEmpty.hidden = banned.length > 0;
    const rows = banned.map((person) => {
      const name = nameOf(person);
      const lift = make("button.compact", { onclick: () => this.#run(this.#room.unban(person.member).then(() => this.#load(false))) }, text("mod.unban"));
      return make("li", {}, avatar(person.member, name), make("div.grow", {}, make("p.cut", {}, name), person.reason && make("p.quiet-text.small.cut", {}, person.reason)), lift);
    });
    this.#banned.replaceChildren(...rows);
  }

  /** @param {import("../client/protocol").AuditEntry[]} entries */
  #drawAudit(entries) {
    const rows = entries.map((entry) => {
      const what = [textOf("audit.kind", entry.kind), entry.member, entry.text && text("audit.quoted", { words: entry.text })].filter(Boolean).join(" ");
      return make("li", {}, make("span.quiet-text.numbers", {}, clockText(entry.at)), make("span.grow", {}, make("b", {}, make("bdi", {}, entry.by ? nameOf(entry.by) : text("brand"))), ` ${what}`));
    });
    this.#audit.replaceChildren(...(rows.length > 0 ? rows : [make("li.quiet-text", {}, text("audit.empty"))]));
  }

  /** @param {[number, number][]} points */
  #drawAudience(points) {
    const since = Date.now() - 3600e3;
    const recent = points.filter(([at]) => at >= since);
    // A line needs two ends: in the first minutes there is nothing to see.
    this.#audience.hidden = recent.length < 2;
    const most = Math.max(1, ...recent.map(([, viewers]) => viewers));
    const SVG = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "0 0 100 40");
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("class", "spark");
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", text("people.audienceLabel", { now: recent.at(-1)?.[1] ?? 0, most }));
    const path = document.createElementNS(SVG, "path");
    const steps = recent.map(([at, viewers]) => `${(((at - since) / 3600e3) * 100).toFixed(1)} ${(38 - (viewers / most) * 34).toFixed(1)}`);
    path.setAttribute("d", steps.length > 1 ? `M${steps.join("L")}` : "");
    svg.append(path);
    this.#spark.replaceChildren(svg);
  }
}
