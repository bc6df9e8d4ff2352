// Orders as the seller has them: what they came to, each with what can be done about it, and all of them as a table to take away.

import { isOpen } from "../client/shop.js";
import { nameOf } from "../shared/avatar.js";
import { KeyedList, make, plural, setText, text } from "../shared/dom.js";
import { priceText } from "../shared/offers.js";
import { ask } from "../shared/overlays.js";
import { actButton, nameOfSKU } from "../shared/shop-parts.js";
import { clockText, whenText } from "../shared/time.js";
import { saveTable } from "./tables.js";

/** @typedef {import("../client/protocol").ShopState} ShopState */
/** @typedef {import("../client/protocol").Order} Order */

/** Orders asked for at a time. */
const PAGE = 50;
const DAY_MS = 86_400_000;

export class OrdersPanel {
  node;
  /** Orders to be sent, for the tab. */
  unsent = 0;
  #room;
  #run;
  #revenue = make("div.figures-row.numbers", { role: "status" });
  #list;
  #more;
  #empty = make("p.empty", {}, text("seller.noOrders"));
  /**
   * Of before this page came, newest first.
   * @type {Order[]}
   */
  #older = [];
  /** @type {number|null} */
  #next = null;
  #asked = false;
  /**
   * What the query said, until the server tells a newer one.
   * @type {import("../client/protocol").Revenue|null}
   */
  #known = null;
  /** @type {{shop: ShopState, isHost: boolean}|null} */
  #drawn = null;

  /** @param {import("../client/hawker.js").HawkerRoom} room @param {(work: Promise<any>) => void} run @param {string|null} token of this page, for what only REST can do */
  constructor(room, run, token) {
    this.#room = room;
    this.#run = run;
    const list = make("ul.orders");
    this.#list = new KeyedList(list, (/** @type {{id: number}} */ { id }) => id, () => this.#order());
    this.#more = actButton("button.compact", { hidden: true }, text("seller.olderOrders"), () => this.#ask(), run);
    const save = actButton("button.compact", { icon: "down" }, text("seller.export"), () => saveTable(room.room?.name ?? "", "orders.csv", token), run);
    this.node = make("div.stack", {}, make("div.row", {}, this.#revenue, make("span.grow"), save), list, this.#more, this.#empty);
  }

  /** Now the orders of before are worth asking for. */
  look() {
    if (!this.#asked) this.#run(this.#ask());
  }

  /** @param {ShopState} shop @param {boolean} isHost */
  render(shop, isHost) {
    this.#drawn = { shop, isHost };
    const known = new Set(shop.orders.map((each) => each.id));
    const orders = [...shop.orders, ...this.#older.filter((each) => !known.has(each.id))].sort((a, b) => b.id - a.id);
    this.unsent = orders.filter((each) => each.status === "paid").length;
    this.#list.render(orders.map((order) => ({ ...order, isHost })));
    this.#empty.hidden = orders.length > 0;
    this.#more.hidden = this.#next === null;
    this.#drawRevenue(shop, orders);
  }

  async #ask() {
    this.#asked = true;
    const page = await this.#room.shop.orders(this.#next === null ? { limit: PAGE } : { limit: PAGE, before: this.#next }).catch((error) => {
      this.#asked = this.#older.length > 0;
      throw error;
    });
    this.#older = [...this.#older, ...page.orders];
    this.#next = page.next;
    this.#known = page.revenue ?? null;
    if (this.#drawn) this.render(this.#drawn.shop, this.#drawn.isHost);
  }

  /** @param {ShopState} shop @param {Order[]} orders */
  #drawRevenue(shop, orders) {
    const revenue = shop.revenue ?? this.#known;
    if (!revenue) return this.#revenue.replaceChildren();
    const open = orders.filter(isOpen).length;
    const figures = [
      [text("seller.revenue", { price: priceText(shop, revenue.paidMinor - revenue.refundedMinor) }), plural("seller.paidOrders", revenue.paidCount)],
      revenue.refundedCount > 0 && [text("seller.refunded", { price: priceText(shop, revenue.refundedMinor) }), ""],
      open > 0 && [plural("seller.openOrders", open), ""],
    ].filter(Boolean);
    const key = figures.join("\n");
    if (this.#revenue.dataset.key === key) return;
    this.#revenue.dataset.key = key;
    this.#revenue.replaceChildren(...figures.map((each) => {
      const [figure, note] = /** @type {string[]} */ (each);
      return make("div", {}, make("p", {}, make("strong", {}, figure)), note && make("p.quiet-text.small", {}, note));
    }));
  }

  #order() {
    /** @type {any} */
    let order;
    const { shop: desk } = this.#room;
    const [who, when, lines, why, state, total] = [make("strong.cut", { dir: "auto" }), make("span.quiet-text.small.numbers"), make("p.small", { dir: "auto" }), make("p.small.quiet-text", { dir: "auto" }), make("span.badge"), make("strong.numbers")];
    const ship = actButton("button.compact.primary", {}, text("seller.ship"), () => desk.shipOrder(order.id), this.#run);
    const refund = make("button.compact", { onclick: () => void this.#refund(order) }, text("seller.refund"));
    const cancel = actButton("button.compact.quiet", {}, text("order.cancel"), () => desk.cancelOrder(order.id), this.#run);
    /** @param {any} next */
    const update = (next) => {
      order = next;
      const { shop } = /** @type {{shop: ShopState}} */ (this.#drawn);
      setText(who, order.member ? nameOf({ member: order.member.identity, name: order.member.name }) : text("person.erased"));
      setText(when, Date.now() - order.atMs < DAY_MS ? clockText(order.atMs) : whenText(order.atMs));
      setText(lines, order.lines.map((/** @type {any} */ line) => text("order.line", { count: line.quantity, title: nameOfSKU(shop, line.sku) })).join(", "));
      setText(why, [order.voucher && text("seller.withVoucher", { code: order.voucher, price: priceText(shop, order.discountMinor) }), reasonOf(order)].filter(Boolean).join(" · "));
      why.hidden = !why.textContent;
      setText(state, text(`order.state.${order.status}`));
      state.classList.toggle("good", order.status === "paid" || order.status === "shipped");
      setText(total, priceText({ ...shop, currency: order.currency ?? shop.currency }, order.totalMinor));
      ship.hidden = !order.isHost || order.status !== "paid";
      refund.hidden = !order.isHost || (order.status !== "paid" && order.status !== "shipped");
      cancel.hidden = !order.isHost || !isOpen(order);
    };
    const head = make("div.row", {}, make("div.grow", {}, make("div.row", {}, who, when), lines, why), total);
    return { node: make("li.card.order", {}, head, make("div.row.wrap", {}, state, make("span.grow"), cancel, refund, ship)), update };
  }

  /** @param {Order} order */
  async #refund(order) {
    const reason = make("input", { name: "reason", maxlength: 200, autocomplete: "off", "aria-label": text("seller.reason"), placeholder: text("seller.reason") });
    const answer = await ask({ title: text("seller.refundTitle"), confirm: text("seller.refund"), danger: true, body: reason });
    if (answer) this.#run(this.#room.shop.refundOrder(order.id, String(answer.get("reason")).trim()));
  }
}

/** @param {Order} order */
function reasonOf({ reason }) {
  if (!reason) return "";
  if (reason === "no-units") return text("seller.why.no-units");
  if (reason === "paid-after-end") return text("seller.why.paid-after-end");
  return reason === "merchant" ? text("seller.why.merchant") : reason;
}
