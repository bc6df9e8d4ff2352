// The room's shop as state: what is offered, pinned, dropped and auctioned, and what is one's own. Pure: no clock, no network.

/** @typedef {import("./protocol").Message} Message */
/** @typedef {import("./protocol").ShopState} ShopState */
/** @typedef {import("./protocol").Listing} Listing */
/** @typedef {import("./protocol").Drop} Drop */
/** @typedef {import("./protocol").OwnShop} OwnShop */

/** Orders kept of one's own, and by staff of all: the rest is asked for. */
export const ORDERS_MAX = 100;
/** Drops that are over stay for a look back. */
export const DROPS_MAX = 20;

/** @type {OwnShop} */
export const NOTHING_OWN = { cart: { lines: [], voucher: null }, holds: [], claims: [], bids: [], orders: [] };

/**
 * The shop that a whole snapshot tells of; what is one's own comes with `me`.
 * @param {Message[]} parts in their order
 * @returns {ShopState}
 */
export function shopFrom(parts) {
  /** @param {string} name @returns {any[]} */
  const list = (name) => parts.flatMap((part) => part[name] ?? []);
  const head = parts[0].shop ?? {};
  return {
    currency: head.currency ?? null,
    paused: head.paused ?? false,
    holdSeconds: head.holdSeconds ?? 300,
    merchant: head.merchant ?? null,
    listings: list("listings"),
    pins: list("pins"),
    drops: list("drops"),
    lot: head.lot ?? null,
    leaderboard: head.leaderboard ?? [],
    gifts: head.gifts ?? [],
    packs: head.packs ?? [],
    revenue: head.revenue ?? null,
    vouchers: list("vouchers"),
    orders: [],
    seen: {},
    gift: null,
    you: NOTHING_OWN,
  };
}

/**
 * Events that tell what is one's own, or counters: they carry the number of another event, don't move the cursor, and may come twice.
 */
export const SHOP_UNORDERED = new Set([
  "claimed", "dropLeft", "holdMade", "holdPriced", "holdEnded", "bidPlaced", "outbid", "cartSet", "ownOrderUpdated",
  "stock", "units", "dropCounts", "lotState", "leaderboard", "revenue", "pinSeen",
]);

/**
 * The shop after an event; the same object for one that is none of the shop's, or changes nothing.
 * @param {ShopState} shop
 * @param {Message} event as the server sent it; an `orderUpdated` without `member` is an `ownOrderUpdated`
 * @returns {ShopState}
 */
export function applyToShop(shop, event) {
  const change = Object.hasOwn(CHANGES, event.type) ? CHANGES[event.type] : undefined;
  return change ? change(shop, event) : shop;
}

/**
 * Whether an event is the shop's.
 * @param {string} type
 */
export const isOfShop = (type) => Object.hasOwn(CHANGES, type);

/** @type {Record<string, (shop: ShopState, event: Message) => ShopState>} */
const CHANGES = {
  // `type` of the settings is the event's: only the settings' own fields are taken.
  shopSet: (shop, { shop: { currency, paused, holdSeconds, merchant } }) => ({ ...shop, currency, paused, holdSeconds, merchant: merchant ?? shop.merchant }),
  listingPut: (shop, { listing }) => ({ ...shop, listings: withItem(shop.listings, listing) }),
  listingRemoved: (shop, { listing }) => ({
    ...shop,
    listings: shop.listings.filter((each) => each.id !== listing),
    pins: shop.pins.filter((each) => each.listing !== listing),
  }),
  listingsOrdered: (shop, { listings }) => {
    const place = new Map(listings.map((/** @type {number} */ id, /** @type {number} */ at) => [id, at]));
    return { ...shop, listings: [...shop.listings].sort((a, b) => Number(place.get(a.id)) - Number(place.get(b.id))) };
  },
  variantSet: (shop, { listing, variant }) => withVariant(shop, variant.sku, variant, listing),
  stock: (shop, { sku, available, sold }) => withVariant(shop, sku, { available, sold }),
  units: (shop, { sku, units, held, reserved, pending, unanswered }) => withVariant(shop, sku, { units, held, reserved, pending, unanswered }),
  listingPinned: (shop, { slot, pin }) => {
    const others = shop.pins.filter((each) => each.slot !== slot);
    return { ...shop, pins: pin ? [...others, pin].sort((a, b) => a.slot - b.slot) : others };
  },
  pinSeen: (shop, { pin, seen, viewers }) => ({ ...shop, seen: { [pin]: { seen, viewers }, ...only(shop.seen, shop.pins, pin) } }),
  voucherPut: (shop, { voucher }) => ({
    ...shop,
    vouchers: [...shop.vouchers.filter((each) => each.code !== voucher.code), voucher].sort((a, b) => (a.code < b.code ? -1 : 1)),
  }),
  voucherRemoved: (shop, { code }) => ({ ...shop, vouchers: shop.vouchers.filter((each) => each.code !== code) }),

  dropScheduled: withDrop,
  dropStarted: withDrop,
  dropOpened: withDrop,
  dropDecided: withDrop,
  dropEnded: withDrop,
  dropSettled: withDrop,
  dropCounts: (shop, { drop, remaining, sold, waiting }) => ({
    ...shop,
    drops: shop.drops.map((each) => (each.id === drop ? { ...each, remaining, sold, waiting } : each)),
  }),

  lotOpened: withLot,
  lotStarted: withLot,
  lotProlonged: withLot,
  lotClosing: withLot,
  lotAwarded: withLot,
  lotClosed: withLot,
  lotState: withLot,

  claimed: (shop, { claim, hold }) => withOwn(shop, (own) => ({
    ...own,
    claims: claim.status === "held" ? own.claims.filter((each) => each.id !== claim.id) : withItem(own.claims, claim),
    holds: hold ? withItem(own.holds, hold) : own.holds,
  })),
  dropLeft: (shop, { drop }) => withOwn(shop, (own) => ({ ...own, claims: own.claims.filter((each) => each.drop !== drop) })),
  holdMade: (shop, { hold }) => withOwn(shop, (own) => ({ ...own, holds: withItem(own.holds, hold) })),
  holdPriced: (shop, { hold }) => withOwn(shop, (own) => ({ ...own, holds: withItem(own.holds, hold) })),
  holdEnded: (shop, { hold }) => withOwn(shop, (own) => ({ ...own, holds: own.holds.filter((each) => each.id !== hold) })),
  bidPlaced: (shop, { bid }) => withOwn(shop, (own) => ({ ...own, bids: [bid] })),
  outbid: (shop) => shop,
  cartSet: (shop, { cart }) => withOwn(shop, (own) => ({ ...own, cart })),
  ownOrderUpdated: (shop, { order }) => withOwn(shop, (own) => {
    const isSold = order.status === "paid" || order.status === "shipped" || order.status === "refundRequested" || order.status === "refunded";
    return {
      ...own,
      orders: withNewest(own.orders, order),
      holds: isSold ? own.holds.filter((each) => each.id !== order.hold) : own.holds.map((each) => (each.id === order.hold ? { ...each, order: isOpen(order) ? order.id : null } : each)),
      claims: isSold ? own.claims.filter((each) => each.id !== order.claim) : own.claims,
    };
  }),
  orderUpdated: (shop, { order }) => ({ ...shop, vouchers: withUse(shop, order), orders: withNewest(shop.orders, order) }),
  reportRefused: (shop) => shop,
  revenue: (shop, { revenue }) => ({ ...shop, revenue }),

  gifted: (shop, { member, gift, count, combo, atMs }) => ({ ...shop, gift: { member, gift, count, combo, atMs } }),
  leaderboard: (shop, { leaderboard }) => ({ ...shop, leaderboard }),
};

/**
 * How often vouchers are used: each order that has not come to nothing is a use of its own.
 * @param {ShopState} shop @param {import("./protocol").Order} order  as it is now
 */
function withUse(shop, order) {
  if (!order.voucher) return shop.vouchers;
  const isUse = (/** @type {string} */ status) => status !== "failed" && status !== "cancelled" && status !== "expired";
  const before = shop.orders.find((each) => each.id === order.id);
  // One that this page hasn't seen is new, or was counted when the page came.
  const more = Number(isUse(order.status)) - Number(before ? isUse(before.status) : order.status !== "creating");
  return more === 0 ? shop.vouchers : shop.vouchers.map((each) => (each.code === order.voucher ? { ...each, uses: Math.max(0, each.uses + more) } : each));
}

/**
 * Whether an order waits for the merchant or its buyer.
 * @param {{status: string}} order
 */
export const isOpen = (order) => order.status === "creating" || order.status === "awaitingPayment";

/**
 * What is one's own, whole, as `me` tells it.
 * @param {ShopState} shop
 * @param {OwnShop|undefined} own
 */
export const withWholeOwn = (shop, own) => (own ? { ...shop, you: own } : shop);

/** @param {ShopState} shop @param {(own: OwnShop) => OwnShop} change */
function withOwn(shop, change) {
  return { ...shop, you: change(shop.you) };
}

/** @param {ShopState} shop @param {Message} event */
function withDrop(shop, { drop }) {
  const drops = withItem(shop.drops, drop);
  const over = drops.length > DROPS_MAX ? drops.findIndex((each) => each.settled) : -1;
  const next = { ...shop, drops: over < 0 ? drops : drops.filter((_, at) => at !== over) };
  // Who waits goes on waiting after the time is over, as long as something may come free.
  const isOver = drop.settled || (drop.stage === "ended" && (drop.endWhy !== "time" || drop.mode === "firstPaid"));
  if (!isOver || !shop.you.claims.some((each) => each.drop === drop.id)) return next;
  return withOwn(next, (own) => ({ ...own, claims: own.claims.filter((each) => each.drop !== drop.id) }));
}

/** @param {ShopState} shop @param {Message} event */
function withLot(shop, { lot }) {
  if (shop.lot && lot.id < shop.lot.id) return shop;
  return { ...shop, lot, you: shop.lot?.id === lot.id ? shop.you : { ...shop.you, bids: shop.you.bids.filter((each) => each.lot === lot.id) } };
}

/**
 * @param {ShopState} shop
 * @param {string} sku
 * @param {Record<string, any>} change
 * @param {number} [listing]
 */
function withVariant(shop, sku, change, listing) {
  const at = shop.listings.findIndex((each) => (listing === undefined || each.id === listing) && each.variants.some((variant) => variant.sku === sku));
  if (at < 0) return shop;
  const listings = [...shop.listings];
  listings[at] = { ...listings[at], variants: listings[at].variants.map((each) => (each.sku === sku ? { ...each, ...change } : each)) };
  return { ...shop, listings };
}

/** @param {Record<string, any>} table @param {{id: number}[]} items @param {number} but */
function only(table, items, but) {
  return Object.fromEntries(Object.entries(table).filter(([id]) => Number(id) !== but && items.some((each) => each.id === Number(id))));
}

/**
 * The list with this item in place of the one with its id, or as its last.
 * @template {{id: number}} T
 * @param {T[]} items
 * @param {T} item
 * @returns {T[]}
 */
function withItem(items, item) {
  return items.some((each) => each.id === item.id) ? items.map((each) => (each.id === item.id ? item : each)) : [...items, item];
}

/**
 * The same for lists whose newest is first.
 * @template {{id: number}} T
 * @param {T[]} items
 * @param {T} item
 * @returns {T[]}
 */
function withNewest(items, item) {
  if (items.some((each) => each.id === item.id)) return items.map((each) => (each.id === item.id ? item : each));
  return [item, ...items].sort((a, b) => b.id - a.id).slice(0, ORDERS_MAX);
}

// What pages show of it.

/**
 * The listing and variant that a SKU is.
 * @param {ShopState} shop
 * @param {string} sku
 */
export function offerOf(shop, sku) {
  for (const listing of shop.listings) {
    const variant = listing.variants.find((each) => each.sku === sku);
    if (variant) return { listing, variant };
  }
  return null;
}

/**
 * What a cart comes to with the prices and the voucher of now; the order says what counts.
 * @param {ShopState} shop
 */
export function cartTotal(shop) {
  const { lines, voucher } = shop.you.cart;
  const known = lines.map((line) => ({ line, offer: offerOf(shop, line.sku) })).filter(({ offer, line }) => offer && offer.variant.available >= line.quantity);
  const sumMinor = known.reduce((sum, { line, offer }) => sum + (offer?.variant.priceMinor ?? 0) * line.quantity, 0);
  const counts = voucher && sumMinor >= (voucher.minimumMinor ?? 0);
  const off = counts ? (voucher.kind === "percent" ? Math.floor((sumMinor * Math.min(voucher.value, 100)) / 100) : voucher.value) : 0;
  const discountMinor = Math.min(off, sumMinor);
  return { sumMinor, discountMinor, totalMinor: sumMinor - discountMinor, missing: lines.filter((line) => !known.some((each) => each.line === line)) };
}

/**
 * Milliseconds until a time of the server's, never below 0; NaN while the server's clock is not known.
 * @param {number|null} untilMs
 * @param {number} serverNowMs `ServerClock.now()`
 */
export function leftMs(untilMs, serverNowMs) {
  if (untilMs === null) return NaN;
  return Math.max(0, untilMs - serverNowMs);
}

/**
 * How long until a countdown's shown second changes: when to draw it again.
 * @param {number} left from `leftMs`
 */
export const untilNextSecond = (left) => (left > 0 ? left % 1000 || 1000 : Infinity);

/**
 * What a countdown shows: `m:ss`, every begun second counted.
 * @param {number} left from `leftMs`
 */
export function clockText(left) {
  if (Number.isNaN(left)) return "–:––";
  const seconds = Math.ceil(left / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/**
 * An amount in its currency, as people of a locale write it.
 * @param {number} minor
 * @param {string|null} currency
 * @param {string} [locale]
 */
export function moneyText(minor, currency, locale) {
  if (!currency) return String(minor);
  const format = new Intl.NumberFormat(locale, { style: "currency", currency });
  return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}
