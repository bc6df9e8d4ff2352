// Questions with their upvotes; for staff: on the screen, answered, dismissed.

import { nameOf } from "./avatar.js";
import { countText, KeyedList, make, setLabel, setText, text } from "./dom.js";

/** @typedef {import("../client/protocol").Question} Question */
/** @typedef {import("../client/hawker.js").HawkerRoom} HawkerRoom */

export class QuestionsView {
  #list;

  /**
   * @param {Element} container
   * @param {{room: HawkerRoom, run: (work: Promise<any>) => void, staff?: () => boolean}} parts
   */
  constructor(container, parts) {
    this.#list = new KeyedList(container, (/** @type {Question} */ question) => question.id, (question) => questionRow(question, parts));
  }

  /**
   * The one on screen, then open ones by votes, then answered ones.
   * @param {readonly Question[]} questions
   */
  render(questions) {
    /** @param {Question} each */
    const rank = (each) => (each.highlighted ? 0 : each.state === "open" ? 1 : 2);
    const shown = questions.filter((each) => each.state !== "dismissed");
    this.#list.render(shown.sort((a, b) => rank(a) - rank(b) || b.upvotes - a.upvotes || a.id - b.id));
  }
}

/**
 * @param {Question} first
 * @param {{room: HawkerRoom, run: (work: Promise<any>) => void, staff?: () => boolean}} parts
 */
function questionRow(first, { room, run, staff = () => false }) {
  let question = first;
  const votes = make("span.numbers");
  const up = make("button.upvote.toggles", { icon: "up", onclick: () => run(room.upvote(question.id, !question.yours)) }, votes);
  const words = make("p.asked", { dir: "auto" }, first.text ?? text("chat.deleted"));
  const state = make("span.role");
  const by = make("p.quiet-text.small.row", {}, make("span.cut", {}, nameOf(first.from)), state);
  const highlight = make("button.icon.compact.toggles", { icon: "star", onclick: () => run(room.highlightQuestion(question.highlighted ? null : question.id)) });
  const answered = make("button.icon.compact", { icon: "check", label: text("question.answer"), onclick: () => run(answer()) });
  const dismiss = make("button.icon.compact", { icon: "trash", label: text("question.dismiss"), onclick: () => run(room.dismissQuestion(question.id)) });
  const tools = make("div.row", {}, highlight, answered, dismiss);
  const node = make("li.question", {}, up, make("div.grow", {}, words, by), tools);

  /** Answered is over for the viewers too: it goes from the picture. */
  async function answer() {
    if (question.highlighted) await room.highlightQuestion(null);
    await room.answerQuestion(question.id);
  }

  /** @param {Question} next */
  function update(next) {
    question = next;
    const open = question.state === "open";
    setText(votes, countText(question.upvotes));
    setLabel(up, text(question.yours ? "question.unvote" : "question.upvote", { count: question.upvotes }));
    up.setAttribute("aria-pressed", String(question.yours));
    up.disabled = !open;
    node.classList.toggle("highlighted", question.highlighted);
    node.classList.toggle("over", !open);
    setText(words, question.text ?? text("chat.deleted"));
    setText(state, question.highlighted ? text("question.now") : question.state === "answered" ? text("question.answered") : "");
    state.hidden = !state.textContent;
    // What was answered elsewhere can still be taken off the screen here.
    tools.hidden = !(staff() && (open || question.highlighted));
    answered.hidden = dismiss.hidden = !open;
    setLabel(highlight, text(question.highlighted ? "question.unhighlight" : "question.highlight"));
    highlight.setAttribute("aria-pressed", String(question.highlighted));
  }
  return { node, update };
}
