// Up to where the server bids for you: a field beside the auction.

import { make, setText, text } from "../shared/dom.js";
import { lotView, minorOf, plainAmount, priceText } from "../shared/offers.js";
import { toast } from "../shared/overlays.js";

/** @typedef {import("../client/protocol").ShopState} ShopState */

export class MaximumBid {
  node;
  #field = make("input.compact", { name: "maximum", inputmode: "decimal", autocomplete: "off", required: true, "aria-label": text("lot.maximum"), placeholder: text("lot.maximum") });
  #yours = make("p.quiet-text.small");
  #room;
  /** @type {ShopState|null} */
  #shop = null;

  /** @param {import("../client/hawker.js").HawkerRoom} room @param {(work: Promise<any>) => void} run */
  constructor(room, run) {
    this.#room = room;
    const form = make("form.row", {}, this.#field, make("button.compact", { type: "submit" }, text("lot.setMaximum")));
    form.addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      const work = this.#bid();
      if (work) run(work);
    });
    this.node = make("div.stack.maximum", { hidden: true }, form, this.#yours, make("p.hint", {}, text("lot.how")));
  }

  /** @param {ShopState} shop */
  render(shop) {
    this.#shop = shop;
    const { lot } = shop;
    const view = lot && lotView(shop, lot, this.#room.show.state?.you.member ?? "");
    this.node.hidden = !view?.canBid;
    if (!lot || !view || !shop.currency) return;
    this.#yours.hidden = view.maxMinor === null || view.state !== "leading";
    if (view.maxMinor !== null) setText(this.#yours, text("lot.yourMaximum", { price: priceText(shop, view.maxMinor) }));
  }

  #bid() {
    const { lot, currency } = this.#shop ?? {};
    if (!lot || !currency) return null;
    const most = minorOf(this.#field.value, currency);
    if (most === null || most < lot.nextMinor) {
      toast(text("lot.tooLow", { price: plainAmount(lot.nextMinor, currency) }), "bad");
      return null;
    }
    return this.#room.shop.bid(lot.id, lot.nextMinor, most).then(() => (this.#field.value = ""));
  }
}
