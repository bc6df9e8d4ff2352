// What runs now and what just ended: the auction and the drops, with how they stand and the way to start or end them.

import { nameOf } from "../shared/avatar.js";
import { KeyedList, make, plural, setText, text } from "../shared/dom.js";
import { isLotOver, priceText } from "../shared/offers.js";
import { actButton, nameOfSKU } from "../shared/shop-parts.js";
import { countDown } from "../shared/time.js";

/** @typedef {import("../client/protocol").ShopState} ShopState */
/** @typedef {import("../client/protocol").Drop} Drop */
/** @typedef {import("../client/protocol").Lot} Lot */

/** Drops that are over stay in view, the newest. */
const OVER_SHOWN = 2;

export class RunningList {
  node;
  #room;
  #run;
  #list;
  /** @type {ShopState|null} */
  #shop = null;

  /** @param {import("../client/hawker.js").HawkerRoom} room @param {(work: Promise<any>) => void} run */
  constructor(room, run) {
    this.#room = room;
    this.#run = run;
    const list = make("ul.running");
    this.#list = new KeyedList(list, (/** @type {{key: string}} */ { key }) => key, () => this.#row());
    this.node = make("section.stack", { hidden: true, "aria-label": text("shop.now") }, list);
  }

  /** @param {ShopState} shop @param {boolean} isHost */
  render(shop, isHost) {
    this.#shop = shop;
    const newest = [...shop.drops].reverse();
    const drops = [...newest.filter((each) => !isDropOver(each)), ...newest.filter(isDropOver).slice(0, OVER_SHOWN)];
    const lot = shop.lot && { key: `lot${shop.lot.id}`, lot: shop.lot, isHost };
    const rows = drops.map((drop) => ({ key: `drop${drop.id}`, drop, isHost }));
    const at = lot && isLotOver(lot.lot) ? rows.findIndex((each) => isDropOver(each.drop)) : 0;
    if (lot) rows.splice(at < 0 ? rows.length : at, 0, /** @type {any} */ (lot));
    this.#list.render(rows);
    this.node.hidden = rows.length === 0;
  }

  #row() {
    const { shop: desk } = this.#room;
    /** @type {any} */
    let item;
    const [kind, title, status, left, price] = [make("span.kind"), make("strong.cut", { dir: "auto" }), make("span", { dir: "auto" }), make("span.numbers"), make("strong.price.numbers")];
    const start = actButton("button.compact.primary", {}, text("seller.start"), () => desk.startDrop(item.drop.id), this.#run);
    const close = actButton("button.compact", {}, text("seller.closeLot"), () => desk.closeLot(item.lot.id), this.#run);
    const cancel = actButton("button.compact.quiet", {}, text("seller.cancel"), () => (item.lot ? desk.cancelLot(item.lot.id) : desk.cancelDrop(item.drop.id)), this.#run);
    const acts = make("div.row.acts", {}, start, close, cancel);
    const node = make("li.card.offer", {}, make("div.row.wrap", {}, make("div.grow.stack", {}, title, make("p.quiet-text.small.now-line", {}, kind, status, left)), price, acts));
    /** @param {any} next */
    const update = (next) => {
      item = next;
      const shop = /** @type {ShopState} */ (this.#shop);
      const { drop, lot, isHost } = item;
      const of = drop ?? lot;
      setText(kind, text(drop ? "drop.title" : "lot.title"));
      setText(title, nameOfSKU(shop, of.sku));
      setText(price, priceText(shop, of.priceMinor));
      const isOver = drop ? isDropOver(drop) : isLotOver(lot);
      setText(status, drop ? dropWords(drop) : lotWords(shop, lot));
      const begins = drop ? drop.stage === "scheduled" : lot.stage === "upcoming";
      countDown(left, isOver || of.stage === "closing" ? null : begins ? of.startsAtMs : of.endsAtMs, begins ? "shop.startsIn" : "shop.endsIn");
      node.classList.toggle("over", isOver);
      start.hidden = !(drop?.stage === "scheduled" && drop.startsAtMs === null);
      close.hidden = !(lot && (lot.stage === "open" || lot.stage === "upcoming"));
      acts.hidden = isOver || !isHost;
    };
    return { node, update };
  }
}

/** @param {Drop} drop */
const isDropOver = (drop) => drop.stage === "ended";

/**
 * How a drop stands, for who sells: sold, held, left and in line; what is nothing is left out.
 * @param {Drop} drop
 */
export function dropWords(drop) {
  if (drop.stage === "scheduled") return text(drop.startsAtMs === null ? "seller.waitsForStart" : "drop.state.countdown");
  const { quantity, remaining, sold, waiting, mode } = drop;
  const held = mode === "hold" ? quantity - remaining - sold : 0;
  const isOver = isDropOver(drop);
  const parts = [
    isOver && text(drop.endWhy === "soldOut" ? "drop.state.soldOut" : drop.endWhy === "cancelled" ? "drop.state.cancelled" : "drop.state.over"),
    (sold > 0 || isOver) && plural("seller.sold", sold),
    !drop.settled && held > 0 && (held === quantity ? text("seller.allHeld") : plural("seller.held", held)),
    !isOver && remaining > 0 && plural("seller.left", remaining),
    waiting > 0 && plural("seller.waiting", waiting),
  ];
  return parts.filter(Boolean).join(" · ");
}

/** @param {ShopState} shop @param {Lot} lot */
function lotWords(shop, lot) {
  const who = lot.winner ?? lot.leader;
  const name = who ? nameOf({ member: who.identity, name: who.name }) : "";
  const isBelow = lot.reserveMet === false && lot.bids > 0 && lot.stage !== "cancelled";
  const isOpen = lot.stage === "open" || lot.stage === "upcoming";
  const standing = !isOpen ? text(`lot.state.${lot.stage}`, { name, price: priceText(shop, lot.priceMinor) }) : who ? text("seller.leading", { name, bids: plural("seller.bids", lot.bids) }) : text("lot.state.open");
  return isBelow ? text("lot.reserve", { status: standing }) : standing;
}
