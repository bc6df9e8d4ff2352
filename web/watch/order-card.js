// One of a buyer's orders: what it is, where it stands and why, and what can be done: pay, cancel, put it in the cart again.

import { isOpen, offerOf } from "../client/shop.js";
import { has, make, setText, text } from "../shared/dom.js";
import { orderState, priceText } from "../shared/offers.js";
import { ask } from "../shared/overlays.js";
import { actButton, nameOfSKU, payLink } from "../shared/shop-parts.js";
import { countDown } from "../shared/time.js";

/** @typedef {import("../client/protocol").ShopState} ShopState */
/** @typedef {import("../client/protocol").Order} Order */

/**
 * Why the money goes back, as a note by itself.
 * @param {Order} order
 */
export const refundText = ({ reason }) => (reason && has(`order.why.${reason}`) ? text(`order.why.${reason}`) : text("order.refundNow"));

/**
 * Why an order is what it is: the server's reasons have words, a person's stand as they are.
 * @param {Order} order
 */
function reasonText({ status, reason }) {
  if (!reason) return "";
  const key = `order.why.${reason}`;
  if (has(key)) return text(key);
  return status === "refundRequested" || status === "refunded" || status === "failed" ? reason : "";
}

export class OrderCard {
  node;
  #title = make("span", { dir: "auto" });
  #why = make("p.small.quiet-text", { dir: "auto" });
  #state = make("span.badge");
  #total = make("strong.numbers");
  #left = make("span.quiet-text.small.numbers");
  #place = make("span.pay");
  #cancel;
  #again;
  #room;
  /** @type {{order: Order, shop: ShopState}|null} */
  #item = null;

  /** @param {import("../client/hawker.js").HawkerRoom} room @param {(work: Promise<any>) => void} run */
  constructor(room, run) {
    this.#room = room;
    this.#cancel = actButton("button.compact.quiet", {}, text("order.cancel"), () => this.#askCancel(), run);
    this.#again = actButton("button.compact", { icon: "bag" }, text("order.again"), () => this.#putBack(), run);
    const acts = make("div.row.wrap", {}, this.#state, this.#left, make("span.grow"), this.#cancel, this.#again, this.#place);
    this.node = make("li.card.order", {}, make("div.row", {}, make("div.grow", {}, this.#title, this.#why), this.#total), acts);
  }

  /** @param {any} item */
  update = (item) => {
    this.#item = item;
    const { order, shop } = /** @type {{order: Order, shop: ShopState}} */ (item);
    setText(this.#title, order.lines.map((line) => text("order.line", { count: line.quantity, title: nameOfSKU(shop, line.sku) })).join(", "));
    setText(this.#why, reasonText(order));
    this.#why.hidden = !this.#why.textContent;
    setText(this.#state, text(`order.state.${orderState(order)}`));
    this.#state.classList.toggle("good", order.status === "paid" || order.status === "shipped");
    setText(this.#total, priceText({ ...shop, currency: order.currency ?? shop.currency }, order.totalMinor));
    const open = isOpen(order);
    this.node.classList.toggle("good", open);
    countDown(this.#left, open ? order.untilMs : null, "order.left");
    this.#cancel.hidden = !open;
    this.#again.hidden = this.#lost().length === 0;
    const url = open ? order.paymentURL ?? "" : "";
    if (this.#place.dataset.url === url) return;
    this.#place.dataset.url = url;
    this.#place.replaceChildren(...[payLink(url)].filter(Boolean));
  };

  /** Lines of a cart whose order came to nothing and that can still be bought. A hold's are another matter: it runs on or is gone. */
  #lost() {
    if (!this.#item) return [];
    const { order, shop } = this.#item;
    if (!["failed", "cancelled", "expired"].includes(order.status) || order.hold !== null || order.claim !== null) return [];
    const inCart = new Set(shop.you.cart.lines.map((each) => each.sku));
    return order.lines.filter((line) => !inCart.has(line.sku) && (offerOf(shop, line.sku)?.variant.available ?? 0) > 0);
  }

  async #putBack() {
    const { shop } = /** @type {{shop: ShopState}} */ (this.#item);
    for (const line of this.#lost()) {
      await this.#room.shop.setCart(line.sku, Math.min(line.quantity, offerOf(shop, line.sku)?.variant.available ?? 0));
    }
  }

  async #askCancel() {
    const { id } = /** @type {{order: Order}} */ (this.#item).order;
    if (await ask({ title: text("order.cancelTitle"), confirm: text("order.cancel"), cancel: text("order.keep") })) await this.#room.shop.cancelOrder(id);
  }
}
