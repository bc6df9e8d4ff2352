// Giveaways as cards: enter, see who won, and why nobody could have cheated.

import { nameOf } from "./avatar.js";
import { KeyedList, make, plural, setText, text } from "./dom.js";
import { ask } from "./overlays.js";
import { countDown } from "./time.js";

/** @typedef {import("../client/protocol").Giveaway} Giveaway */
/** @typedef {import("../client/hawker.js").HawkerRoom} HawkerRoom */
/** @typedef {{room: HawkerRoom, run: (work: Promise<any>) => void, host?: () => boolean}} Parts */

export class GiveawaysView {
  #list;

  /** @param {Element} container @param {Parts} parts */
  constructor(container, parts) {
    this.#list = new KeyedList(container, (/** @type {Giveaway} */ giveaway) => giveaway.id, (giveaway) => giveawayCard(giveaway, parts));
  }

  /** @param {readonly Giveaway[]} giveaways */
  render(giveaways) {
    this.#list.render([...giveaways].sort((a, b) => Number(b.state === "open") - Number(a.state === "open") || b.id - a.id));
  }
}

/** @param {Giveaway} first @param {Parts} parts */
export function giveawayCard(first, { room, run, host = () => false }) {
  let giveaway = first;
  const state = make("span.badge");
  const closes = make("span.quiet-text.small.numbers");
  const entries = make("span.quiet-text.small.numbers");
  const rule = make("p.quiet-text.small");
  const result = make("p.winners", { "aria-live": "polite" });
  const enter = make("button.primary.compact", { icon: "gift", onclick: () => run(room.enter(giveaway.id)) }, text("giveaway.enter"));
  const draw = make("button.primary.compact", { onclick: () => run(room.drawGiveaway(giveaway.id)) }, text("giveaway.draw"));
  const cancel = make("button.compact", { onclick: () => void confirmCancel() }, text("giveaway.cancel"));
  const verify = make("details.verify", {}, make("summary", {}, text("giveaway.verify")));
  const proof = make("dl.proof");
  verify.append(make("p.small.quiet-text", {}, text("giveaway.verifyHow")), proof);
  const node = make(
    "article.card.giveaway",
    {},
    make("header", {}, make("h3", { dir: "auto" }, first.prize), state),
    rule, result, make("footer.row.wrap", {}, enter, draw, cancel, entries, closes), verify,
  );

  async function confirmCancel() {
    const sure = await ask({ title: text("giveaway.cancelTitle"), text: text("giveaway.cancelText"), confirm: text("giveaway.cancel"), danger: true });
    if (sure) run(room.cancelGiveaway(giveaway.id));
  }

  /** @param {Giveaway} next */
  function update(next) {
    giveaway = next;
    const open = giveaway.state === "open";
    setText(state, text(open && giveaway.entered ? "giveaway.entered" : `giveaway.state.${giveaway.state}`));
    setText(rule, `${plural("giveaway.winners", giveaway.winnersWanted)} ${text(`giveaway.rule.${giveaway.rule}`, { keyword: giveaway.keyword ?? "" })}`);
    setText(entries, plural("giveaway.entries", giveaway.entries));
    countDown(closes, open ? giveaway.closesAt : null, "giveaway.closesIn");
    enter.hidden = !open || giveaway.entered || host();
    draw.hidden = !(host() && (open || giveaway.state === "closed"));
    cancel.hidden = draw.hidden;
    const names = (giveaway.winners ?? []).map((each) => nameOf(each));
    const won = giveaway.winners?.some((each) => each.member === room.show.state?.you.member);
    setText(result, giveaway.state !== "drawn" ? "" : won ? text("giveaway.youWon") : text("giveaway.won", { names: listText(names) }));
    result.hidden = !result.textContent;
    node.classList.toggle("won", Boolean(won));
    proof.replaceChildren(...proofRows(giveaway));
  }
  return { node, update };
}

/** @param {Giveaway} giveaway */
function proofRows(giveaway) {
  const rows = [["giveaway.commitment", giveaway.commitment], ["giveaway.seed", giveaway.seed ?? text("giveaway.seedLater")]];
  return rows.flatMap(([key, value]) => [make("dt", {}, text(key)), make("dd", {}, make("code", {}, value))]);
}

/** @param {string[]} names */
function listText(names) {
  return new Intl.ListFormat(document.documentElement.lang, { type: "conjunction" }).format(names);
}
