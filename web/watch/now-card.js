// The card over the picture: the auction, the drop or the listing that is on now, with the one thing to do about it.

import { isOpen } from "../client/shop.js";
import { element, make, plural, setText, text } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { dropView, dueNow, lotView, offerNow, orderState, payableURL, priceText, stockOf } from "../shared/offers.js";
import { nameOf } from "../shared/avatar.js";
import { listingOf, nameOfSKU, pressOnce, showPicture } from "../shared/shop-parts.js";
import { countDown } from "../shared/time.js";

/** @typedef {import("../client/protocol").ShopState} ShopState */
/** @typedef {import("../client/hawker.js").HawkerRoom} HawkerRoom */
/**
 * One thing to do: `press` is null for what can't be done now, `href` is where to pay.
 * @typedef {{words: string, press: (() => Promise<any>|undefined)|null, href?: string|null, quiet?: boolean}} Act
 */
/**
 * @typedef {object} Card
 * @property {string} key
 * @property {import("../client/protocol").Listing|null} listing
 * @property {string} kind
 * @property {string} title
 * @property {string} price
 * @property {string} [before]  what it cost before
 * @property {string} status
 * @property {number|null} untilMs
 * @property {string} pattern  of the countdown
 * @property {Act|null} act
 * @property {boolean} good  it is this buyer's, or leading
 * @property {string} [due]  what of `dueNow` it has the button for
 * @property {number} [pin]  what is pinned
 */

/**
 * What a drop says and does.
 * @param {ShopState} shop @param {import("../client/protocol").Drop} drop @param {HawkerRoom} room
 * @returns {Card}
 */
export function dropCard(shop, drop, room) {
  const view = dropView(shop, drop);
  const price = priceText(shop, drop.priceMinor);
  const claim = shop.you.claims.find((each) => each.drop === drop.id);
  const left = plural("drop.left", drop.remaining);
  /** @type {Act|null} */
  let act = null;
  let status = text(`drop.state.${view.state}`, { position: view.position ?? "–" });
  if (view.state === "open") {
    if (view.queues) status = text("drop.lineOpen");
    else status = left;
    if (shop.paused) act = { words: text("shop.paused"), press: null };
    else act = { words: view.queues ? text("drop.joinLine") : text("drop.claim", { price }), press: () => room.shop.claim(drop.id) };
  } else if (view.state === "countdown" || view.state === "soon") {
    act = { words: text("drop.claim", { price }), press: null };
  } else if (view.state === "pending") {
    act = { words: text("drop.claimed"), press: null };
  } else if (view.state === "yours" && view.hold) {
    const { id } = view.hold;
    act = checkOut(shop, () => room.shop.checkout({ hold: id }));
  } else if (view.state === "paying" && view.hold) {
    act = payAct(shop, view.hold.order);
  } else if (view.state === "entitled" && claim) {
    const order = shop.you.orders.find((each) => each.claim === claim.id && isOpen(each));
    act = order ? payAct(shop, order.id) : checkOut(shop, () => room.shop.checkout({ hold: claim.id }));
  } else if (view.state === "line") {
    act = { words: text("drop.leave"), press: () => room.shop.leaveDrop(drop.id), quiet: true };
  }
  return {
    key: `drop${drop.id}`, listing: listingOf(shop, drop.sku), kind: text("drop.title"), title: nameOfSKU(shop, drop.sku), price, before: beforeOf(shop, drop.sku, drop.priceMinor), status, act,
    due: dueOf(shop, view.hold, claim?.id), untilMs: view.untilMs, pattern: patternOf(view.state), good: view.state === "yours" || view.state === "paying",
  };
}

/**
 * What a card for this hold or claim has the button for, by `dueNow`'s keys.
 * @param {ShopState} shop @param {import("../client/protocol").Hold|null} hold @param {number} [claim]
 */
function dueOf(shop, hold, claim) {
  const order = shop.you.orders.find((each) => (hold ? each.id === hold.order : claim !== undefined && each.claim === claim && isOpen(each)));
  return order ? `order${order.id}` : hold ? `hold${hold.id}` : "";
}

/**
 * What it costs outside, where that is more.
 * @param {ShopState} shop @param {string} sku @param {number} priceMinor
 */
function beforeOf(shop, sku, priceMinor) {
  const variant = listingOf(shop, sku)?.variants.find((each) => each.sku === sku);
  const usual = Math.max(variant?.compareAtMinor ?? 0, variant?.priceMinor ?? 0);
  return usual > priceMinor ? priceText(shop, usual) : "";
}

/** @param {string} state */
const patternOf = (state) => (state === "countdown" || state === "upcoming" ? "shop.startsIn" : state === "yours" || state === "paying" || state === "won" ? "hold.left" : "shop.endsIn");

/** @param {ShopState} shop @param {() => Promise<any>} press @returns {Act} */
const checkOut = (shop, press) => (shop.paused ? { words: text("shop.paused"), press: null } : { words: text("cart.checkout"), press });

/** @param {ShopState} shop @param {number|null} id @returns {Act} */
function payAct(shop, id) {
  const order = shop.you.orders.find((each) => each.id === id);
  if (!order || orderState(order) === "creating") return { words: text("order.state.creating"), press: null };
  return { words: text("order.pay"), press: null, href: payableURL(order.paymentURL) };
}

/**
 * What an auction says and does.
 * @param {ShopState} shop @param {import("../client/protocol").Lot} lot @param {HawkerRoom} room
 * @returns {Card}
 */
export function lotCard(shop, lot, room) {
  const view = lotView(shop, lot, room.show.state?.you.member ?? "");
  const price = priceText(shop, lot.priceMinor);
  /** @param {{identity: string, name: string}|null} who */
  const someone = (who) => (who ? nameOf({ member: who.identity, name: who.name }) : "");
  const words = text(`lot.state.${view.state}`, { name: someone(lot.winner ?? lot.leader), price });
  const standing = view.state === "open" && lot.leader ? text("lot.leads", { name: someone(lot.leader) }) : words;
  // Before the first bid there is nothing that could reach the reserve.
  const isBelow = lot.reserveMet === false && lot.bids > 0 && lot.stage !== "cancelled";
  const status = isBelow ? text("lot.reserve", { status: standing }) : standing;
  /** @type {Act|null} */
  let act = null;
  if (view.hold) {
    const { id, order } = view.hold;
    act = order === null ? checkOut(shop, () => room.shop.checkout({ hold: id })) : payAct(shop, order);
  } else if (view.state === "leading") {
    act = { words: text("lot.youLead"), press: null };
  } else if (view.canBid) {
    act = { words: text("lot.bid", { price: priceText(shop, lot.nextMinor) }), press: () => room.shop.bid(lot.id, lot.nextMinor) };
  } else if (shop.paused && (lot.stage === "open" || lot.stage === "upcoming")) {
    act = { words: text("shop.paused"), press: null };
  }
  return {
    key: `lot${lot.id}`, listing: listingOf(shop, lot.sku), kind: text("lot.title"), title: nameOfSKU(shop, lot.sku), price, status, act,
    due: dueOf(shop, view.hold), untilMs: view.untilMs, pattern: patternOf(lot.stage === "upcoming" ? "upcoming" : view.state), good: view.state === "leading" || (view.state === "won" && view.hold !== null),
  };
}

/**
 * @param {ShopState} shop @param {import("../client/protocol").Listing} listing @param {number} pin @param {HawkerRoom} room @param {() => void} choose
 * @returns {Card}
 */
function listingCard(shop, listing, pin, room, choose) {
  const stock = stockOf(shop, listing);
  const lowest = listing.variants.reduce((least, each) => (each.priceMinor < least.priceMinor ? each : least), listing.variants[0]);
  const [only] = listing.variants;
  const inCart = shop.you.cart.lines.find((line) => line.sku === only.sku)?.quantity ?? 0;
  /** @type {Act} */
  let act = { words: text("shop.choose"), press: () => void choose() };
  if (stock === 0) act = { words: text("shop.soldOut"), press: null };
  else if (shop.paused) act = { words: text("shop.paused"), press: null };
  else if (listing.variants.length === 1) {
    act = inCart > 0
      ? { words: text("cart.openWith", { count: inCart }), press: () => void choose() }
      : { words: text("cart.add"), press: () => room.shop.setCart(only.sku, 1) };
  }
  const several = listing.variants.some((each) => each.priceMinor !== lowest.priceMinor);
  const price = priceText(shop, lowest.priceMinor);
  return {
    key: `listing${listing.id}`, pin, listing, kind: "", title: listing.title, price: several ? text("shop.from", { price }) : price, before: several ? "" : beforeOf(shop, lowest.sku, lowest.priceMinor),
    status: stock === 0 ? text("shop.soldOut") : plural("shop.available", stock), untilMs: null, pattern: "", act, good: false,
  };
}

/**
 * Puts what an act is into a button or, to pay, a link; the focus stays.
 * @param {HTMLElement} place @param {Act|null} act @param {(work: Promise<any>) => void} run
 */
export function drawAct(place, act, run) {
  place.hidden = act === null;
  if (!act) return;
  const kind = act.href ? "A" : "BUTTON";
  let control = /** @type {any} */ (place.firstElementChild);
  if (control?.tagName !== kind) {
    const hadFocus = control !== null && control === document.activeElement;
    control = kind === "A"
      ? make("a.button.primary", { target: "_blank", rel: "noopener noreferrer" })
      : make("button.primary", { onclick: () => control.act?.press && pressOnce(control, control.act.press, run) });
    // A link without an address takes no focus.
    if (act.href) control.href = act.href;
    place.replaceChildren(control);
    if (hadFocus) control.focus();
  }
  control.act = act;
  if (act.href) control.href = act.href;
  else if (act.press) control.removeAttribute("aria-disabled");
  else control.setAttribute("aria-disabled", "true");
  control.classList.toggle("primary", !act.quiet);
  setText(control, act.words);
}

/**
 * Whether a person has it before them: drawn, not scrolled away, and in a tab that is looked at.
 * @param {HTMLElement} node @param {HTMLElement} [frame]  what scrolls
 */
export function isInView(node, frame = document.documentElement) {
  if (document.visibilityState !== "visible" || node.getClientRects().length === 0) return false;
  const [box, place] = [node.getBoundingClientRect(), frame.getBoundingClientRect()];
  return box.height > 0 && box.bottom > place.top && box.top < Math.min(place.bottom, innerHeight) && box.right > place.left && box.left < place.right;
}

/** One line for what is held or ordered and not what the card is about: how long still, and the button to pay. */
class DueRow {
  node;
  #title = make("strong.cut", { dir: "auto" });
  #left = make("span.quiet-text.small.numbers");
  #act = make("div.act");
  #room;
  #run;

  /** @param {HawkerRoom} room @param {(work: Promise<any>) => void} run */
  constructor(room, run) {
    this.#room = room;
    this.#run = run;
    this.node = make("div.due", { hidden: true }, make("div.grow", {}, this.#title, this.#left), this.#act);
  }

  /** @param {ShopState} shop @param {import("../shared/offers.js").Due[]} due */
  render(shop, due) {
    const [first, ...others] = due;
    this.node.hidden = first === undefined;
    if (!first) return;
    const { hold, order } = first;
    const count = first.others + others.length;
    const name = nameOfSKU(shop, first.sku);
    setText(this.#title, count > 0 ? plural("due.more", count, { title: name }) : name);
    countDown(this.#left, first.untilMs, hold ? "hold.left" : "order.left");
    drawAct(this.#act, hold ? checkOut(shop, () => this.#room.shop.checkout({ hold: hold.id })) : payAct(shop, order?.id ?? null), this.#run);
  }
}

export class NowCard {
  #room;
  #run;
  #show;
  #box = element("commerce");
  #picture = make("span.product", { "aria-hidden": "true" }, icon("bag"));
  #kind = make("span.kind");
  #title = make("h2.cut", { dir: "auto" });
  #status = make("span", { role: "status" });
  #left = make("span.quiet-text.small.numbers");
  #price = make("strong.price.numbers");
  #before = make("s.quiet-text.small.numbers");
  #act = make("div.act");
  #head;
  #due;

  /** @param {HawkerRoom} room @param {(work: Promise<any>) => void} run @param {(panel: string) => void} show */
  constructor(room, run, show) {
    this.#room = room;
    this.#run = run;
    this.#show = show;
    const line = make("p.quiet-text.small.now-line", {}, this.#kind, this.#status);
    this.#head = make("div.listing", {}, this.#picture, make("div.grow", {}, this.#title, line), make("div.side", {}, this.#price, this.#before, this.#left));
    this.#due = new DueRow(room, run);
    this.#box.append(this.#head, this.#act, this.#due.node);
  }

  /** @param {ShopState} shop */
  render(shop) {
    const card = this.#cardOf(shop);
    // What this buyer has to pay in time is not hidden by what comes next.
    const due = dueNow(shop).filter((each) => each.key !== card?.due);
    this.#box.hidden = card === null && due.length === 0;
    this.#head.hidden = card === null;
    this.#due.render(shop, due);
    if (!card) return void (this.#act.hidden = true);
    this.#box.dataset.offer = card.key;
    this.#box.classList.toggle("good", card.good);
    showPicture(this.#picture, card.listing);
    setText(this.#kind, card.kind);
    this.#kind.hidden = !card.kind;
    setText(this.#title, card.title);
    setText(this.#status, card.status);
    setText(this.#price, card.price);
    setText(this.#before, card.untilMs === null ? (card.before ?? "") : "");
    countDown(this.#left, card.untilMs, card.pattern);
    drawAct(this.#act, card.act, this.#run);
    if (card.pin !== undefined && isInView(this.#head)) void this.#room.shop.seen(card.pin);
  }

  /** @param {ShopState} shop @returns {Card|null} */
  #cardOf(shop) {
    const now = this.#room.clock.now();
    const offer = offerNow(shop, Number.isFinite(now) ? now : Date.now());
    if (!offer) return null;
    if ("lot" in offer) return lotCard(shop, offer.lot, this.#room);
    if ("drop" in offer) return dropCard(shop, offer.drop, this.#room);
    return listingCard(shop, offer.listing, offer.pin, this.#room, () => this.#show("shop-panel"));
  }
}

