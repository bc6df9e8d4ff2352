// What a viewer does with others: chat, polls, questions, giveaways, reactions, following. All of it from `room.show`.

import { avatar, nameOf } from "../shared/avatar.js";
import { ChatView, wordsOf } from "../shared/chat-view.js";
import { Composer, isStaff } from "../shared/composer.js";
import { codeOf } from "../client/errors.js";
import { element, make, oncePerFrame, plural, setText, text, textOf } from "../shared/dom.js";
import { GiveawaysView } from "../shared/giveaways-view.js";
import { icon } from "../shared/icons.js";
import { actionsOn } from "../shared/moderation.js";
import { openMenu, toast } from "../shared/overlays.js";
import { PollsView } from "../shared/polls-view.js";
import { QuestionsView } from "../shared/questions-view.js";
import { Reactions } from "../shared/reactions.js";
import { setUpTabs } from "../shared/tabs.js";
import { countDown } from "../shared/time.js";

/** @typedef {import("../client/show.js").ShowState} ShowState */

/** An announcement stays this long. */
const ANNOUNCEMENT_MS = 15_000;
/** As in watch.css: an upright phone, and one held sideways. */
const SMALL = matchMedia("(max-width: 47.5rem) and (orientation: portrait)");
const LOW = matchMedia("(max-height: 30rem) and (min-width: 34rem)");

/** @param {Promise<any>} work */
export const run = (work) => void work.catch((error) => toast(textOf("sayError", codeOf(error)), "bad"));

/**
 * @param {import("../client/hawker.js").HawkerRoom} room
 * @param {import("../client/hawker.js").InStep} step  what stands over the picture comes with it
 */
export function setUpTogether(room, step) {
  const panel = element("panel");
  const parts = { room, run };
  const polls = new PollsView(element("polls"), parts);
  const questions = new QuestionsView(element("questions"), parts);
  const giveaways = new GiveawaysView(element("giveaways"), parts);
  const reactions = new Reactions(element("floats"), room);
  const composer = new Composer(/** @type {HTMLFormElement} */ (element("composer")), room);
  const tabs = setUpTabs(element("tabs"));
  /** @type {ShowState|null} */
  let drawn = null;
  /** @type {ShowState|null} */
  let drawnInStep = null;
  let announcedAt = 0;

  const chat = new ChatView({
    scroller: element("chat-scroll"),
    list: element("messages"),
    jump: /** @type {HTMLButtonElement} */ (element("jump")),
    actions: (message) => [replyItem(message), ...actionsOn(message, room, run)],
    reply: (message) => composer.replyTo(message),
    more: (anchor, message) => openMenu(anchor, nameOf(message.from), [replyItem(message), ...actionsOn(message, room, run)]),
    history: (before) => room.history({ before, limit: 50 }),
  });
  /** @param {import("../client/protocol").ChatMessage} message */
  const replyItem = (message) => ({ icon: "reply", label: text("chat.reply"), run: () => composer.replyTo(message) });

  const draw = oncePerFrame(() => {
    const state = room.show.state;
    const before = drawn;
    drawn = state;
    document.body.classList.toggle("no-room", state === null);
    panel.hidden = state === null || state.banned;
    element("skip").hidden = state === null;
    if (!state) return;
    /** @param {...keyof ShowState} keys */
    const changed = (...keys) => before === null || keys.some((key) => before[key] !== state[key]);
    composer.render(state);
    if (changed("messages", "gaps", "you")) chat.render(state);
    element("chat-empty").hidden = state.messages.length > 0 || state.phase === "ended";
    if (changed("pinned")) drawPinned(state);
    if (changed("polls")) polls.render(state.polls);
    if (changed("questions")) drawQuestions(state);
    if (changed("giveaways")) giveaways.render(state.giveaways);
    if (changed("polls", "giveaways")) drawActivities(state);
    if (changed("emojis")) reactions.renderButtons(element("reactions"), state.emojis);
    if (changed("title", "host", "followers", "you")) drawHost(state);
  });

  const drawInStep = oncePerFrame(() => {
    const { state } = step;
    const before = drawnInStep;
    drawnInStep = state;
    if (!state) return;
    if (before?.polls !== state.polls || before.giveaways !== state.giveaways || before.questions !== state.questions) drawNow(state);
    if (before?.announcement !== state.announcement) drawAnnouncement(state);
  });

  /** @param {ShowState} state */
  function drawPinned(state) {
    const { pinned } = state;
    element("pinned").hidden = pinned === null;
    if (!pinned) return;
    element("pinned").replaceChildren(icon("pin"), make("p", {}, make("b", {}, make("bdi", {}, nameOf(pinned.from)), ": "), make("bdi", {}, wordsOf(pinned))));
  }

  /** @param {ShowState} state */
  function drawQuestions(state) {
    questions.render(state.questions);
    const open = state.questions.filter((each) => each.state === "open").length;
    setText("questions-count", open > 0 ? String(open) : "");
    element("questions-empty").hidden = state.questions.some((each) => each.state !== "dismissed");
  }

  /** @param {ShowState} state */
  function drawActivities(state) {
    const count = [...state.polls, ...state.giveaways].filter((each) => each.state === "open").length;
    setText("activities-count", count > 0 ? String(count) : "");
    element("activities-empty").hidden = state.polls.length + state.giveaways.length > 0;
  }

  /**
   * What goes on now, over the picture: press to take part.
   * @param {ShowState} state
   */
  function drawNow(state) {
    const openPolls = state.polls.filter((each) => each.state === "open");
    const openGiveaways = state.giveaways.filter((each) => each.state === "open");
    const asked = state.questions.find((each) => each.highlighted);
    const cards = [];
    const poll = openPolls.at(-1);
    if (poll && poll.yours === null) cards.push(nowCard("poll", poll.question, text("poll.now"), poll.closesAt, "poll.closesIn", "activities-panel"));
    const giveaway = openGiveaways.at(-1);
    if (giveaway && !giveaway.entered) cards.push(nowCard("gift", giveaway.prize, text("giveaway.now"), giveaway.closesAt, "giveaway.closesIn", "activities-panel"));
    if (asked && cards.length < 2) cards.push(nowCard("question", asked.text ?? "", text("question.now"), null, "", "questions-panel"));
    const key = cards.map((card) => card.textContent).join("\n");
    if (element("now").dataset.key === key) return;
    element("now").dataset.key = key;
    element("now").replaceChildren(...cards);
  }

  /**
   * @param {string} name @param {string} title @param {string} kind @param {number|null} until @param {string} pattern
   * @param {string} opens
   */
  function nowCard(name, title, kind, until, pattern, opens) {
    const left = make("span.quiet-text.small.numbers");
    countDown(left, until, pattern);
    return make("button.now-card", { icon: name, onclick: () => show(opens) }, make("span.grow", {}, make("span.kind.quiet-text.small", {}, kind), " ", make("strong.cut", { dir: "auto" }, title)), left);
  }

  /** @param {ShowState} state */
  function drawAnnouncement(state) {
    const words = state.announcement;
    const target = element("announcement");
    if (!words) return void (target.hidden = true);
    announcedAt = performance.now();
    const mine = announcedAt;
    target.hidden = false;
    setText(target, words.text);
    setTimeout(() => mine === announcedAt && (target.hidden = true), ANNOUNCEMENT_MS);
  }

  /** @param {ShowState} state */
  function drawHost(state) {
    const { host, you } = state;
    setText("room-name", state.title || room.room?.name || "");
    setText("host-line", host ? `${nameOf(host)} · ${plural("host.followers", state.followers)}` : "");
    const mark = element("host-avatar");
    // Until the host came, the room's own mark keeps the place.
    const whose = host ?? { member: room.room?.name ?? "", name: state.title };
    if (mark.dataset.member !== whose.member) {
      mark.dataset.member = whose.member;
      const made = avatar(whose.member, whose.name);
      mark.replaceChildren(...made.childNodes);
      mark.style.setProperty("--hue", made.style.getPropertyValue("--hue"));
    }
    const follow = element("follow");
    follow.hidden = host === null || host.member === you.member;
    follow.classList.toggle("primary", !you.follows);
    follow.setAttribute("aria-pressed", String(you.follows));
    setText(follow, text(you.follows ? "host.following" : "host.follow"));
    document.title = `${state.title || room.room?.name} · ${text("brand")}`;
  }

  /**
   * Opens a tab; on a phone the panel comes up as a sheet.
   * @param {string} id
   */
  function show(id) {
    tabs.select(id);
    setSheet(true);
    const first = /** @type {HTMLElement|null} */ (element(id).querySelector("button:not([hidden]), input, textarea"));
    first?.focus();
  }

  /** @param {boolean} open */
  function setSheet(open) {
    panel.classList.toggle("sheet", open && SMALL.matches);
    if (!open) tabs.select("chat-panel");
    panel.classList.toggle("on-picture", SMALL.matches && !panel.classList.contains("sheet"));
    document.querySelector(".top")?.classList.toggle("on-picture", SMALL.matches || LOW.matches);
    if (!open) chat.follow();
  }

  for (const query of [SMALL, LOW]) query.addEventListener("change", () => setSheet(false));
  element("sheet-close").addEventListener("click", () => setSheet(false));
  element("stage").addEventListener("click", (event) => event.target instanceof HTMLVideoElement && setSheet(false));
  document.addEventListener("keydown", (event) => event.key === "Escape" && panel.classList.contains("sheet") && setSheet(false));
  element("follow").addEventListener("click", () => run(room.follow(!room.show.state?.you.follows)));
  element("chat-scroll").addEventListener("keydown", (event) => {
    if (event.target === event.currentTarget && event.key === "Enter") chat.enter();
  });
  const aloud = /** @type {HTMLInputElement} */ (element("aloud"));
  aloud.addEventListener("change", () => (chat.readAloud = aloud.checked));
  element("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    const input = /** @type {HTMLInputElement} */ (element("ask-text"));
    const words = input.value.trim();
    if (!words) return;
    run(room.ask(words).then(() => (input.value = "")));
  });
  setSheet(false);
  room.show.on("change", draw);
  step.on("change", drawInStep);
  room.show.on("event", (event) => chat.receive(event));
  return { show, isStaff: () => isStaff(room.show.state) };
}
