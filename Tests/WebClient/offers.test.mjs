// What a buyer is told: drops, auctions and orders as this person's, what stands over the picture, amounts as they are typed.

import assert from "node:assert/strict";
import { test } from "node:test";

import { GIFT_ROWS_MAX, withGift } from "../../web/shared/gift-list.js";
import { digitsOf, dropsNow, dropView, dueNow, lotView, minorOf, NEWS_MS, offerNow, orderState, payableURL, plainAmount, shelfOf, stockOf } from "../../web/shared/offers.js";

const drop = (more = {}) => ({ id: 10, listing: 1, sku: "A", quantity: 5, priceMinor: 1500, perBuyer: 1, mode: "hold", stage: "open", startsAtMs: 1000, endsAtMs: 9000, endWhy: null, settled: false, remaining: 3, waiting: 0, ...more });
const lot = (more = {}) => ({ id: 20, listing: 1, sku: "A", stage: "open", startMinor: 100, priceMinor: 100, nextMinor: 150, bids: 0, leader: null, reserveMet: null, winner: null, startsAtMs: 1000, endsAtMs: 9000, closesAtMs: null, ...more });
const hold = (more = {}) => ({ id: 30, sku: "A", quantity: 1, priceMinor: 1500, untilMs: 5000, source: "drop", drop: 10, order: null, ...more });
const claim = (status, more = {}) => ({ id: 31, drop: 10, quantity: 1, status, position: null, ...more });
const listing = { id: 1, reference: "a", title: "A", images: [], variants: [{ sku: "A", available: 2 }, { sku: "B", available: 3 }] };
const shop = ({ you = {}, ...more } = {}) => ({
  currency: "EUR", paused: false, listings: [listing], pins: [], drops: [], lot: null, ...more,
  you: { cart: { lines: [], voucher: null }, holds: [], claims: [], bids: [], orders: [], ...you },
});

test("a drop is told as it is for this buyer", () => {
  const states = [
    [drop({ stage: "scheduled", startsAtMs: null }), {}, "soon", false], [drop({ stage: "scheduled" }), {}, "countdown", false],
    [drop({ stage: "window" }), {}, "open", true], [drop(), {}, "open", true],
    [drop({ stage: "window" }), { claims: [claim("pending")] }, "pending", false], [drop(), { holds: [hold()] }, "yours", false],
    [drop(), { holds: [hold({ order: 40 })] }, "paying", false], [drop({ remaining: 0 }), { claims: [claim("waiting", { position: 14 })] }, "line", false],
    [drop({ mode: "firstPaid" }), { claims: [claim("entitled")] }, "entitled", false], [drop({ stage: "ended", endWhy: "soldOut" }), {}, "soldOut", false],
    [drop({ stage: "ended", endWhy: "time", remaining: 0 }), {}, "over", false], [drop({ stage: "ended", endWhy: "cancelled" }), {}, "cancelled", false],
    [drop({ stage: "ended", endWhy: "time" }), { holds: [hold()] }, "yours", false],
  ];
  for (const [of, you, state, canClaim] of states) {
    const view = dropView(shop({ you }), of);
    assert.deepEqual([view.state, view.canClaim], [state, canClaim], `${of.stage} ${JSON.stringify(you)}`);
  }
  assert.equal(dropView(shop({ you: { claims: [claim("waiting", { position: 14 })] } }), drop()).position, 14);
});

test("a drop counts down to its beginning, its end, or the end of the hold", () => {
  assert.equal(dropView(shop(), drop({ stage: "scheduled" })).untilMs, 1000);
  assert.equal(dropView(shop(), drop()).untilMs, 9000);
  assert.equal(dropView(shop({ you: { holds: [hold()] } }), drop()).untilMs, 5000);
});

test("with nothing left a claim joins the line, but not where who pays first gets it; a pause stops claims; the limit is a limit", () => {
  assert.equal(dropView(shop(), drop({ remaining: 0 })).queues, true);
  assert.equal(dropView(shop(), drop({ remaining: 1, waiting: 2 })).queues, true);
  assert.equal(dropView(shop(), drop()).queues, false);
  assert.equal(dropView(shop(), drop({ remaining: 0, stage: "window" })).queues, false);
  assert.equal(dropView(shop(), drop({ remaining: 0, mode: "firstPaid" })).queues, false);
  assert.equal(dropView(shop({ paused: true }), drop()).canClaim, false);
  assert.equal(dropView(shop({ you: { holds: [hold()] } }), drop({ perBuyer: 2 })).canClaim, true);
  assert.equal(dropView(shop({ you: { holds: [hold()], claims: [claim("waiting")] } }), drop({ perBuyer: 2 })).canClaim, false);
});

test("an auction is told as it is for this buyer", () => {
  const bob = { identity: "bob", name: "Bob" };
  const eve = { identity: "eve", name: "Eve" };
  const bids = [{ lot: 20, maxMinor: 300 }];
  const states = [
    [lot({ stage: "upcoming" }), {}, "upcoming", true], [lot(), {}, "open", true], [lot({ leader: eve }), {}, "open", true],
    [lot({ leader: bob }), { bids }, "leading", true], [lot({ leader: eve }), { bids }, "outbid", true], [lot({ stage: "upcoming", leader: bob }), { bids }, "leading", true],
    [lot({ stage: "closing", leader: bob }), { bids }, "closing", false], [lot({ stage: "sold", winner: bob }), { bids }, "won", false],
    [lot({ stage: "sold", winner: eve }), { bids }, "lost", false], [lot({ stage: "sold", winner: eve }), {}, "sold", false],
    [lot({ stage: "unsold" }), {}, "unsold", false], [lot({ stage: "cancelled" }), {}, "cancelled", false],
  ];
  for (const [of, you, state, canBid] of states) {
    const view = lotView(shop({ you }), of, "bob");
    assert.deepEqual([view.state, view.canBid], [state, canBid], `${of.stage} ${JSON.stringify(you)}`);
  }
  const won = lotView(shop({ you: { holds: [hold({ drop: undefined, lot: 20 })] } }), lot({ stage: "sold", winner: bob }), "bob");
  assert.deepEqual([won.state, won.untilMs, won.hold.id], ["won", 5000, 30]);
  assert.equal(lotView(shop({ paused: true }), lot(), "bob").canBid, false);
});

test("over the picture: what runs before what is pinned; what ended stays a moment, or while something is held", () => {
  const pins = [{ id: 50, slot: 1, listing: 1 }];
  const gone = lot({ stage: "sold", closesAtMs: 9500 });
  const ended = drop({ stage: "ended", endWhy: "time" });
  assert.deepEqual(offerNow(shop({ pins, drops: [drop()], lot: lot() }), 2000), { lot: lot() });
  assert.deepEqual(offerNow(shop({ pins, drops: [drop()], lot: gone }), 9600), { drop: drop() });
  assert.deepEqual(offerNow(shop({ pins, drops: [drop()], lot: gone, you: { holds: [hold()] } }), 9600), { lot: gone });
  assert.deepEqual(offerNow(shop({ pins, drops: [drop()], lot: gone, you: { holds: [hold()] } }), 9500 + NEWS_MS), { drop: drop() });
  assert.deepEqual(offerNow(shop({ pins, drops: [ended], lot: gone }), 9600), { lot: gone });
  assert.deepEqual(offerNow(shop({ pins, drops: [ended] }), 9000 + NEWS_MS - 1), { drop: ended });
  assert.deepEqual(offerNow(shop({ pins, drops: [ended] }), 9000 + NEWS_MS), { listing, pin: 50 });
  assert.deepEqual(offerNow(shop({ pins, drops: [ended], you: { holds: [hold()] } }), 99_000), { drop: ended });
  assert.equal(offerNow(shop({ pins: [{ id: 51, slot: 1, listing: 9 }] }), 0), null);
  assert.deepEqual(dropsNow(shop({ drops: [drop({ id: 9 }), ended, drop({ id: 11 })] }), 99_000).map((each) => each.id), [11, 9]);
});

test("what waits for this buyer is told, the most urgent first, and each once", () => {
  const order = (id, status, untilMs, more = {}) => ({ id, status, untilMs, lines: [{ sku: "A" }, { sku: "B" }], hold: null, claim: null, ...more });
  const you = { holds: [hold({ id: 30, untilMs: 5000 }), hold({ id: 31, untilMs: 3000, order: 40 }), hold({ id: 32, untilMs: 1000, order: 41 })], orders: [order(40, "awaitingPayment", 3000), order(41, "failed", 1000), order(42, "creating", 9000), order(43, "paid", 100)] };
  assert.deepEqual(dueNow(shop({ you })).map((each) => [each.key, each.others]), [["hold32", 0], ["order40", 1], ["hold30", 0], ["order42", 1]]);
  assert.deepEqual(dueNow(shop()), []);
});

test("on the shelf, what is pinned comes first", () => {
  const listings = [1, 2, 3].map((id) => ({ ...listing, id }));
  assert.deepEqual(shelfOf(shop({ listings, pins: [{ id: 9, slot: 1, listing: 3 }] })).map((each) => each.id), [3, 1, 2]);
});

test("nobody is sent to pay before there is a page to pay at, nor to anything but a page", () => {
  assert.equal(orderState({ status: "awaitingPayment", paymentURL: null }), "creating");
  assert.equal(orderState({ status: "awaitingPayment", paymentURL: "https://pay.example/1" }), "awaitingPayment");
  assert.equal(orderState({ status: "expired" }), "expired");
  assert.equal(payableURL("javascript:alert(1)"), null);
  assert.equal(payableURL(null), null);
  assert.equal(payableURL("https://pay.example/1"), "https://pay.example/1");
});

test("amounts are typed with the decimals of their currency, and nothing is rounded", () => {
  assert.deepEqual(["12", "12.5", "12,50", " 0.07 "].map((each) => minorOf(each, "EUR")), [1200, 1250, 1250, 7]);
  assert.deepEqual(["", "-1", "1.234", "1e3", "twelve", "1.2.3"].map((each) => minorOf(each, "EUR")), [null, null, null, null, null, null]);
  assert.deepEqual([minorOf("2500", "JPY"), minorOf("25.5", "JPY"), minorOf("1.234", "KWD")], [2500, null, 1234]);
  assert.deepEqual([digitsOf("EUR"), digitsOf("JPY"), digitsOf("KWD")], [2, 0, 3]);
  assert.deepEqual([plainAmount(1250, "EUR"), plainAmount(2500, "JPY"), plainAmount(7, "EUR")], ["12.50", "2500", "0.07"]);
  assert.equal(stockOf(shop(), listing), 5);
});

test("gifts in a row by one person are one row that grows; another's, or a later run, is another", () => {
  const given = (cursor, identity, count, combo, atMs) => ({ type: "gifted", cursor, member: identity && { identity, name: "" }, gift: "rose", count, combo, atMs });
  const all = [given(1, "bob", 1, 1, 0), given(2, "eve", 1, 1, 100), given(3, "bob", 2, 3, 4000), given(4, "bob", 1, 1, 90_000), given(5, "bob", 1, 2, 200_000)];
  assert.deepEqual(all.reduce(withGift, []).map((each) => [each.id, each.member.identity, each.combo]), [[1, "bob", 3], [2, "eve", 1], [4, "bob", 1], [5, "bob", 2]]);
  const many = Array.from({ length: GIFT_ROWS_MAX + 5 }, (_, index) => given(index, `p${index}`, 1, 1, index));
  assert.equal(many.reduce(withGift, []).length, GIFT_ROWS_MAX);
});
