// The room's half of the studio: chat with its moderation, questions, polls, giveaways, people, and the show itself.

import { nameOf } from "../shared/avatar.js";
import { codeOf } from "../client/errors.js";
import { ChatView, messageCard, wordsOf } from "../shared/chat-view.js";
import { Composer } from "../shared/composer.js";
import { element, KeyedList, make, oncePerFrame, setText, text, textOf } from "../shared/dom.js";
import { GiveawaysView } from "../shared/giveaways-view.js";
import { icon } from "../shared/icons.js";
import { actionsOn } from "../shared/moderation.js";
import { openMenu, toast } from "../shared/overlays.js";
import { PollsView } from "../shared/polls-view.js";
import { QuestionsView } from "../shared/questions-view.js";
import { setUpTabs } from "../shared/tabs.js";
import { GuestMonitors } from "./guest-monitors.js";
import { askGiveaway, askPoll } from "./new-items.js";
import { PeoplePanel } from "./people-panel.js";
import { SellerPanel } from "./shop-panel.js";
import { ShowPanel } from "./show-panel.js";

/** A room that has not come so long after joining is none. */
const ROOM_MS = 3000;

/** @typedef {import("../client/show.js").ShowState} ShowState */
/** @typedef {import("../client/protocol").ChatMessage} ChatMessage */

/** @param {import("../client/hawker.js").HawkerRoom} room @param {string|null} token  of this page */
export function setUpDesk(room, token) {
  /** @param {Promise<any>} work */
  const run = (work) => void work.catch((error) => toast(textOf("sayError", codeOf(error)), "bad"));
  const isHost = () => room.show.state?.you.role === "host";
  const staff = () => true;
  const polls = new PollsView(element("polls"), { room, run, staff });
  const questions = new QuestionsView(element("questions"), { room, run, staff });
  const giveaways = new GiveawaysView(element("giveaways"), { room, run, host: isHost });
  const composer = new Composer(/** @type {HTMLFormElement} */ (element("composer")), room);
  const people = new PeoplePanel(element("people-panel"), room, run);
  const show = new ShowPanel(element("show-panel"), room, run);
  const shop = new SellerPanel(element("shop-panel"), room, run, token);
  new GuestMonitors(room, run);
  setUpTabs(element("tabs"), (panel) => {
    people.shown(panel === "people-panel");
    shop.shown(panel === "shop-panel");
  });
  /** @type {ShowState|null} */
  let drawn = null;

  /** @param {ChatMessage} message */
  const itemsOf = (message) => [
    { icon: "reply", label: text("chat.reply"), run: () => composer.replyTo(message) },
    ...actionsOn(message, room, run),
    ...(message.from.role === "viewer" ? [{ icon: "stage", label: text("people.invite"), run: () => run(room.inviteToStage(message.from.member)) }] : []),
  ];
  const chat = new ChatView({
    scroller: element("chat-scroll"),
    list: element("messages"),
    jump: /** @type {HTMLButtonElement} */ (element("jump")),
    actions: itemsOf,
    reply: (message) => composer.replyTo(message),
    more: (anchor, message) => openMenu(anchor, nameOf(message.from), itemsOf(message)),
    history: (before) => room.history({ before, limit: 50 }),
  });
  const held = new KeyedList(element("held"), (/** @type {ChatMessage} */ message) => message.id, (message) => ({
    node: make(
      "li", {}, make("div.grow", {}, messageCard(message)),
      make("button.icon.compact", { icon: "check", label: text("mod.approve"), onclick: () => run(room.reviewMessage(message.id, true)) }),
      make("button.icon.compact", { icon: "trash", label: text("mod.refuse"), onclick: () => run(room.reviewMessage(message.id, false)) }),
    ),
    update: () => {},
  }));

  const draw = oncePerFrame(() => {
    const state = room.show.state;
    const before = drawn;
    drawn = state;
    if (state) document.body.classList.remove("no-room");
    element("panel").hidden = state === null;
    if (!state) return;
    /** @param {...keyof ShowState} keys */
    const changed = (...keys) => before === null || keys.some((key) => before[key] !== state[key]);
    composer.render(state);
    if (changed("messages", "gaps")) chat.render(state);
    element("chat-empty").hidden = state.messages.length > 0;
    if (changed("held")) drawHeld(state);
    if (changed("pinned")) drawPinned(state);
    if (changed("questions")) drawQuestions(state);
    if (changed("polls")) polls.render(state.polls);
    element("polls-empty").hidden = state.polls.length > 0;
    if (changed("giveaways")) giveaways.render(state.giveaways);
    element("giveaways-empty").hidden = state.giveaways.length > 0;
    element("new-giveaway").hidden = !isHost();
    setText("room-name", state.title || room.room?.name || "");
    people.render(state);
    if (changed("shop", "you")) shop.render(state.shop, isHost());
    show.render(state);
  });

  /** @param {ShowState} state */
  function drawHeld(state) {
    held.render(state.held);
    element("held-box").hidden = state.held.length === 0;
    setText("held-count", state.held.length > 0 ? String(state.held.length) : "");
  }

  /** @param {ShowState} state */
  function drawPinned({ pinned }) {
    element("pinned").hidden = pinned === null;
    if (!pinned) return;
    const off = make("button.icon.compact.quiet", { icon: "close", label: text("mod.unpin"), onclick: () => run(room.pinMessage(null)) });
    element("pinned").replaceChildren(icon("pin"), make("p.grow", {}, make("b", {}, make("bdi", {}, nameOf(pinned.from)), ": "), make("bdi", {}, wordsOf(pinned))), off);
  }

  /** @param {ShowState} state */
  function drawQuestions(state) {
    questions.render(state.questions);
    const open = state.questions.filter((each) => each.state === "open").length;
    setText("questions-count", open > 0 ? String(open) : "");
    element("questions-empty").hidden = state.questions.some((each) => each.state !== "dismissed");
  }

  // The room's half has its place from the beginning, so that nothing jumps when it comes. A server without one leaves it to the desk.
  room.on("state", (state) => {
    if (state === "joined") setTimeout(() => document.body.classList.toggle("no-room", room.show.state === null), ROOM_MS);
  });
  element("new-poll").addEventListener("click", () => void askPoll(room, run));
  element("new-giveaway").addEventListener("click", () => void askGiveaway(room, run));
  element("chat-scroll").addEventListener("keydown", (event) => {
    if (event.target === event.currentTarget && event.key === "Enter") chat.enter();
  });
  room.show.on("change", draw);
  room.show.on("event", (event) => chat.receive(event));
}
