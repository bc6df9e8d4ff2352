// Polls as cards: choose, see how others chose, and for staff close and reveal.

import { KeyedList, make, percentText, plural, setText, text } from "./dom.js";
import { countDown } from "./time.js";

/** @typedef {import("../client/protocol").Poll} Poll */
/** @typedef {import("../client/hawker.js").HawkerRoom} HawkerRoom */
/** @typedef {(work: Promise<any>) => void} Run  shows what goes wrong */

export class PollsView {
  #list;

  /**
   * @param {Element} container
   * @param {{room: HawkerRoom, run: Run, staff?: () => boolean}} parts
   */
  constructor(container, parts) {
    this.#list = new KeyedList(container, (/** @type {Poll} */ poll) => poll.id, (poll) => pollCard(poll, parts));
  }

  /**
   * Open ones first, then the newest.
   * @param {readonly Poll[]} polls
   */
  render(polls) {
    this.#list.render([...polls].sort((a, b) => Number(b.state === "open") - Number(a.state === "open") || b.id - a.id));
  }
}

/**
 * @param {Poll} first
 * @param {{room: HawkerRoom, run: Run, staff?: () => boolean}} parts
 */
export function pollCard(first, { room, run, staff = () => false }) {
  let poll = first;
  /** @type {Set<number>} chosen, not yet sent */
  const chosen = new Set(first.yours ?? []);
  const state = make("span.badge");
  const closes = make("span.quiet-text.small.numbers");
  const voters = make("span.quiet-text.small.numbers");
  const title = make("h3", { id: `poll-${first.id}`, dir: "auto" }, first.question);
  const options = first.options.map((words, index) => optionRow(words, index));
  const group = make("div.options", { role: first.multiple ? "group" : "radiogroup", "aria-labelledby": `poll-${first.id}` }, ...options.map((each) => each.node));
  const send = make("button.primary.compact", { onclick: () => vote([...chosen].sort((a, b) => a - b)) }, text("poll.vote"));
  const close = make("button.compact", { onclick: () => run(room.closePoll(poll.id)) }, text("poll.close"));
  const reveal = make("button.compact", { onclick: () => run(room.revealPoll(poll.id)) }, text("poll.reveal"));
  const node = make("article.card.poll", {}, make("header", {}, title, state), group, make("footer.row.wrap", {}, send, close, reveal, voters, closes));

  /** @param {string} words @param {number} index */
  function optionRow(words, index) {
    const percent = make("span.percent.numbers");
    const mark = make("span.mark", { "aria-hidden": "true" });
    const button = make("button.option", { role: first.multiple ? "checkbox" : "radio", onclick: () => choose(index) }, mark, make("span.grow", { dir: "auto" }, words), percent);
    return { node: button, percent };
  }

  const mayVote = () => poll.state === "open" && (poll.yours === null || poll.changeable);

  /** @param {number} index */
  function choose(index) {
    if (!mayVote()) return;
    if (!poll.multiple) return vote([index]);
    if (chosen.has(index)) chosen.delete(index);
    else chosen.add(index);
    update(poll);
  }

  /** Where the counts are hidden it is said until when. */
  function votersText() {
    const hidden = poll.counts === null && poll.results !== "live" ? text(`poll.hidden.${poll.results}`) : "";
    const many = poll.voters > 0 ? plural("poll.voters", poll.voters) : hidden ? "" : text("poll.noVoters");
    return [many, hidden].filter(Boolean).join(" · ");
  }

  /** @param {number[]} indices */
  function vote(indices) {
    if (indices.length > 0) run(room.vote(poll.id, indices));
  }

  /** @param {Poll} next */
  function update(next) {
    if (poll.yours !== next.yours) {
      chosen.clear();
      for (const each of next.yours ?? []) chosen.add(each);
    }
    poll = next;
    const most = Math.max(...(poll.counts ?? [0]));
    const total = Math.max(1, poll.multiple ? poll.voters : (poll.counts ?? []).reduce((sum, each) => sum + each, 0));
    for (const [index, option] of options.entries()) {
      const count = poll.counts?.[index] ?? 0;
      const on = chosen.has(index);
      option.node.setAttribute("aria-checked", String(on));
      option.node.setAttribute("aria-disabled", String(!mayVote()));
      option.node.classList.toggle("leads", poll.state !== "open" && count === most && count > 0);
      option.node.style.setProperty("--part", String(poll.counts ? count / total : 0));
      setText(option.percent, poll.counts ? percentText(count / total) : "");
    }
    setText(state, text(`poll.state.${poll.state}`));
    setText(voters, votersText());
    countDown(closes, poll.state === "open" ? poll.closesAt : null, "poll.closesIn");
    send.hidden = !(poll.multiple && mayVote());
    send.disabled = chosen.size === 0;
    close.hidden = !(staff() && poll.state === "open");
    reveal.hidden = !(staff() && poll.state === "closed" && poll.results === "afterClose");
  }
  return { node, update };
}

