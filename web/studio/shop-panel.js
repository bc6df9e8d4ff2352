// The seller's half of the shop: what runs now, products with what can be done to each, orders, gifts, vouchers, and the switch for all sales.

import { KeyedList, make, plural, setText, text } from "../shared/dom.js";
import { priceText, stockOf } from "../shared/offers.js";
import { ask, openMenu, toast } from "../shared/overlays.js";
import { actButton, pictureOf, showPicture } from "../shared/shop-parts.js";
import { setUpTabs } from "../shared/tabs.js";
import { CoinsPanel } from "./coins-panel.js";
import { OrdersPanel } from "./orders-panel.js";
import { showPinHistory } from "./pin-history.js";
import { RunningList } from "./running-list.js";
import { askDrop, askImport, askListing, askLot, askStock, askVoucher } from "./shop-forms.js";
import { importListings } from "./tables.js";

/** @typedef {import("../client/protocol").ShopState} ShopState */
/** @typedef {import("../client/protocol").Listing} Listing */
/** @typedef {import("../client/hawker.js").HawkerRoom} HawkerRoom */

const SLOTS = 4;
/** What is over everybody's picture. */
const MAIN_SLOT = 1;

export class SellerPanel {
  #room;
  #run;
  #token;
  #pause;
  #running;
  #listings;
  #orders;
  #coins;
  #vouchers;
  #voucherTab;
  #orderCount = make("span.count");
  #empty = make("p.empty", {}, text("seller.empty"));
  #host;
  /** @type {ShopState|null} */
  #shop = null;
  #tab = "seller-products";

  /** @param {HTMLElement} panel @param {HawkerRoom} room @param {(work: Promise<any>) => void} run @param {string|null} token of this page, for what only REST can do */
  constructor(panel, room, run, token) {
    this.#room = room;
    this.#run = run;
    this.#token = token;
    this.#pause = actButton("button.compact.outline.toggles", { "aria-pressed": "false" }, text("seller.pause"), () => room.shop.setShop({ paused: !this.#shop?.paused }), run);
    this.#running = new RunningList(room, run);
    this.#orders = new OrdersPanel(room, run, token);
    this.#coins = new CoinsPanel(room);
    const [listings, vouchers] = ["listings", "list"].map((name) => make(`ul.${name}`));
    this.#listings = new KeyedList(listings, (/** @type {{id: number}} */ { id }) => id, () => this.#listing());
    this.#vouchers = new KeyedList(vouchers, (/** @type {{code: string}} */ { code }) => code, () => this.#voucher());
    const add = make("button.primary.compact", { icon: "plus", onclick: () => this.#askListing(null) }, text("seller.add"));
    const csv = make("button.compact", { onclick: () => void askImport((body) => this.#import(body)) }, text("seller.import"));
    const pins = make("button.compact", { icon: "clock", onclick: () => this.#shop && showPinHistory(room, this.#shop, run) }, text("seller.pinHistory"));
    const coupon = make("button.compact", { icon: "plus", onclick: () => void this.#askVoucher() }, text("seller.voucherNew"));
    this.#host = make("div.row.wrap", {}, add, csv, make("span.grow"), this.#pause);

    const parts = [
      { id: "seller-products", words: "seller.products", body: [listings, this.#empty, make("div.row", {}, make("span.grow"), pins)] },
      { id: "seller-orders", words: "seller.orders", count: this.#orderCount, body: [this.#orders.node] },
      { id: "seller-coins", words: "seller.coins", body: [this.#coins.node] },
      { id: "seller-vouchers", words: "seller.vouchers", body: [make("div.row", {}, coupon), vouchers] },
    ];
    const tabs = make("div.tabs.inner", { role: "tablist", "aria-label": text("shop.title") }, ...parts.map(({ id, words, count }, index) => make("button", { role: "tab", id: `${id}-tab`, "aria-controls": id, "aria-selected": String(index === 0) }, make("span", {}, text(words)), count)));
    const panels = parts.map(({ id, body }) => make("div.stack", { role: "tabpanel", id, "aria-labelledby": `${id}-tab` }, ...body));
    panel.append(this.#host, this.#running.node, tabs, ...panels);
    this.#voucherTab = /** @type {HTMLElement} */ (tabs.lastElementChild);
    setUpTabs(tabs, (id) => this.#look(id));
  }

  /**
   * The panel is looked at: now what isn't told by itself is worth asking for.
   * @param {boolean} is
   */
  shown(is) {
    if (is) this.#look(this.#tab);
  }

  /** @param {string} id */
  #look(id) {
    this.#tab = id;
    if (id === "seller-orders") this.#orders.look();
    if (id === "seller-coins") this.#coins.look();
  }

  /** @param {ShopState} shop @param {boolean} isHost */
  render(shop, isHost) {
    this.#shop = shop;
    this.#host.hidden = !isHost;
    this.#voucherTab.hidden = !isHost;
    this.#pause.setAttribute("aria-pressed", String(shop.paused));
    setText(this.#pause, text(shop.paused ? "seller.resume" : "seller.pause"));
    this.#running.render(shop, isHost);
    this.#listings.render(shop.listings.map((listing, place) => ({ id: listing.id, place, listing, shop, isHost })));
    this.#empty.hidden = shop.listings.length > 0;
    this.#orders.render(shop, isHost);
    setText(this.#orderCount, this.#orders.unsent > 0 ? String(this.#orders.unsent) : "");
    this.#coins.render(shop, isHost);
    this.#vouchers.render(shop.vouchers);
  }

  #listing() {
    /** @type {any} */
    let item;
    const picture = pictureOf(null);
    const [title, line, pinned] = [make("strong.cut", { dir: "auto" }), make("span.quiet-text.small.numbers"), make("span.small.numbers.pinned-mark")];
    const gauge = make("div.meter.seen", { "aria-hidden": "true" }, make("div"));
    const pin = actButton("button.icon.compact.toggles", { icon: "pin" }, "", () => this.#pin(item.listing.id), this.#run);
    const more = make("button.icon.compact", { icon: "more", onclick: (/** @type {any} */ event) => this.#menu(event.currentTarget, item) });
    /** @param {any} next */
    const update = (next) => {
      item = next;
      const { listing, shop } = item;
      const slot = shop.pins.find((/** @type {any} */ each) => each.listing === listing.id);
      showPicture(picture, listing);
      setText(title, listing.title);
      setText(line, lineOf(shop, listing));
      const seen = slot && shop.seen[slot.id];
      gauge.hidden = !seen;
      gauge.style.setProperty("--part", String(seen ? Math.min(1, seen.seen / Math.max(1, seen.viewers)) : 0));
      setText(pinned, slot ? (seen ? text("seller.pinSeen", seen) : text("seller.pinned")) : "");
      pin.setAttribute("aria-pressed", String(Boolean(slot)));
      pin.setAttribute("aria-label", text("seller.pinOf", { title: listing.title }));
      more.setAttribute("aria-label", text("seller.moreOf", { title: listing.title }));
    };
    return { node: make("li.card.row.seller-row", {}, picture, make("div.grow.stack", {}, title, line, pinned, gauge), pin, more), update };
  }

  /**
   * What is talked about now is over the picture, in place of what was.
   * @param {number} listing
   */
  #pin(listing) {
    const own = this.#shop?.pins.find((each) => each.listing === listing);
    return own ? this.#room.shop.pinListing(own.slot, null) : this.#room.shop.pinListing(MAIN_SLOT, listing);
  }

  /** @param {Element} anchor @param {{listing: Listing, place: number, isHost: boolean}} item */
  #menu(anchor, { listing, place, isHost }) {
    const shop = /** @type {ShopState} */ (this.#shop);
    const { shop: desk } = this.#room;
    /** @param {() => Promise<any>|Promise<void>} work */
    const later = (work) => () => this.#run(Promise.resolve(work()));
    const { pins, listings } = shop;
    const free = Array.from({ length: SLOTS }, (_, index) => index + 1).find((slot) => slot !== MAIN_SLOT && !pins.some((each) => each.slot === slot));
    /** @param {number} to */
    const move = (to) => {
      const ids = listings.map((each) => each.id).filter((id) => id !== listing.id);
      ids.splice(to, 0, listing.id);
      return desk.orderListings(ids);
    };
    const beside = free !== undefined && !pins.some((each) => each.listing === listing.id) && pins.some((each) => each.slot === MAIN_SLOT);
    const items = [
      { icon: "clock", label: text("seller.drop"), run: later(async () => { const drop = await askDrop(shop, listing); if (drop) await desk.scheduleDrop(drop); }) },
      { icon: "megaphone", label: text("seller.lot"), run: later(async () => { const lot = await askLot(shop, listing); if (lot) await desk.openLot(lot); }) },
      { icon: "bag", label: text("seller.stock"), run: later(() => this.#setStock(listing)) },
      { icon: "settings", label: text("seller.edit"), run: () => this.#askListing(listing) },
      ...(place > 0 ? [{ icon: "up", label: text("seller.up"), run: later(() => move(place - 1)) }] : []),
      ...(place < listings.length - 1 ? [{ icon: "down", label: text("seller.down"), run: later(() => move(place + 1)) }] : []),
      { icon: "trash", label: text("seller.remove"), warns: true, run: later(async () => {
        if (await ask({ title: text("seller.removeTitle", { title: listing.title }), confirm: text("seller.remove"), danger: true })) await desk.removeListing(listing.id);
      }) },
    ];
    const pinBeside = { icon: "pin", label: text("seller.pinBeside"), run: later(() => desk.pinListing(Number(free), listing.id)) };
    openMenu(anchor, listing.title, [...(beside ? [pinBeside] : []), ...(isHost ? items : [])]);
  }

  /** @param {Listing} listing */
  async #setStock(listing) {
    const changes = await askStock(/** @type {ShopState} */ (this.#shop), listing);
    for (const { sku, ...change } of changes) await this.#room.shop.setVariant(sku, change);
  }

  /** @param {Listing|null} listing */
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

  /**
   * A table of products, all or none.
   * @param {string} body CSV
   */
  async #import(body) {
    await importListings(this.#room.room?.name ?? "", this.#token, body);
    toast(text("seller.imported"));
  }
}

/** @param {ShopState} shop @param {Listing} listing */
function lineOf(shop, listing) {
  const prices = listing.variants.map((each) => each.priceMinor);
  const price = priceText(shop, Math.min(...prices));
  const sold = listing.variants.reduce((sum, each) => sum + each.sold, 0);
  const pending = listing.variants.reduce((sum, each) => sum + (each.pending ?? 0), 0);
  const unanswered = listing.variants.reduce((sum, each) => sum + (each.unanswered ?? 0), 0);
  const held = listing.variants.reduce((sum, each) => sum + (each.held ?? 0), 0);
  const parts = [
    new Set(prices).size > 1 ? text("shop.from", { price }) : price, plural("shop.available", stockOf(shop, listing)),
    pending > 0 && plural("seller.pending", pending), unanswered > 0 && plural("seller.unanswered", unanswered), held > 0 && plural("seller.held", held), plural("seller.sold", sold),
  ];
  return parts.filter(Boolean).join(" · ");
}
