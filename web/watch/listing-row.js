// A listing in the shop's list: picture, words, price and stock, its variants, and the way into the cart.

import { make, plural, setText, text } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { priceText } from "../shared/offers.js";
import { actButton, pictureOf, showPicture } from "../shared/shop-parts.js";

/** @typedef {import("../client/protocol").ShopState} ShopState */
/** @typedef {import("../client/protocol").Listing} Listing */

export class ListingRow {
  node;
  #picture = pictureOf(null);
  #title = make("h4", { dir: "auto" });
  #pinned = make("p.small.pinned-mark", {}, icon("pin"), text("shop.pinned"));
  #description = make("p.quiet-text.small.description", { dir: "auto" });
  #price = make("strong.price.numbers");
  #before = make("s.quiet-text.small.numbers");
  #stock = make("span.quiet-text.small");
  #choice = /** @type {HTMLSelectElement} */ (make("select.compact", { hidden: true, onchange: () => this.#draw() }));
  #add;
  #sku = "";
  /** @type {{listing: Listing, shop: ShopState}|null} */
  #item = null;

  /** @param {import("../client/hawker.js").HawkerRoom} room @param {(work: Promise<any>) => void} run */
  constructor(room, run) {
    this.#add = actButton("button.compact.primary", {}, "", () => room.shop.setCart(this.#sku, this.#inCart + 1), run);
    const prices = make("p.row", {}, this.#price, this.#before, make("span.grow"), this.#stock);
    this.node = make("li.card.listing-row", {}, make("div.listing", {}, this.#picture, make("div.grow", {}, this.#pinned, this.#title, this.#description)), prices, make("div.row", {}, this.#choice, make("span.grow"), this.#add));
  }

  /** @param {any} item */
  update = (item) => {
    this.#item = item;
    const { listing, shop } = item;
    this.#pinned.hidden = !shop.pins.some((/** @type {any} */ each) => each.listing === listing.id);
    showPicture(this.#picture, listing);
    setText(this.#title, listing.title);
    setText(this.#description, listing.description ?? "");
    this.#description.hidden = !listing.description;
    const names = listing.variants.map((/** @type {any} */ each) => `${each.sku}\n${each.title ?? each.sku}`).join("\n");
    if (this.#choice.dataset.names !== names) {
      this.#choice.dataset.names = names;
      const chosen = this.#choice.value;
      this.#choice.replaceChildren(...listing.variants.map((/** @type {any} */ each) => make("option", { value: each.sku }, each.title ?? each.sku)));
      if (listing.variants.some((/** @type {any} */ each) => each.sku === chosen)) this.#choice.value = chosen;
    }
    this.#choice.hidden = listing.variants.length < 2;
    this.#choice.setAttribute("aria-label", text("shop.variantsOf", { title: listing.title }));
    this.#draw();
  };

  get #inCart() {
    return this.#item?.shop.you.cart.lines.find((line) => line.sku === this.#sku)?.quantity ?? 0;
  }

  #draw() {
    if (!this.#item) return;
    const { listing, shop } = this.#item;
    const variant = listing.variants.find((each) => each.sku === this.#choice.value) ?? listing.variants[0];
    this.#sku = variant.sku;
    setText(this.#price, priceText(shop, variant.priceMinor));
    const { compareAtMinor } = variant;
    setText(this.#before, compareAtMinor && compareAtMinor > variant.priceMinor ? priceText(shop, compareAtMinor) : "");
    setText(this.#stock, variant.available === 0 ? text("shop.soldOut") : plural("shop.available", variant.available));
    const count = this.#inCart;
    setText(this.#add, count > 0 ? text("cart.addMore", { count }) : text("cart.add"));
    this.#add.setAttribute("aria-label", count > 0 ? text("cart.addMoreOf", { count, title: listing.title }) : text("cart.addOf", { title: listing.title }));
    this.#add.disabled = shop.paused || variant.available <= count;
  }
}
