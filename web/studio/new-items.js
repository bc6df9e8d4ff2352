// The forms for a new poll and a new giveaway.

import { make, text } from "../shared/dom.js";
import { ask } from "../shared/overlays.js";
import { check, field, input, select } from "./fields.js";

/** As the server's limits. */
const OPTIONS_MAX = 10;
const CLOSES = [0, 60, 300, 900];

/** @typedef {import("../client/hawker.js").HawkerRoom} HawkerRoom */

/** @param {HawkerRoom} room @param {(work: Promise<any>) => void} run */
export async function askPoll(room, run) {
  const options = make("div.stack");
  const add = make("button.compact", { icon: "plus", onclick: () => more().querySelector("input")?.focus() }, text("poll.addOption"));
  function more() {
    const number = options.childElementCount + 1;
    const row = make("div", {}, input("option", { maxlength: 80, required: number <= 2, "aria-label": text("poll.option", { number }), placeholder: text("poll.option", { number }) }));
    options.append(row);
    add.hidden = number >= OPTIONS_MAX;
    return row;
  }
  more();
  more();
  const body = make(
    "div.stack", {},
    field("poll.question", input("question", { maxlength: 200, required: true })), options, make("div", {}, add),
    make("div.form-row", {}, field("poll.results", select("results", "poll.results", ["live", "afterVote", "afterClose"])), field("form.closes", select("closes", "form.closes", CLOSES))),
    check("multiple", "poll.multiple"), check("changeable", "poll.changeable"),
  );
  const answer = await ask({ title: text("poll.new"), confirm: text("poll.open"), body });
  if (!answer) return;
  const seconds = Number(answer.get("closes"));
  run(
    room.openPoll({
      question: String(answer.get("question")).trim(),
      options: answer.getAll("option").map((each) => String(each).trim()).filter(Boolean),
      multiple: answer.has("multiple"),
      changeable: answer.has("changeable"),
      results: /** @type {any} */ (answer.get("results")),
      ...(seconds > 0 ? { closesAfterSeconds: seconds } : {}),
    }),
  );
}

/** @param {HawkerRoom} room @param {(work: Promise<any>) => void} run */
export async function askGiveaway(room, run) {
  const rule = select("rule", "giveaway.who", ["everyone", "keyword", "followers"]);
  const keyword = input("keyword", { maxlength: 30 });
  const word = field("giveaway.keyword", keyword);
  const showWord = () => {
    word.hidden = rule.value !== "keyword";
    keyword.required = !word.hidden;
  };
  rule.addEventListener("change", showWord);
  showWord();
  const body = make(
    "div.stack", {},
    field("giveaway.prize", input("prize", { maxlength: 120, required: true })), field("giveaway.who", rule), word,
    make("div.form-row", {}, field("giveaway.count", input("winners", { type: "number", min: 1, max: 50, value: 1, required: true })), field("form.closes", select("closes", "form.closes", CLOSES))),
    make("p.hint", {}, text("giveaway.verifyHow")),
  );
  const answer = await ask({ title: text("giveaway.new"), confirm: text("giveaway.open"), body });
  if (!answer) return;
  const seconds = Number(answer.get("closes"));
  run(
    room.openGiveaway({
      prize: String(answer.get("prize")).trim(),
      rule: /** @type {any} */ (rule.value),
      winners: Number(answer.get("winners")),
      ...(rule.value === "keyword" ? { keyword: keyword.value.trim() } : {}),
      ...(seconds > 0 ? { closesAfterSeconds: seconds } : {}),
    }),
  );
}
