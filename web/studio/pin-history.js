// What was pinned, when and for how long: a list that is asked for when somebody looks.

import { make, plural, text } from "../shared/dom.js";
import { open } from "../shared/overlays.js";
import { clockText, durationText } from "../shared/time.js";

/** @typedef {import("../client/protocol").ShopState} ShopState */

/** Pins asked for at a time. */
const PAGE = 30;

/** @param {import("../client/hawker.js").HawkerRoom} room @param {ShopState} shop @param {(work: Promise<any>) => void} run */
export function showPinHistory(room, shop, run) {
  const list = make("ul.list.pin-history");
  const empty = make("p.empty", { hidden: true }, text("seller.noPins"));
  const more = make("button.compact", { hidden: true, onclick: () => run(ask()) }, text("seller.olderPins"));
  /** @type {number|undefined} */
  let before;

  async function ask() {
    const page = await room.shop.pinHistory({ limit: PAGE, before });
    for (const pin of page.pins) list.append(row(pin));
    empty.hidden = list.childElementCount > 0;
    before = page.next ?? undefined;
    more.hidden = before === undefined;
  }

  /** @param {{id: number, slot: number, listing: number, atMs: number, endedAtMs: number|null}} pin */
  function row({ id, listing, atMs, endedAtMs }) {
    const title = shop.listings.find((each) => each.id === listing)?.title ?? text("seller.goneProduct");
    const seen = shop.seen[id];
    const length = endedAtMs === null ? text("seller.pinnedNow") : durationText(endedAtMs - atMs);
    const words = [length, seen && plural("seller.seenBy", seen.seen)].filter(Boolean).join(" · ");
    return make("li", {}, make("span.numbers.quiet-text.small", {}, clockText(atMs)), make("span.grow.cut", { dir: "auto" }, title), make("span.numbers.small", {}, words));
  }

  const dialog = make(
    "dialog", { "aria-labelledby": "pins-title" },
    make("div.stack", {}, make("h2", { id: "pins-title" }, text("seller.pinHistory")), list, empty, more,
      make("div.actions", {}, make("button.quiet", { onclick: () => dialog.close() }, text("dialog.close")))));
  open(dialog, () => {});
  run(ask());
}
