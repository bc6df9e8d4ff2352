// The seller's half of the shop: products with what can be done to each, what runs, orders, vouchers, and the switch for all sales.

import { isOpen } from "../client/shop.js";
import { KeyedList, make, plural, setText, text, textOf } from "../shared/dom.js";
import { nameOf } from "../shared/avatar.js";
import { isLotOver, priceText, stockOf } from "../shared/offers.js";
import { ask, openMenu, toast } from "../shared/overlays.js";
import { actButton, nameOfSKU, pictureOf, showPicture } from "../shared/shop-parts.js";
import { countDown } from "../shared/time.js";
import { askDrop, askImport, askListing, askLot, askVoucher } from "./shop-forms.js";

/** @typedef {import("../client/protocol").ShopState} ShopState */
/** @typedef {import("../client/protocol").Order} Order */
/** @typedef {import("../client/hawker.js").HawkerRoom} HawkerRoom */

/** Drops and orders shown. */
const DROPS_SHOWN = 5;
const ORDERS_SHOWN = 50;
const SLOTS = 4;

export class SellerPanel {
  #room;
  #run;
  #token;
  #pause;
  #revenue = make("p.row.wrap.numbers", { role: "status" });
  #now;
  #nowBox;
  #listings;
  #orders;
  #orderBox;
  #vouchers;
  #voucherBox;
  #empty = make("p.empty", {}, text("seller.empty"));
  #host;
  /** @type {ShopState|null} */
  #shop = null;
  /** @type {Order[]} */
  #older = [];
  #asked = false;
  #shown = false;

  /** @param {HTMLElement} panel @param {HawkerRoom} room @param {(work: Promise<any>) => void} run @param {string|null} token of this page, for what only REST can do */
  constructor(panel, room, run, token) {
    this.#room = room;
    this.#run = run;
    this.#token = token;
    this.#pause = actButton("button.compact.outline.toggles", { "aria-pressed": "false" }, text("seller.pause"), () => room.shop.setShop({ paused: !this.#shop?.paused }), run);
    const [now, listings, orders, vouchers] = ["running", "listings", "orders", "list"].map((name) => make(`ul.${name}`));
    this.#now = new KeyedList(now, (/** @type {{key: string}} */ { key }) => key, () => this.#running());
    this.#listings = new KeyedList(listings, (/** @type {{id: number}} */ { id }) => id, () => this.#listing());
    this.#orders = new KeyedList(orders, (/** @type {{id: number}} */ { id }) => id, () => this.#order());
    this.#vouchers = new KeyedList(vouchers, (/** @type {{code: string}} */ { code }) => code, () => this.#voucher());
    const add = make("button.primary.compact", { icon: "plus", onclick: () => this.#askListing(null) }, text("seller.add"));
    const csv = make("button.compact", { onclick: () => void askImport((body) => this.#import(body)) }, text("seller.import"));
    const coupon = make("button.compact", { icon: "plus", onclick: () => void this.#askVoucher() }, text("seller.voucherNew"));
    this.#host = make("div.row.wrap", {}, add, csv, make("span.grow"), this.#pause);
    this.#nowBox = make("section.stack", { hidden: true }, make("h3", {}, text("shop.now")), now);
    this.#orderBox = make("section.stack", { hidden: true }, make("h3", {}, text("seller.orders")), this.#revenue, orders);
    this.#voucherBox = make("section.stack", {}, make("div.row", {}, make("h3.grow", {}, text("seller.vouchers")), coupon), vouchers);
    panel.append(this.#host, this.#nowBox, this.#empty, listings, this.#orderBox, this.#voucherBox);
  }

  /**
   * The panel is looked at: now the orders of before are worth asking for.
   * @param {boolean} is
   */
  shown(is) {
    this.#shown = is;
    if (is) void this.#askOrders();
  }

  /** @param {ShopState} shop @param {boolean} isHost */
  render(shop, isHost) {
    this.#shop = shop;
    this.#host.hidden = !isHost;
    this.#voucherBox.hidden = !isHost;
    this.#pause.setAttribute("aria-pressed", String(shop.paused));
    setText(this.#pause, text(shop.paused ? "seller.resume" : "seller.pause"));
    const lots = shop.lot ? [{ key: `lot${shop.lot.id}`, lot: shop.lot, isHost }] : [];
    const drops = shop.drops.slice(-DROPS_SHOWN).reverse().map((drop) => ({ key: `drop${drop.id}`, drop, isHost }));
    this.#now.render([...lots, ...drops]);
    this.#nowBox.hidden = lots.length + drops.length === 0;
    this.#listings.render(shop.listings.map((listing) => ({ id: listing.id, listing, shop, isHost })));
    this.#empty.hidden = shop.listings.length > 0;
    const known = new Set(shop.orders.map((each) => each.id));
    const orders = [...shop.orders, ...this.#older.filter((each) => !known.has(each.id))].slice(0, ORDERS_SHOWN);
    this.#orders.render(orders.map((order) => ({ ...order, isHost })));
    this.#orderBox.hidden = orders.length === 0;
    this.#drawRevenue(shop, orders);
    this.#vouchers.render(shop.vouchers);
    if (this.#shown) void this.#askOrders();
  }

  async #askOrders() {
    if (this.#asked) return;
    this.#asked = true;
    const page = await this.#room.shop.orders({ limit: ORDERS_SHOWN }).catch(() => null);
    if (!page) return;
    this.#older = page.orders;
    if (this.#shop) this.render({ ...this.#shop, revenue: this.#shop.revenue ?? page.revenue ?? null }, !this.#host.hidden);
  }

  /** @param {ShopState} shop @param {Order[]} orders */
  #drawRevenue(shop, orders) {
    const { revenue } = shop;
    if (!revenue) return this.#revenue.replaceChildren();
    const open = orders.filter(isOpen).length;
    const words = [
      make("strong", {}, text("seller.revenue", { price: priceText(shop, revenue.paidMinor) })), make("span.quiet-text.small", {}, plural("seller.paidOrders", revenue.paidCount)),
      revenue.refundedCount > 0 && make("span.quiet-text.small", {}, text("seller.refunded", { price: priceText(shop, revenue.refundedMinor) })),
      open > 0 && make("span.quiet-text.small", {}, plural("seller.openOrders", open)),
    ];
    const key = words.map((each) => (each ? each.textContent : "")).join("\n");
    if (this.#revenue.dataset.key === key) return;
    this.#revenue.dataset.key = key;
    this.#revenue.replaceChildren(...words.filter(Boolean));
  }

  #running() {
    const { shop: desk } = this.#room;
    /** @type {any} */
    let item;
    const [kind, title, status, left, price] = [make("span.kind"), make("strong.cut", { dir: "auto" }), make("span"), make("span.numbers"), make("strong.price.numbers")];
    const start = actButton("button.compact.primary", {}, text("seller.start"), () => desk.startDrop(item.drop.id), this.#run);
    const close = actButton("button.compact", {}, text("seller.closeLot"), () => desk.closeLot(item.lot.id), this.#run);
    const cancel = actButton("button.compact.quiet", {}, text("seller.cancel"), () => (item.lot ? desk.cancelLot(item.lot.id) : desk.cancelDrop(item.drop.id)), this.#run);
    const acts = make("div.row", {}, start, close, cancel);
    const node = make("li.card.offer", {}, make("div.row", {}, make("div.grow.stack", {}, title, make("p.quiet-text.small.now-line", {}, kind, status, left)), price), acts);
    /** @param {any} next */
    const update = (next) => {
      item = next;
      const shop = /** @type {ShopState} */ (this.#shop);
      const { drop, lot, isHost } = item;
      const of = drop ?? lot;
      setText(kind, text(drop ? "drop.title" : "lot.title"));
      setText(title, nameOfSKU(shop, of.sku));
      setText(price, priceText(shop, of.priceMinor));
      const isOver = drop ? drop.stage === "ended" : isLotOver(lot);
      setText(status, drop ? dropWords(drop) : lotWords(shop, lot));
      const begins = drop ? drop.stage === "scheduled" : lot.stage === "upcoming";
      countDown(left, isOver || of.stage === "closing" ? null : begins ? of.startsAtMs : of.endsAtMs, begins ? "shop.startsIn" : "shop.endsIn");
      start.hidden = !(drop?.stage === "scheduled" && drop.startsAtMs === null);
      close.hidden = !(lot && (lot.stage === "open" || lot.stage === "upcoming"));
      acts.hidden = isOver || !isHost;
    };
    return { node, update };
  }

  #listing() {
    /** @type {any} */
    let item;
    const picture = pictureOf(null);
    const [title, line, pinned] = [make("strong.cut", { dir: "auto" }), make("span.quiet-text.small.numbers"), make("span.quiet-text.small.numbers")];
    const pin = actButton("button.icon.compact.toggles", { icon: "pin" }, "", () => this.#pin(item.listing.id), this.#run);
    const more = make("button.icon.compact", { icon: "more", onclick: (/** @type {any} */ event) => this.#menu(event.currentTarget, item.listing) });
    /** @param {any} next */
    const update = (next) => {
      item = next;
      const { listing, shop } = item;
      const slot = shop.pins.find((/** @type {any} */ each) => each.listing === listing.id);
      const sold = listing.variants.reduce((/** @type {number} */ sum, /** @type {any} */ each) => sum + each.sold, 0);
      const [first] = listing.variants;
      showPicture(picture, listing);
      setText(title, listing.title);
      setText(line, text("seller.line", { price: priceText(shop, first.priceMinor), available: plural("shop.available", stockOf(shop, listing)), sold: plural("seller.sold", sold) }));
      const seen = slot && shop.seen[slot.id];
      setText(pinned, slot ? (seen ? text("seller.pinSeen", seen) : text("seller.pinned")) : "");
      pin.setAttribute("aria-pressed", String(Boolean(slot)));
      pin.setAttribute("aria-label", text("seller.pinOf", { title: listing.title }));
      more.setAttribute("aria-label", text("seller.moreOf", { title: listing.title }));
      more.hidden = !item.isHost;
    };
    return { node: make("li.card.row.seller-row", {}, picture, make("div.grow.stack", {}, title, line, pinned), pin, more), update };
  }

  /** @param {number} listing */
  #pin(listing) {
    const pins = this.#shop?.pins ?? [];
    const own = pins.find((each) => each.listing === listing);
    if (own) return this.#room.shop.pinListing(own.slot, null);
    const free = Array.from({ length: SLOTS }, (_, index) => index + 1).find((slot) => !pins.some((each) => each.slot === slot));
    // What is over the picture is the first slot's: a new pin is what is talked about now.
    return this.#room.shop.pinListing(pins.length === 0 ? 1 : (free ?? SLOTS), listing);
  }

  /** @param {Element} anchor @param {import("../client/protocol").Listing} listing */
  #menu(anchor, listing) {
    const shop = /** @type {ShopState} */ (this.#shop);
    const { shop: desk } = this.#room;
    /** @param {() => Promise<any>|Promise<void>} work */
    const later = (work) => () => this.#run(Promise.resolve(work()));
    openMenu(anchor, listing.title, [
      { icon: "clock", label: text("seller.drop"), run: later(async () => { const drop = await askDrop(shop, listing); if (drop) await desk.scheduleDrop(drop); }) },
      { icon: "megaphone", label: text("seller.lot"), run: later(async () => { const lot = await askLot(shop, listing); if (lot) await desk.openLot(lot); }) },
      { icon: "settings", label: text("seller.edit"), run: () => this.#askListing(listing) },
      { icon: "trash", label: text("seller.remove"), warns: true, run: later(async () => {
        if (await ask({ title: text("seller.removeTitle", { title: listing.title }), confirm: text("seller.remove"), danger: true })) await desk.removeListing(listing.id);
      }) },
    ]);
  }

  /** @param {import("../client/protocol").Listing|null} listing */
  #askListing(listing) {
    const shop = /** @type {ShopState} */ (this.#shop);
    this.#run(askListing(shop, listing).then((draft) => draft && this.#room.shop.putListing(draft).then(() => toast(text("settings.saved")))));
  }

  async #askVoucher() {
    const shop = /** @type {ShopState} */ (this.#shop);
    const voucher = await askVoucher(shop);
    if (voucher) this.#run(this.#room.shop.putVoucher(voucher));
  }

  #voucher() {
    /** @type {import("../client/protocol").Voucher} */
    let voucher;
    const words = make("span.grow", { dir: "auto" });
    const away = actButton("button.icon.compact.quiet", { icon: "trash" }, "", () => this.#room.shop.removeVoucher(voucher.code), this.#run);
    /** @param {any} next */
    const update = (next) => {
      voucher = next;
      const shop = /** @type {ShopState} */ (this.#shop);
      const value = voucher.kind === "percent" ? text("seller.percent", { value: voucher.value }) : priceText(shop, voucher.value);
      setText(words, text("seller.voucher", { code: voucher.code, value, uses: plural("seller.uses", voucher.uses) }));
      away.setAttribute("aria-label", text("seller.voucherRemove", { code: voucher.code }));
    };
    return { node: make("li", {}, words, away), update };
  }

  #order() {
    /** @type {any} */
    let order;
    const { shop: desk } = this.#room;
    const [who, lines, state, total] = [make("strong.cut", { dir: "auto" }), make("p.small", { dir: "auto" }), make("span.badge"), make("strong.numbers")];
    const ship = actButton("button.compact.primary", {}, text("seller.ship"), () => desk.shipOrder(order.id), this.#run);
    const refund = make("button.compact", { onclick: () => void this.#refund(order) }, text("seller.refund"));
    const cancel = actButton("button.compact.quiet", {}, text("order.cancel"), () => desk.cancelOrder(order.id), this.#run);
    /** @param {any} next */
    const update = (next) => {
      order = next;
      const shop = /** @type {ShopState} */ (this.#shop);
      setText(who, order.member ? nameOf({ member: order.member.identity, name: order.member.name }) : text("person.erased"));
      setText(lines, order.lines.map((/** @type {any} */ line) => text("order.line", { count: line.quantity, title: nameOfSKU(shop, line.sku) })).join(", "));
      setText(state, text(`order.state.${order.status}`));
      setText(total, priceText({ ...shop, currency: order.currency ?? shop.currency }, order.totalMinor));
      ship.hidden = !order.isHost || order.status !== "paid";
      refund.hidden = !order.isHost || (order.status !== "paid" && order.status !== "shipped");
      cancel.hidden = !order.isHost || !isOpen(order);
    };
    return { node: make("li.card.order", {}, make("div.row", {}, make("div.grow", {}, who, lines), total), make("div.row.wrap", {}, state, make("span.grow"), cancel, refund, ship)), update };
  }

  /** @param {Order} order */
  async #refund(order) {
    const reason = make("input", { name: "reason", maxlength: 200, autocomplete: "off", "aria-label": text("seller.reason"), placeholder: text("seller.reason") });
    const answer = await ask({ title: text("seller.refundTitle"), confirm: text("seller.refund"), danger: true, body: reason });
    if (answer) this.#run(this.#room.shop.refundOrder(order.id, String(answer.get("reason")).trim()));
  }

  /**
   * A table of products, all or none; resolves with what is wrong, or "".
   * @param {string} body CSV
   */
  async #import(body) {
    const response = await fetch(`/api/v1/rooms/${this.#room.room?.name}/listings-import`, {
      method: "POST", headers: { "Content-Type": "text/csv", Authorization: `Bearer ${this.#token}` }, body,
    });
    if (response.ok) {
      toast(text("seller.imported"));
      return "";
    }
    const { detail, message, code } = await response.json().catch(() => ({ code: `http-${response.status}` }));
    return detail ?? message ?? textOf("sayError", code);
  }
}

/** @param {import("../client/protocol").Drop} drop */
function dropWords(drop) {
  if (drop.stage === "scheduled") return text(drop.startsAtMs === null ? "seller.waitsForStart" : "drop.state.countdown");
  if (drop.stage === "ended") return text(drop.endWhy === "soldOut" ? "drop.state.soldOut" : drop.endWhy === "cancelled" ? "drop.state.cancelled" : "drop.state.over");
  const left = drop.mode === "hold" && drop.waiting > 0 ? text("seller.allHeld") : plural("drop.left", drop.remaining);
  if (drop.waiting === 0) return left;
  return text("seller.dropCounts", { left, waiting: plural("seller.waiting", drop.waiting) });
}

/** @param {ShopState} shop @param {import("../client/protocol").Lot} lot */
function lotWords(shop, lot) {
  const who = lot.winner ?? lot.leader;
  const name = who ? nameOf({ member: who.identity, name: who.name }) : "";
  if (lot.stage === "sold" || lot.stage === "unsold" || lot.stage === "cancelled" || lot.stage === "closing") return text(`lot.state.${lot.stage}`, { name, price: priceText(shop, lot.priceMinor) });
  const bids = plural("seller.bids", lot.bids);
  const standing = who ? text("seller.leading", { name, bids }) : text("lot.state.open");
  return lot.reserveMet === false ? text("lot.reserve", { status: standing }) : standing;
}

