// The watch room's shop: what runs now, what is held for you, all that is offered, the cart, and your orders.

import { cartTotal, isOpen, offerOf } from "../client/shop.js";
import { KeyedList, make, plural, setText, text } from "../shared/dom.js";
import { dropsNow, priceText, shelfOf } from "../shared/offers.js";
import { actButton, nameOfSKU, pictureOf, showPicture } from "../shared/shop-parts.js";
import { countDown } from "../shared/time.js";
import { ListingRow } from "./listing-row.js";
import { MaximumBid } from "./maximum-bid.js";
import { drawAct, dropCard, isInView, lotCard } from "./now-card.js";
import { OrderCard } from "./order-card.js";

/** @typedef {import("../client/protocol").ShopState} ShopState */
/** @typedef {import("../client/hawker.js").HawkerRoom} HawkerRoom */
/** @typedef {import("./now-card.js").Card} Card */

/** The server's limit for one line. */
const QUANTITY_MAX = 99;

export class ShopPanel {
  #room;
  #run;
  #paused = make("p.notice", { role: "status", hidden: true }, text("shop.pausedMore"));
  #empty = make("p.empty", {}, text("shop.empty"));
  #nowBox;
  #holdBox;
  #listingBox;
  #cartBox;
  #payBox;
  #orderBox;
  #now;
  #holds;
  #listings;
  #lines;
  #unpaid;
  #orders;
  #voucher;
  #voucherOn;
  #sums = make("dl.sums");
  #checkout;
  #maximum;
  #panel;
  /**
   * Rows of listings that are or were there.
   * @type {Map<number, ListingRow>}
   */
  #rows = new Map();
  /** @type {ShopState|null} */
  #shop = null;

  /** @param {HTMLElement} panel @param {HawkerRoom} room @param {(work: Promise<any>) => void} run */
  constructor(panel, room, run) {
    this.#panel = panel;
    this.#room = room;
    this.#run = run;
    this.#maximum = new MaximumBid(room, run);
    this.#checkout = actButton("button.primary", { icon: "bag" }, text("cart.checkout"), () => room.shop.checkout().then(() => panel.scrollTo({ top: 0 })), run);
    const [now, holds, listings, lines, unpaid, orders] = ["shop-now", "holds", "listings", "lines", "orders", "orders"].map((name) => make(`ul.${name}`));
    this.#now = new KeyedList(now, (/** @type {Card} */ card) => card.key, () => this.#offer());
    this.#holds = new KeyedList(holds, (/** @type {{id: number}} */ { id }) => id, () => this.#hold());
    this.#listings = new KeyedList(listings, (/** @type {{id: number}} */ { id }) => id, () => this.#listing());
    this.#lines = new KeyedList(lines, (/** @type {{sku: string}} */ { sku }) => sku, () => this.#line());
    this.#unpaid = new KeyedList(unpaid, (/** @type {{id: number}} */ { id }) => id, () => new OrderCard(room, run));
    this.#orders = new KeyedList(orders, (/** @type {{id: number}} */ { id }) => id, () => new OrderCard(room, run));
    this.#voucher = this.#voucherForm();
    this.#voucherOn = make("p.row.small", { hidden: true }, make("span.grow"), actButton("button.compact.quiet", {}, text("voucher.off"), () => room.shop.applyVoucher(null), run));
    this.#nowBox = section("shop.now", now);
    this.#holdBox = section("hold.title", holds);
    this.#listingBox = section("shop.all", listings);
    this.#cartBox = section("cart.title", lines, this.#voucher, this.#voucherOn, this.#sums, this.#checkout);
    this.#payBox = section("order.toPay", unpaid);
    this.#orderBox = section("order.title", orders);
    // What waits for money is first: its time runs.
    panel.append(this.#paused, this.#payBox, this.#nowBox, this.#holdBox, this.#cartBox, this.#listingBox, this.#orderBox, this.#empty);
  }

  /** @param {ShopState} shop @param {number} nowMs the server's time */
  render(shop, nowMs) {
    this.#shop = shop;
    const { you } = shop;
    const now = dropsNow(shop, nowMs).map((drop) => dropCard(shop, drop, this.#room));
    if (shop.lot) now.unshift(lotCard(shop, shop.lot, this.#room));
    this.#paused.hidden = !shop.paused;
    this.#nowBox.hidden = now.length === 0;
    this.#now.render(now);
    this.#maximum.render(shop);
    // What a drop's or auction's card shows already needs no second place.
    const others = you.holds.filter((hold) => !now.some((card) => card.key === `drop${hold.drop}` || card.key === `lot${hold.lot}`));
    this.#holdBox.hidden = others.length === 0;
    this.#holds.render(others.map((each) => ({ ...each })));
    this.#listings.render(shelfOf(shop).map((listing) => ({ id: listing.id, listing, shop })));
    this.#listingBox.hidden = shop.listings.length === 0;
    this.#cartBox.hidden = you.cart.lines.length === 0;
    if (!this.#cartBox.hidden) this.#drawCart(shop);
    const [unpaid, orders] = [you.orders.filter(isOpen), you.orders.filter((each) => !isOpen(each))];
    this.#unpaid.render(unpaid.map((order) => ({ id: order.id, order, shop })));
    this.#payBox.hidden = unpaid.length === 0;
    this.#orders.render(orders.map((order) => ({ id: order.id, order, shop })));
    this.#orderBox.hidden = orders.length === 0;
    this.#empty.hidden = shop.listings.length + now.length + you.orders.length > 0;
    this.#tellSeen(shop);
  }

  /**
   * Beside what stands over the picture, pinned things are seen here.
   * @param {ShopState} shop
   */
  #tellSeen(shop) {
    for (const pin of shop.pins) {
      const row = this.#rows.get(pin.listing);
      if (row && isInView(row.node, this.#panel)) void this.#room.shop.seen(pin.id);
    }
  }

  #listing() {
    const row = new ListingRow(this.#room, this.#run);
    /** @param {any} item */
    const update = (item) => {
      this.#rows.set(item.id, row);
      row.update(item);
    };
    return { node: row.node, update };
  }

  #offer() {
    const picture = pictureOf(null);
    const [kind, title, status, left, price, act] = [make("span.kind"), make("strong.cut", { dir: "auto" }), make("span"), make("span.quiet-text.small.numbers"), make("strong.price.numbers"), make("div.act")];
    const line = make("p.quiet-text.small.now-line", {}, kind, status);
    const node = make("li.card.offer", {}, make("div.listing", {}, picture, make("div.grow", {}, title, line), make("div.side", {}, price, left)), act);
    /** @param {Card} card */
    const update = (card) => {
      showPicture(picture, card.listing);
      setText(kind, card.kind);
      setText(title, card.title);
      setText(status, card.status);
      setText(price, card.price);
      countDown(left, card.untilMs, card.pattern);
      drawAct(act, card.act, this.#run);
      node.classList.toggle("good", card.good);
      if (card.key.startsWith("lot") && this.#maximum.node.parentElement !== node) node.append(this.#maximum.node);
    };
    return { node, update };
  }

  #hold() {
    /** @type {import("../client/protocol").Hold} */
    let hold;
    const [title, left, place] = [make("strong.cut", { dir: "auto" }), make("span.quiet-text.small.numbers"), make("div.row")];
    const back = actButton("button.compact.quiet", {}, text("hold.release"), () => this.#room.shop.releaseHold(hold.id), this.#run);
    const out = actButton("button.compact.primary", {}, text("cart.checkout"), () => this.#room.shop.checkout({ hold: hold.id }), this.#run);
    place.append(out, back);
    /** @param {any} next */
    const update = (next) => {
      hold = next;
      const shop = /** @type {ShopState} */ (this.#shop);
      setText(title, text("order.line", { count: hold.quantity, title: nameOfSKU(shop, hold.sku) }));
      countDown(left, hold.untilMs, "hold.left");
      place.hidden = hold.order !== null;
    };
    return { node: make("li", {}, make("div.grow.stack", {}, title, left), place), update };
  }

  #line() {
    let line = { sku: "", quantity: 0 };
    const { shop: desk } = this.#room;
    const picture = pictureOf(null);
    const [title, price, count] = [make("span.cut", { dir: "auto" }), make("span.quiet-text.small.numbers.cut", { dir: "auto" }), make("span.numbers", { role: "status" })];
    const less = actButton("button.icon.compact", {}, "−", () => desk.setCart(line.sku, line.quantity - 1), this.#run);
    const more = actButton("button.icon.compact", { icon: "plus" }, "", () => desk.setCart(line.sku, line.quantity + 1), this.#run);
    /** @param {any} next */
    const update = (next) => {
      line = next;
      const shop = /** @type {ShopState} */ (this.#shop);
      const offer = offerOf(shop, line.sku);
      const name = nameOfSKU(shop, line.sku);
      const available = offer?.variant.available ?? 0;
      showPicture(picture, offer?.listing ?? null);
      const amount = priceText(shop, (offer?.variant.priceMinor ?? 0) * line.quantity);
      const kind = offer?.variant.title;
      setText(title, offer?.listing.title ?? line.sku);
      setText(price, available < line.quantity ? (available > 0 ? plural("cart.only", available) : text("cart.gone")) : kind ? text("cart.kind", { kind, price: amount }) : amount);
      setText(count, String(line.quantity));
      less.setAttribute("aria-label", text("cart.less", { title: name }));
      more.setAttribute("aria-label", text("cart.more", { title: name }));
      more.disabled = line.quantity >= Math.min(QUANTITY_MAX, available);
    };
    return { node: make("li", {}, picture, make("div.grow.stack", {}, title, price), make("div.row.stepper", {}, less, count, more)), update };
  }

  #voucherForm() {
    const code = make("input.compact", { name: "voucher", maxlength: 32, autocomplete: "off", autocapitalize: "characters", "aria-label": text("voucher.code"), placeholder: text("voucher.code"), required: true });
    const form = make("form.row", {}, code, make("button.compact", { type: "submit" }, text("voucher.apply")));
    form.addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      this.#run(this.#room.shop.applyVoucher(code.value.trim()).then(() => (code.value = "")));
    });
    return form;
  }

  /** @param {ShopState} shop */
  #drawCart(shop) {
    const { lines, voucher } = shop.you.cart;
    const total = cartTotal(shop);
    this.#lines.render(lines.map((line) => ({ ...line })));
    this.#voucher.hidden = voucher !== null;
    this.#voucherOn.hidden = voucher === null;
    if (voucher) {
      const counts = total.sumMinor >= (voucher.minimumMinor ?? 0);
      setText(/** @type {HTMLElement} */ (this.#voucherOn.firstElementChild), counts ? text("voucher.on", { code: voucher.code }) : text("voucher.minimum", { code: voucher.code, price: priceText(shop, voucher.minimumMinor ?? 0) }));
    }
    const rows = [["cart.total", priceText(shop, total.totalMinor)]];
    if (total.discountMinor > 0) rows.unshift(["cart.discount", text("cart.minus", { price: priceText(shop, total.discountMinor) })]);
    this.#sums.replaceChildren(...rows.map(([key, value]) => make("div", {}, make("dt", {}, text(key)), make("dd.numbers", {}, value))));
    this.#checkout.disabled = shop.paused || total.missing.length > 0;
  }
}

/** @param {string} title @param {Node[]} children */
const section = (title, ...children) => make("section.stack", { hidden: true }, make("h3", {}, text(title)), ...children);
