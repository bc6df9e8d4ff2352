// The list of messages: stays at the newest until the person scrolls up, then stands still. At 100 messages a second it
// still renders once per frame and holds few nodes.

import { MESSAGES_MAX } from "../client/show.js";
import { avatar, hueOf, nameOf } from "./avatar.js";
import { emojiOf, withGift } from "./gift-list.js";
import { icon } from "./icons.js";
import { make, oncePerFrame, plural, setText, text } from "./dom.js";
import { giftName } from "./shop-parts.js";
import { clockText } from "./time.js";

/** @typedef {import("../client/protocol").ChatMessage} ChatMessage */
/** @typedef {import("../client/show.js").ShowState} ShowState */
/** @typedef {import("../client/show.js").Gap} Gap */
/** @typedef {import("./gift-list.js").GiftRow} GiftRow */

/** While following, a few screenfuls: three elements each, so about 200 nodes. */
const ROWS_MAX = 60;
/** So many more may gather before the oldest go, many at once. */
const ROWS_SLACK = 40;
/** While reading upwards, what was there and what was asked for. */
const READING_ROWS_MAX = 200;
/** Of them, what was there: the rest is for older ones. */
const FROZEN_MAX = 100;
/** Scrolled up by less than this still counts as being at the newest. */
const FOLLOW_PX = 48;
const HISTORY_PAGE = 50;
/** Reading new messages aloud: not more often than this, so that it can be listened to. */
const ALOUD_MS = 4000;

/**
 * @typedef {object} ChatViewParts
 * @property {HTMLElement} scroller  kept at its end while following: what scrolls is no layout shift
 * @property {HTMLElement} list  an ol in it
 * @property {HTMLButtonElement} jump  back to the newest
 * @property {(message: ChatMessage) => import("./overlays.js").MenuItem[]} actions  of a message; none: no tools
 * @property {(message: ChatMessage) => void} reply
 * @property {(anchor: Element, message: ChatMessage) => void} more
 * @property {(before: number) => Promise<{messages: ChatMessage[], more: boolean}>} history
 */

export class ChatView {
  #parts;
  /** @type {ShowState|null} */
  #state = null;
  /** @type {Map<string, {node: HTMLElement, item: ChatMessage|Gap|GiftRow}>} */
  #rows = new Map();
  /**
   * Older messages that were asked for.
   * @type {ChatMessage[]}
   */
  #older = [];
  #following = true;
  /** While following, the oldest message that is shown. */
  #first = 0;
  /**
   * While reading: what was there when it began, for the state lets go of old messages.
   * @type {ChatMessage[]}
   */
  #frozen = [];
  /**
   * What was given while the page was open.
   * @type {GiftRow[]}
   */
  #gifts = [];
  #loading = false;
  #moreHistory = true;
  #ask;
  #tools;
  #aloud = make("p.visually-hidden", { "aria-live": "polite" });
  /** Whether new messages are read out. */
  readAloud = false;
  #heardAt = 0;
  #heardId = 0;

  /** @param {ChatViewParts} parts */
  constructor(parts) {
    this.#parts = parts;
    this.#ask = oncePerFrame(() => this.#render());
    this.#tools = this.#makeTools();
    const { scroller, list, jump } = parts;
    scroller.append(this.#aloud);
    scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    jump.addEventListener("click", () => this.follow());
    // A phone is turned, the composer grows, a font arrives: the newest stays in view.
    const resized = new ResizeObserver(() => {
      if (this.#following) this.#toEnd();
      // Not in the frame that brought the message: its scrolling and this one's would be taken for a jump.
      requestAnimationFrame(() => this.#fill());
    });
    resized.observe(scroller);
    resized.observe(list, { box: "border-box" });
    list.addEventListener("pointerover", (event) => event.pointerType === "mouse" && this.#showTools(rowOf(event)));
    list.addEventListener("focusin", (event) => this.#showTools(rowOf(event)));
    list.addEventListener("keydown", (event) => this.#key(event));
    list.addEventListener("click", (event) => this.#clicked(event));
  }

  /** @param {ShowState} state */
  render(state) {
    this.#state = state;
    this.#ask();
  }

  /**
   * An event of the show: what is deleted goes from the messages kept for reading too.
   * @param {import("../client/protocol").Message} event
   */
  receive(event) {
    if (event.type === "gifted") {
      this.#gifts = withGift(this.#gifts, event);
      return this.#ask();
    }
    if (event.type !== "messageDeleted" && event.type !== "messagesCleared") return;
    /** @param {ChatMessage} each */
    const gone = (each) => each.id === event.message || each.from.member === event.member;
    /** @param {ChatMessage[]} list */
    const without = (list) => list.map((each) => (gone(each) ? { ...each, text: null, deleted: true } : each));
    this.#older = without(this.#older);
    this.#frozen = without(this.#frozen);
    this.#ask();
  }

  /** Back to the newest messages. */
  follow() {
    this.#following = true;
    this.#older = [];
    this.#frozen = [];
    this.#moreHistory = true;
    this.#first = this.#state?.messages.at(-ROWS_MAX)?.id ?? 0;
    this.#toEnd();
    this.#ask();
  }

  #toEnd() {
    const { scroller } = this.#parts;
    scroller.scrollTop = scroller.scrollHeight;
  }

  /** A few messages stand at the bottom too, and go up by scrolling like many do: over a space as high as the box. */
  #fill() {
    const { scroller, list } = this.#parts;
    if (scroller.classList.toggle("short", list.offsetHeight < scroller.clientHeight) || this.#following) this.#toEnd();
  }

  /** In a frame of its own: with rows that come at the other end it would be taken for a jump. */
  #trim() {
    const rows = [...this.#parts.list.children];
    const gone = new Set(rows.slice(0, -ROWS_MAX));
    for (const [key, { node }] of this.#rows) {
      if (!gone.has(node)) continue;
      node.remove();
      this.#rows.delete(key);
    }
    const left = /** @type {HTMLElement|null} */ (this.#parts.list.querySelector("li[data-id]"));
    this.#first = Number(left?.dataset.id ?? 0);
    this.#toEnd();
  }

  #render() {
    const state = this.#state;
    if (!state) return;
    if (this.#following && this.#rows.size > ROWS_MAX + ROWS_SLACK) {
      this.#trim();
      return this.#ask();
    }
    const { scroller } = this.#parts;
    // What is read stays where it is, whatever is added above.
    const fromEnd = this.#following ? 0 : scroller.scrollHeight - scroller.scrollTop;
    const items = this.#items(state);
    const wanted = new Set(items.map(keyOf));
    for (const [key, { node }] of this.#rows) {
      if (wanted.has(key)) continue;
      node.remove();
      this.#rows.delete(key);
    }
    let next = /** @type {Element|null} */ (this.#parts.list.firstElementChild);
    for (const item of items) {
      const key = keyOf(item);
      let row = this.#rows.get(key);
      if (!row || row.item !== item) {
        const node = isGift(item) ? giftRow(item, emojiOf(state.shop.gifts, item.gift)) : isGap(item) ? gapRow(item) : this.#row(item, state);
        if (row) {
          if (row.node === next) next = node;
          row.node.replaceWith(node);
        }
        row = { node, item };
        this.#rows.set(key, row);
      }
      if (row.node === next) next = next.nextElementSibling;
      else this.#parts.list.insertBefore(row.node, next);
    }
    if (this.#following) this.#toEnd();
    else if (scroller.scrollHeight - scroller.scrollTop !== fromEnd) scroller.scrollTop = scroller.scrollHeight - fromEnd;
    this.#renderJump(state);
    this.#readNew(state);
  }

  /** @param {ShowState} state @returns {(ChatMessage|Gap|GiftRow)[]} */
  #items(state) {
    if (this.#following && this.#rows.size === 0) this.#first = state.messages.at(-ROWS_MAX)?.id ?? 0;
    const shown = this.#following ? state.messages.filter((each) => each.id >= this.#first) : [...this.#older, ...this.#frozen].slice(0, READING_ROWS_MAX);
    const from = shown[0]?.id ?? Infinity;
    const to = this.#following ? Infinity : this.#frozenAt;
    const gaps = state.gaps.filter((gap) => gap.to >= from && gap.from <= to);
    const gifts = this.#gifts.filter((gift) => gift.id <= to && (gift.id >= from || shown.length === 0));
    if (gaps.length + gifts.length === 0) return shown;
    return [...shown, ...gaps, ...gifts].sort((a, b) => orderOf(a) - orderOf(b));
  }

  get #frozenAt() {
    return this.#frozen.at(-1)?.id ?? 0;
  }

  /** @param {ShowState} state */
  #renderJump(state) {
    const { jump } = this.#parts;
    const unseen = this.#following ? 0 : state.messages.filter((each) => each.id > this.#frozenAt).length;
    jump.hidden = this.#following;
    setText(/** @type {HTMLElement} */ (jump.lastElementChild), unseen >= MESSAGES_MAX ? text("chat.newMany", { count: unseen }) : unseen > 0 ? plural("chat.new", unseen) : text("chat.newest"));
  }

  /** @param {ChatMessage} message @param {ShowState} state */
  #row(message, state) {
    const { from } = message;
    const name = nameOf(from);
    const classes = ["message", `is-${message.class}`, message.held ? "held" : "", message.deleted ? "deleted" : ""];
    const row = make(`li.${classes.filter(Boolean).join(".")}`, { tabindex: "-1", "data-id": message.id });
    const reply = message.replyTo === null ? null : this.#find(message.replyTo);
    if (reply) row.append(make("span.reply-to.cut", {}, icon("reply"), `${nameOf(reply.from)}: ${wordsOf(reply)}`));
    const who = make("b", {}, name);
    who.style.setProperty("--hue", String(hueOf(from.member)));
    row.append(who);
    if (["host", "cohost", "moderator"].includes(from.role)) row.append(make(`span.role.${from.role}`, {}, text(`role.${from.role}`)));
    row.append(make("span.words", { dir: "auto" }, wordsOf(message)));
    if (message.held) row.append(make("span.role", {}, text("chat.held")));
    if (state.you.member === from.member) row.classList.add("mine");
    return row;
  }

  /** @param {number} id */
  #find(id) {
    for (const list of [this.#state?.messages ?? [], this.#frozen, this.#older]) {
      const found = list.find((each) => each.id === id);
      if (found) return found;
    }
    return null;
  }

  #scrolled() {
    const { scroller } = this.#parts;
    const atNewest = scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop < FOLLOW_PX;
    if (atNewest && !this.#following) this.follow();
    if (!atNewest && this.#following) {
      this.#following = false;
      this.#frozen = this.#state?.messages.slice(-FROZEN_MAX) ?? [];
      this.#ask();
    }
    if (!this.#following && scroller.scrollTop < 80) void this.#loadOlder();
  }

  async #loadOlder() {
    const oldest = this.#older[0]?.id ?? this.#frozen[0]?.id;
    if (this.#loading || !this.#moreHistory || oldest === undefined) return;
    if (this.#older.length + this.#frozen.length > READING_ROWS_MAX - HISTORY_PAGE) return;
    this.#loading = true;
    try {
      const { messages, more } = await this.#parts.history(oldest);
      this.#moreHistory = more && messages.length > 0;
      if (!this.#following) this.#older = [...messages, ...this.#older];
      this.#ask();
    } catch {
      this.#moreHistory = false;
    } finally {
      this.#loading = false;
    }
  }

  /** One pair of buttons for all rows: it moves to where the person is. */
  #makeTools() {
    const act = (/** @type {(anchor: HTMLElement, message: ChatMessage) => void} */ run) => (/** @type {Event} */ event) => {
      event.stopPropagation();
      const message = this.#messageOf(/** @type {HTMLElement} */ (tools.closest("li")));
      if (message) run(/** @type {HTMLElement} */ (event.currentTarget), message);
    };
    const tools = make(
      "div.tools",
      {},
      make("button.icon.compact", { icon: "reply", label: text("chat.reply"), onclick: act((_, message) => this.#parts.reply(message)) }),
      make("button.icon.compact", { icon: "more", label: text("chat.more"), onclick: act((anchor, message) => this.#parts.more(anchor, message)) }),
    );
    return tools;
  }

  /** @param {HTMLElement|null} row */
  #showTools(row) {
    const message = row && this.#messageOf(row);
    if (!row || !message || message.deleted || this.#parts.actions(message).length === 0) return;
    if (this.#tools.parentElement !== row) row.append(this.#tools);
  }

  /** @param {HTMLElement|null} row */
  #messageOf(row) {
    return row ? this.#find(Number(row.dataset.id)) : null;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const row = rowOf(event);
    const step = { ArrowUp: "previousElementSibling", ArrowDown: "nextElementSibling" }[event.key];
    if (!row || !step) return;
    event.preventDefault();
    const to = /** @type {HTMLElement|null} */ (/** @type {any} */ (row)[step]);
    if (to) focusRow(to);
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const row = rowOf(event);
    const message = this.#messageOf(row);
    // A press that selected some words was not meant for the menu.
    if (!row || !message || message.deleted || String(getSelection())) return;
    if (this.#parts.actions(message).length > 0 && matchMedia("(hover: none)").matches) this.#parts.more(row, message);
  }

  /** The list can be reached by Tab: to the newest row. */
  enter() {
    const last = /** @type {HTMLElement|null} */ (this.#parts.list.lastElementChild);
    if (last) focusRow(last);
  }

  /** @param {ShowState} state */
  #readNew(state) {
    const newest = state.messages.at(-1);
    if (!newest || newest.id <= this.#heardId) return;
    const unheard = state.messages.filter((each) => each.id > this.#heardId && each.from.member !== state.you.member).length;
    if (!this.readAloud || this.#heardId === 0) return void (this.#heardId = newest.id);
    if (performance.now() - this.#heardAt < ALOUD_MS) return;
    this.#heardAt = performance.now();
    this.#heardId = newest.id;
    const more = unheard > 1 ? `${plural("chat.new", unheard)}. ` : "";
    if (unheard > 0) this.#aloud.textContent = `${more}${nameOf(newest.from)}: ${wordsOf(newest)}`;
  }
}

/** @param {HTMLElement} row */
function focusRow(row) {
  for (const other of row.parentElement?.querySelectorAll("li[tabindex='0']") ?? []) /** @type {HTMLElement} */ (other).tabIndex = -1;
  row.tabIndex = 0;
  row.focus();
}

/** @param {ChatMessage|Gap|GiftRow} item @returns {item is Gap} */
const isGap = (item) => "count" in item;
/** @param {ChatMessage|Gap|GiftRow} item @returns {item is GiftRow} */
const isGift = (item) => "combo" in item;
/** @param {ChatMessage|Gap|GiftRow} item */
const keyOf = (item) => (isGap(item) ? `gap${item.from}` : isGift(item) ? `gift${item.id}` : `m${item.id}`);
/** @param {ChatMessage|Gap|GiftRow} item */
const orderOf = (item) => (isGap(item) ? item.from : item.id);

/** @param {ChatMessage} message */
export function wordsOf(message) {
  return message.text ?? text("chat.deleted");
}

/** @param {Gap} gap */
const gapRow = (gap) => make("li.gap", {}, plural("chat.gap", gap.count));

/** @param {GiftRow} gift @param {string} emoji */
function giftRow({ gift, member, combo }, emoji) {
  const name = member ? nameOf({ member: member.identity, name: member.name }) : text("person.erased");
  return make("li.gift-said", {}, make("span", { "aria-hidden": "true" }, emoji), make("span", { dir: "auto" }, text("gift.said", { name, gift: giftName(gift) })), combo > 1 && make("strong.numbers", {}, text("gift.combo", { count: combo })));
}

/** @param {Event} event @returns {HTMLElement|null} */
const rowOf = (event) => /** @type {Element} */ (event.target).closest("li.message");

/**
 * A message as a card: pinned, or held for review.
 * @param {ChatMessage} message
 */
export function messageCard(message) {
  const name = nameOf(message.from);
  return make(
    "div.row.message-card",
    {},
    avatar(message.from.member, name),
    make("div.grow", {}, make("b.small", {}, name), " ", make("span.quiet-text.small", {}, clockText(message.at)), make("p", { dir: "auto" }, wordsOf(message))),
  );
}
