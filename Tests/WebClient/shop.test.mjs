// The room's shop as the socket tells it, made into the state that pages show; countdowns by the server's clock.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { LiveShow } from "../../web/client/live-show.js";
import { ShopDesk } from "../../web/client/shop-desk.js";
import { cartTotal, clockText, leftMs, moneyText, offerOf, ORDERS_MAX, untilNextSecond } from "../../web/client/shop.js";
import { ServerClock } from "../../web/client/timing.js";

const variant = (sku, more = {}) => ({ sku, title: null, priceMinor: 2500, compareAtMinor: null, available: 10, sold: 0, ...more });
const listing = (id, ...skus) => ({ id, reference: `r${id}`, title: `Listing ${id}`, description: null, images: [], url: null, variants: skus.map((sku) => variant(sku)) });
const drop = (id, more = {}) => ({ id, listing: 101, sku: "A", quantity: 5, priceMinor: 1500, perBuyer: 2, mode: "hold", stage: "scheduled", startsAtMs: 1000, windowMs: 0, endsAtMs: null, endWhy: null, settled: false, remaining: 5, sold: 0, waiting: 0, commitment: "8c1f", seed: null, ...more });
const lot = (id, more = {}) => ({ id, listing: 101, sku: "B", stage: "open", startMinor: 1000, priceMinor: 1000, nextMinor: 1000, bids: 0, leader: null, reserveMet: true, winner: null, startsAtMs: 1, endsAtMs: 2, closesAtMs: null, softClose: true, softSeconds: 10, ...more });
const order = (id, more = {}) => ({ id, status: "creating", lines: [{ sku: "A", quantity: 1, priceMinor: 1500 }], totalMinor: 1500, discountMinor: 0, voucher: null, currency: "EUR", untilMs: 9, atMs: 1, hold: null, claim: null, reason: null, ...more });
const hold = (id, more = {}) => ({ id, sku: "A", quantity: 1, priceMinor: 1500, untilMs: 9000, source: "drop", drop: 106, order: null, ...more });
const claim = (id, status, more = {}) => ({ id, drop: 106, quantity: 1, status, position: null, ...more });
const own = (more = {}) => ({ cart: { lines: [], voucher: null }, holds: [], claims: [], bids: [], orders: [], ...more });

const head = {
  type: "snapshot", cursor: 105, part: 0, last: false, phase: "live", settings: { emojis: [] }, schedule: null, host: null, followers: 0,
  chat: { mode: "everyone", slowSeconds: 0, hold: "off", links: "allow", emojiOnly: false }, pinned: null, stage: [], totals: [], highlighted: null,
  shop: { currency: "EUR", paused: false, holdSeconds: 300, lot: null, leaderboard: [], gifts: [{ id: "rose", emoji: "🌹", coins: 1 }], packs: [] }, listings: [listing(101, "A", "B")],
};
const rest = { type: "snapshot", cursor: 105, part: 1, last: true, listings: [listing(102, "C")], pins: [{ id: 103, slot: 1, listing: 101, atMs: 1, mediaTimeMs: null }], drops: [] };
const me = (shop) => ({ type: "me", cursor: 105, role: "viewer", publish: false, muted: false, timedOutUntilMs: null, follows: false, stage: "off", shop });

function live(...messages) {
  const show = new LiveShow();
  show.joined({ member: { identity: "bob", name: "Bob", role: "viewer" }, room: { name: "demo", phase: "live", hostPresent: true } });
  for (const message of [head, rest, me(own()), ...messages]) show.receive(message);
  return show;
}
const shopAfter = (...messages) => live(...messages).state.shop;
let cursor = 200;
const event = (type, more = {}) => ({ type, cursor: ++cursor, atMs: 5000, ...more });

test("a snapshot in parts is one shop; `me` says what is one's own, and until it comes what was known holds", () => {
  const show = live(me(own({ holds: [hold(110)] })));
  const { shop } = show.state;
  assert.deepEqual([shop.currency, shop.listings.map((each) => each.id), shop.pins.length, shop.lot], ["EUR", [101, 102], 1, null]);
  assert.deepEqual(shop.you.holds.map((each) => each.id), [110]);
  show.receive(head);
  show.receive(rest);
  assert.deepEqual(show.state.shop.you.holds.map((each) => each.id), [110], "until `me` comes");
  show.receive(me(own()));
  assert.deepEqual(show.state.shop.you.holds, []);
});

test("listings are put, changed, put in order and removed with their pins", () => {
  const shop = shopAfter(
    event("listingPut", { listing: { ...listing(101, "A"), title: "New" } }), event("listingPut", { listing: listing(120, "D") }),
    event("variantSet", { listing: 120, variant: variant("D", { priceMinor: 99 }) }), event("stock", { sku: "D", available: 3, sold: 7 }),
    event("listingsOrdered", { listings: [120, 102, 101] }),
  );
  assert.deepEqual(shop.listings.map((each) => each.title), ["Listing 120", "Listing 102", "New"]);
  assert.deepEqual(shop.listings[0].variants[0], variant("D", { priceMinor: 99, available: 3, sold: 7 }));
  assert.deepEqual(offerOf(shop, "D").variant.sold, 7);
  const less = shopAfter(event("listingRemoved", { listing: 101 }));
  assert.deepEqual([less.listings.map((each) => each.id), less.pins], [[102], []]);
});

test("a pin is put in its slot and taken out; who sees it is counted for the pin that is there", () => {
  const pin = (id, slot) => ({ id, slot, listing: 102, atMs: 1, mediaTimeMs: 2 });
  const shop = shopAfter(event("listingPinned", { slot: 2, pin: pin(120, 2) }), event("listingPinned", { slot: 1, pin: null }), event("pinSeen", { pin: 120, seen: 2, viewers: 3 }));
  assert.deepEqual([shop.pins.map((each) => each.id), shop.seen], [[120], { 120: { seen: 2, viewers: 3 } }]);
});

test("a claim goes from pending to held or waiting; a hold ends; own news twice is harmless", () => {
  const held = event("claimed", { claim: claim(107, "held", { quantity: 0 }), hold: hold(107) });
  const scheduled = event("dropScheduled", { drop: drop(106) });
  const show = live(scheduled, event("claimed", { claim: claim(107, "pending"), hold: null }));
  assert.deepEqual(show.state.shop.you.claims.map((each) => each.status), ["pending"]);
  const at = show.cursor;
  show.receive(held);
  show.receive(held);
  assert.equal(show.cursor, at, "own news don't move the cursor");
  assert.deepEqual([show.state.shop.you.claims, show.state.shop.you.holds.map((each) => each.id)], [[], [107]]);
  show.receive(event("claimed", { claim: claim(109, "waiting", { position: 3 }), hold: null }));
  show.receive(event("dropCounts", { drop: 106, remaining: 1, sold: 2, waiting: 4 }));
  assert.deepEqual([show.state.shop.you.claims[0].position, show.state.shop.drops[0].waiting, show.state.shop.drops[0].sold], [3, 4, 2]);
  show.receive(event("holdEnded", { hold: 107, why: "expired" }));
  assert.deepEqual(show.state.shop.you.holds, []);
  // The time is over, but a unit may still come free.
  show.receive(event("dropEnded", { drop: drop(106, { stage: "ended", endWhy: "time" }) }));
  assert.equal(show.state.shop.you.claims.length, 1);
  show.receive(event("dropSettled", { drop: drop(106, { stage: "ended", endWhy: "time", settled: true }) }));
  assert.equal(show.state.shop.you.claims.length, 0);
});

test("staff know where all units are; what this server gives and sells coins in comes with the snapshot", () => {
  const shop = shopAfter(event("units", { sku: "A", units: 12, held: 2, reserved: 5 }));
  const { units, held, reserved, available } = shop.listings[0].variants[0];
  assert.deepEqual([units, held, reserved, available], [12, 2, 5, 10]);
  assert.deepEqual([shop.gifts.map((each) => each.id), shop.packs], [["rose"], []]);
});

test("an event comes before the own news of the same number, or after: both count", () => {
  const scheduled = event("dropScheduled", { drop: drop(106) });
  const decided = event("dropDecided", { drop: drop(106, { stage: "open", seed: "00" }) });
  const mine = { ...event("claimed", { claim: claim(107, "waiting", { position: 1 }), hold: null }), cursor: decided.cursor };
  for (const messages of [[mine, decided], [decided, mine]]) {
    const shop = shopAfter(scheduled, ...messages);
    assert.deepEqual([shop.drops[0].seed, shop.you.claims[0].position], ["00", 1]);
  }
});

test("an auction moves on; one's own maximum belongs to its lot", () => {
  const show = live(event("lotOpened", { lot: lot(120) }), event("bidPlaced", { bid: { lot: 120, maxMinor: 3000 } }));
  show.receive(event("lotState", { lot: lot(120, { priceMinor: 1100, bids: 2, leader: { identity: "eve", name: "Eve" } }) }));
  show.receive(event("outbid", { lot: 120 }));
  assert.deepEqual([show.state.shop.lot.priceMinor, show.state.shop.you.bids], [1100, [{ lot: 120, maxMinor: 3000 }]]);
  show.receive(event("lotOpened", { lot: lot(140) }));
  assert.deepEqual([show.state.shop.lot.id, show.state.shop.you.bids], [140, []]);
  show.receive(event("lotState", { lot: lot(120) }));
  assert.equal(show.state.shop.lot.id, 140, "an old counter changes nothing");
});

test("one's own order takes its hold with it when it is paid; staff's orders are all, bounded", () => {
  const messages = [
    event("claimed", { claim: claim(107, "held", { quantity: 0 }), hold: hold(107) }),
    event("orderUpdated", { order: order(130, { hold: 107 }) }),
  ];
  assert.equal(shopAfter(...messages).you.holds[0].order, 130);
  messages.push(event("orderUpdated", { order: order(130, { hold: 107, status: "awaitingPayment", paymentURL: "https://pay.example/130" }) }));
  assert.equal(shopAfter(...messages).you.orders[0].paymentURL, "https://pay.example/130");
  assert.equal(shopAfter(...messages, event("orderUpdated", { order: order(130, { hold: 107, status: "failed" }) })).you.holds[0].order, null);
  assert.deepEqual(shopAfter(...messages, event("orderUpdated", { order: order(130, { hold: 107, status: "paid" }) })).you.holds, []);
  const all = Array.from({ length: ORDERS_MAX + 5 }, (_, index) => event("orderUpdated", { order: order(300 + index, { member: null }) }));
  const shop = shopAfter(...all);
  assert.deepEqual([shop.orders.length, shop.orders[0].id, shop.you.orders.length], [ORDERS_MAX, 300 + ORDERS_MAX + 4, 0]);
});

test("a voucher's uses follow the orders that are not come to nothing", () => {
  const voucher = { code: "SPRING", kind: "percent", value: 10, minimumMinor: null, usesMax: null, perBuyer: 1, startsAtMs: null, endsAtMs: null, uses: 2 };
  const uses = (...orders) => shopAfter(event("voucherPut", { voucher }), ...orders.map((each) => event("orderUpdated", { order: { ...each, voucher: "SPRING", member: { identity: "eve", name: "Eve" } } }))).vouchers[0].uses;
  assert.deepEqual([uses(order(1)), uses(order(1), order(1, { status: "paid" })), uses(order(1), order(1, { status: "failed" })), uses(order(1), order(1, { status: "paid" }), order(1, { status: "refunded" }))], [3, 3, 2, 3]);
  // Of before this page came: counted already.
  assert.deepEqual([uses(order(1, { status: "paid" })), uses(order(1, { status: "cancelled" }))], [2, 1]);
  assert.equal(uses(order(1), order(1, { status: "expired" }), order(1, { status: "paid" })), 3, "paid late, and taken all the same");
});

test("a cart comes to what prices, stock and voucher say", () => {
  const cart = (voucher) => event("cartSet", { cart: { lines: [{ sku: "A", quantity: 2 }, { sku: "C", quantity: 11 }, { sku: "X", quantity: 1 }], voucher } });
  const voucher = { code: "TEN", kind: "percent", value: 10, minimumMinor: 5000 };
  const total = cartTotal(shopAfter(cart(voucher)));
  assert.deepEqual([total.sumMinor, total.discountMinor, total.totalMinor, total.missing.map((line) => line.sku)], [5000, 500, 4500, ["C", "X"]]);
  assert.equal(cartTotal(shopAfter(cart({ ...voucher, minimumMinor: 5001 }))).totalMinor, 5000);
  assert.equal(cartTotal(shopAfter(cart({ code: "ALL", kind: "amount", value: 9000, minimumMinor: null }))).totalMinor, 0);
});

test("settings, vouchers, revenue, gifts and the leaderboard", () => {
  const voucher = (code) => ({ code, kind: "amount", value: 1, minimumMinor: null, usesMax: null, perBuyer: 1, startsAtMs: null, endsAtMs: null, uses: 0 });
  const shop = shopAfter(
    event("shopSet", { shop: { currency: "EUR", paused: true, holdSeconds: 60 } }), event("voucherPut", { voucher: voucher("B") }), event("voucherPut", { voucher: voucher("A") }),
    event("voucherRemoved", { code: "B" }), event("revenue", { revenue: { paidCount: 1, paidMinor: 1500, refundedCount: 0, refundedMinor: 0 } }),
    event("gifted", { member: null, gift: "rose", count: 3, coins: 3, combo: 6 }), event("leaderboard", { leaderboard: [{ member: null, coins: 3 }] }),
  );
  assert.deepEqual([shop.paused, shop.holdSeconds, shop.vouchers.map((each) => each.code), shop.revenue.paidMinor, shop.gift.combo, shop.leaderboard.length], [true, 60, ["A"], 1500, 6, 1]);
});

test("what an event does not touch stays the same object; unknown events change nothing", () => {
  const show = live();
  const { shop } = show.state;
  show.receive(event("shopRebuilt", { x: 1 }));
  assert.equal(show.state.shop, shop);
  show.receive(event("outbid", { lot: 9 }));
  assert.equal(show.state.shop, shop);
  show.receive(event("cartSet", { cart: { lines: [], voucher: null } }));
  assert.equal(show.state.shop.listings, shop.listings);
});

test("countdowns run by the server's clock, whatever the computer's says", () => {
  const clock = new ServerClock();
  assert.equal(clockText(leftMs(1000, clock.now(0))), "–:––");
  clock.add(100, 120, 1_793_247_543_000); // at 110 of performance.now() the server had this time
  const until = 1_793_247_543_000 + 65_500;
  assert.equal(leftMs(until, clock.now(110)), 65_500);
  assert.equal(clockText(leftMs(until, clock.now(110))), "1:06");
  assert.equal(untilNextSecond(65_500), 500);
  assert.equal(clockText(leftMs(until, clock.now(110 + 65_499))), "0:01");
  assert.equal(clockText(leftMs(until, clock.now(110 + 70_000))), "0:00");
  assert.equal(untilNextSecond(0), Infinity);
});

test("money has the decimals of its currency", () => {
  assert.equal(moneyText(2500, "EUR", "en"), "€25.00");
  assert.equal(moneyText(2500, "JPY", "en"), "¥2,500");
  assert.equal(moneyText(5, null), "5");
});

test("commands carry what they mean, a pin is seen once", async () => {
  const sent = [];
  const room = {
    command: async (type, fields, options) => void sent.push([type, fields, options?.key]),
    query: async (type, fields) => void sent.push([type, fields]),
    request: async (message) => void sent.push([message.type, message.pin]),
  };
  const desk = new ShopDesk(room);
  await desk.claim(106, 2, { key: "k" });
  await desk.bid(120, 1200);
  await desk.bid(120, 1200, 3000);
  await desk.checkout();
  await desk.checkout({ hold: 110, key: "c" });
  await desk.seen(103);
  await desk.seen(103);
  assert.deepEqual(sent, [
    ["claim", { drop: 106, quantity: 2 }, "k"], ["bid", { lot: 120, amountMinor: 1200 }, undefined], ["bid", { lot: 120, amountMinor: 1200, maxMinor: 3000 }, undefined],
    ["checkout", {}, undefined], ["checkout", { hold: 110 }, "c"], ["seen", 103],
  ]);
});

const page = new URL("../../signaling/PROTOCOL.md", import.meta.url);
const part = existsSync(page) ? readFileSync(page, "utf8").split("\n## The shop\n")[1]?.split("\n## ")[0] : undefined;
test("every example of PROTOCOL.md's events of the shop changes a shop", { skip: !part }, () => {
  const examples = [...part.matchAll(/```json\n([\s\S]*?)```/g)].flatMap(([, block]) => block.trim().split(/\n(?=\{"type")/)).map((text) => JSON.parse(text));
  const told = examples.filter((each) => each.cursor !== undefined && each.atMs !== undefined && each.type !== "snapshot");
  assert.ok(told.length > 20, `${told.length}`);
  const show = live();
  for (const message of told) show.receive(message);
  assert.ok(show.state.shop.drops.length > 0 && show.state.shop.lot && show.state.shop.you.orders.length > 0);
});
