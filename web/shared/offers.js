// What a buyer is told of a drop, an auction, an order: pure, from the shop's state and the server's time. The pages only draw it.

import { isOpen, moneyText } from "../client/shop.js";
import { language } from "./strings.js";

/** @typedef {import("../client/protocol").ShopState} ShopState */
/** @typedef {import("../client/protocol").Drop} Drop */
/** @typedef {import("../client/protocol").Lot} Lot */
/** @typedef {import("../client/protocol").Listing} Listing */

/** How long an ended drop or auction stays in view: its end is news. */
export const NEWS_MS = 20_000;

/**
 * @typedef {object} DropView
 * @property {"soon"|"countdown"|"open"|"pending"|"yours"|"paying"|"line"|"entitled"|"soldOut"|"over"|"cancelled"} state  what it is to this buyer
 * @property {number|null} untilMs  what is counted down to
 * @property {number} held  units this buyer holds of it
 * @property {number|null} position  in the line; 1 is next
 * @property {import("../client/protocol").Hold|null} hold
 * @property {boolean} canClaim
 * @property {boolean} queues  a claim would only get a place in the line
 */

/**
 * A drop as its buyer has it.
 * @param {ShopState} shop @param {Drop} drop
 * @returns {DropView}
 */
export function dropView(shop, drop) {
  const holds = shop.you.holds.filter((each) => each.drop === drop.id);
  const claim = shop.you.claims.find((each) => each.drop === drop.id) ?? null;
  const held = holds.reduce((sum, each) => sum + each.quantity, 0);
  const wanted = held + (claim?.quantity ?? 0);
  const isTaking = drop.stage === "window" || drop.stage === "open";
  const view = {
    held, position: claim?.position ?? null, hold: holds[0] ?? null, untilMs: /** @type {number|null} */ (null),
    canClaim: isTaking && wanted < drop.perBuyer && !shop.paused,
    // No unit stays free while somebody waits.
    queues: drop.mode === "hold" && drop.stage === "open" && (drop.waiting > 0 || drop.remaining === 0),
  };
  /** @param {DropView["state"]} state @param {number|null} [untilMs] @returns {DropView} */
  const as = (state, untilMs = null) => ({ ...view, state, untilMs });
  if (view.hold) return as(view.hold.order === null ? "yours" : "paying", view.hold.untilMs);
  if (claim?.status === "pending") return as("pending");
  if (claim?.status === "entitled") return as("entitled", drop.endsAtMs);
  if (claim) return as("line", isTaking ? drop.endsAtMs : null);
  if (drop.stage === "scheduled") return drop.startsAtMs === null ? as("soon") : as("countdown", drop.startsAtMs);
  if (isTaking) return as("open", drop.endsAtMs);
  if (drop.endWhy === "cancelled") return as("cancelled");
  return as(drop.endWhy === "soldOut" ? "soldOut" : "over");
}

/**
 * @typedef {object} LotView
 * @property {"upcoming"|"open"|"leading"|"outbid"|"closing"|"won"|"lost"|"sold"|"unsold"|"cancelled"} state  what it is to this buyer
 * @property {number|null} untilMs
 * @property {boolean} canBid
 * @property {number|null} maxMinor  up to where the server bids for this buyer
 * @property {import("../client/protocol").Hold|null} hold  what the winner holds
 */

/**
 * An auction as its buyer has it.
 * @param {ShopState} shop @param {Lot} lot @param {string} member  this buyer
 * @returns {LotView}
 */
export function lotView(shop, lot, member) {
  const bid = shop.you.bids.find((each) => each.lot === lot.id);
  const hold = shop.you.holds.find((each) => each.lot === lot.id) ?? null;
  const leads = lot.leader?.identity === member;
  const isTaking = lot.stage === "upcoming" || lot.stage === "open";
  const view = { maxMinor: bid?.maxMinor ?? null, hold, canBid: isTaking && !shop.paused, untilMs: /** @type {number|null} */ (null) };
  /** @param {LotView["state"]} state @param {number|null} [untilMs] @returns {LotView} */
  const as = (state, untilMs = null) => ({ ...view, state, untilMs });
  if (hold) return as("won", hold.untilMs);
  if (lot.stage === "sold") return as(lot.winner?.identity === member ? "won" : bid ? "lost" : "sold");
  if (lot.stage === "unsold" || lot.stage === "cancelled" || lot.stage === "closing") return as(lot.stage);
  if (lot.stage === "upcoming" && !bid) return as("upcoming", lot.startsAtMs);
  const until = lot.stage === "upcoming" ? lot.startsAtMs : lot.endsAtMs;
  return as(leads ? "leading" : bid ? "outbid" : "open", until);
}

/** @param {Lot} lot */
export const isLotOver = (lot) => lot.stage === "sold" || lot.stage === "unsold" || lot.stage === "cancelled";

const UNSETTLED = new Set(["soon", "countdown", "open", "pending"]);

/**
 * What stands over the picture: an auction that runs, else a drop, else what is pinned; what just ended stays a moment.
 * @param {ShopState} shop @param {number} nowMs  the server's time
 * @returns {{lot: Lot}|{drop: Drop}|{listing: Listing, pin: number}|null}
 */
export function offerNow(shop, nowMs) {
  const { lot } = shop;
  if (lot && !isLotOver(lot)) return { lot };
  const running = [...shop.drops].reverse().filter((each) => each.stage !== "ended");
  // Where a tap counts comes before what is settled for this buyer.
  const drop = running.find((each) => UNSETTLED.has(dropView(shop, each).state));
  if (drop) return { drop };
  if (lot && (shop.you.holds.some((each) => each.lot === lot.id) || nowMs - (lot.closesAtMs ?? lot.endsAtMs) < NEWS_MS)) return { lot };
  if (running.length > 0) return { drop: running[0] };
  const ended = [...shop.drops].reverse().find((each) => isNews(shop, each, nowMs));
  if (ended) return { drop: ended };
  for (const pin of shop.pins) {
    const listing = shop.listings.find((each) => each.id === pin.listing);
    if (listing) return { listing, pin: pin.id };
  }
  return null;
}

/** @param {ShopState} shop @param {Drop} drop @param {number} nowMs */
function isNews(shop, drop, nowMs) {
  const isMine = [...shop.you.holds, ...shop.you.claims].some((each) => each.drop === drop.id);
  return isMine || (drop.endsAtMs !== null && nowMs >= drop.endsAtMs && nowMs - drop.endsAtMs < NEWS_MS);
}

/**
 * The drops that a buyer still has something to do with, the newest first.
 * @param {ShopState} shop @param {number} nowMs
 */
export const dropsNow = (shop, nowMs) => [...shop.drops].reverse().filter((each) => each.stage !== "ended" || isNews(shop, each, nowMs));

/**
 * What an order is to its buyer: `pay` once there is somewhere to pay.
 * @param {import("../client/protocol").Order} order
 */
export const orderState = (order) => (order.status === "awaitingPayment" && !order.paymentURL ? "creating" : order.status);

/**
 * One thing that a buyer has to do before a time is over: check out what is held, or pay.
 * @typedef {object} Due
 * @property {string} key
 * @property {string} sku  of its first line
 * @property {number} others  lines beside it
 * @property {number} untilMs
 * @property {import("../client/protocol").Hold|null} hold  not ordered yet
 * @property {import("../client/protocol").Order|null} order
 */

/**
 * What waits for this buyer, the most urgent first. It must be in view whatever else is on: its time runs.
 * @param {ShopState} shop
 * @returns {Due[]}
 */
export function dueNow(shop) {
  const { holds, orders } = shop.you;
  const unordered = holds.filter((each) => !orders.some((order) => order.id === each.order && isOpen(order)));
  const due = [
    ...unordered.map((hold) => ({ key: `hold${hold.id}`, sku: hold.sku, others: 0, untilMs: hold.untilMs, hold, order: null })),
    ...orders.filter(isOpen).map((order) => ({ key: `order${order.id}`, sku: order.lines[0]?.sku ?? "", others: order.lines.length - 1, untilMs: order.untilMs, hold: null, order })),
  ];
  return due.sort((a, b) => a.untilMs - b.untilMs);
}

/**
 * Listings as a buyer looks through them: what the host talks about first.
 * @param {ShopState} shop
 */
export function shelfOf(shop) {
  const pinned = new Set(shop.pins.map((each) => each.listing));
  return [...shop.listings.filter((each) => pinned.has(each.id)), ...shop.listings.filter((each) => !pinned.has(each.id))];
}

/** @param {ShopState} shop @param {Listing} listing */
export const stockOf = (shop, listing) => listing.variants.reduce((sum, each) => sum + each.available, 0);

/**
 * An amount as people of this language write it.
 * @param {ShopState} shop @param {number} minor
 */
export const priceText = (shop, minor) => moneyText(minor, shop.currency, language.tag);

/**
 * How many decimals a currency's smallest unit is.
 * @param {string} currency
 */
export const digitsOf = (currency) => new Intl.NumberFormat(language.tag, { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;

/**
 * What somebody typed, in the currency's smallest unit; null for no amount.
 * @param {string} words  `12`, `12.5`, `12,50`
 * @param {string} currency
 */
export function minorOf(words, currency) {
  const match = /^\s*(\d{1,11})(?:[.,](\d*))?\s*$/.exec(words);
  if (!match) return null;
  const digits = digitsOf(currency);
  const part = match[2] ?? "";
  if (part.length > digits) return null;
  return Number(match[1] + part.padEnd(digits, "0"));
}

/**
 * An amount as a field has it: no sign, a point.
 * @param {number} minor @param {string} currency
 */
export const plainAmount = (minor, currency) => (minor / 10 ** digitsOf(currency)).toFixed(digitsOf(currency));

/** @param {string} words */
export const isCurrency = (words) => /^[A-Z]{3}$/.test(words);

/**
 * The address of a page to pay at, if it is one: what a merchant sends is not run as a script.
 * @param {string|null|undefined} url
 */
export function payableURL(url) {
  return url && /^https?:\/\//i.test(url) ? url : null;
}
