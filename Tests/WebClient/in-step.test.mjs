// What the host does over the picture is shown with its frame; what is true of it, and what is one's own, at once.

import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { InStep } from "../../web/client/in-step.js";
import { LiveShow } from "../../web/client/live-show.js";
import { openPage } from "./support/browser.mjs";

const variant = (sku, more = {}) => ({ sku, title: null, priceMinor: 2500, compareAtMinor: null, available: 10, sold: 0, ...more });
const listing = (id, sku, more = {}) => ({ id, reference: `r${id}`, title: `Listing ${id}`, description: null, images: [], url: null, variants: [variant(sku, more)] });
const drop = (id, more = {}) => ({ id, listing: 101, sku: "A", quantity: 5, priceMinor: 1500, perBuyer: 2, mode: "hold", stage: "scheduled", startsAtMs: null, windowMs: 0, endsAtMs: null, endWhy: null, settled: false, remaining: 5, sold: 0, waiting: 0, commitment: "8c1f", seed: null, ...more });
const poll = (id, more = {}) => ({ id, question: "?", options: ["A", "B"], multiple: false, changeable: false, results: "live", open: true, revealed: false, closesAtMs: null, counts: [0, 0], voters: 0, ...more });
const pin = (id, which) => ({ id, slot: 1, listing: which, atMs: 1, mediaTimeMs: null });
const head = {
  type: "snapshot", cursor: 105, part: 0, last: true, phase: "live", settings: { emojis: ["🔥"] }, schedule: null, host: null, followers: 0,
  chat: { mode: "everyone", slowSeconds: 0, hold: "off", links: "allow", emojiOnly: false }, pinned: null, stage: [], totals: [], highlighted: null,
  shop: { currency: "EUR", paused: false, holdSeconds: 300, lot: null, leaderboard: [], gifts: [], packs: [] }, listings: [listing(101, "A"), listing(102, "B")], pins: [pin(103, 101)],
};

describe("in step with the picture", () => {
  let page, show, step, cursor;
  /** The picture is so far behind. */
  const DELAY = 1500;
  const now = () => 1_000_000 + page.time.now;
  const event = (type, more = {}) => show.receive({ type, cursor: ++cursor, atMs: now(), ...more });
  const frames = async (ms, behind = DELAY) => {
    for (let at = 0; at < ms; at += 33) {
      step.shows(now() - behind);
      await page.time.advance(33);
    }
  };
  const pinned = () => step.state.shop.pins.map((each) => each.listing);
  beforeEach(() => {
    page = openPage();
    cursor = 200;
    show = new LiveShow();
    step = new InStep(show, now);
    show.joined({ member: { identity: "bob", name: "Bob", role: "viewer" }, room: { name: "demo", phase: "live", hostPresent: true } });
    show.receive(head);
  });

  test("a pin comes with its frame, to within one", async () => {
    await frames(500);
    const at = now();
    event("listingPinned", { slot: 1, pin: pin(201, 102) });
    assert.deepEqual(show.state.shop.pins.map((each) => each.listing), [102], "the truth is now");
    let came = 0;
    step.on("change", () => pinned()[0] === 102 && (came ||= now()));
    await frames(3000);
    assert.ok(came - DELAY - at >= -5 && came - DELAY - at <= 70, `${came - DELAY - at} ms after its frame`);
  });

  test("it is the frame the host saw that counts, where that is known", async () => {
    await frames(500);
    event("listingPinned", { slot: 1, pin: pin(201, 102), mediaTimeMs: now() - 1200 });
    await frames(200);
    assert.deepEqual(pinned(), [101]);
    await frames(200);
    assert.deepEqual(pinned(), [102]);
  });

  test("without a picture nothing waits", () => {
    event("listingPinned", { slot: 1, pin: pin(201, 102) });
    assert.deepEqual(pinned(), [102]);
  });

  test("a picture that stops holds nothing back for longer than it was behind", async () => {
    await frames(500);
    event("listingPinned", { slot: 1, pin: pin(201, 102) });
    await page.time.advance(DELAY - 100);
    assert.deepEqual(pinned(), [101]);
    await page.time.advance(300);
    assert.deepEqual(pinned(), [102]);
  });

  test("a picture that is a minute old is not waited for", async () => {
    await frames(100, 60_000);
    event("listingPinned", { slot: 1, pin: pin(201, 102) });
    assert.deepEqual(pinned(), [102]);
  });

  test("prices wait, stock does not: what is sold out is sold out", async () => {
    await frames(500);
    event("variantSet", { listing: 101, variant: variant("A", { priceMinor: 1900, available: 10 }) });
    event("stock", { sku: "A", available: 0, sold: 10 });
    const shown = () => step.state.shop.listings[0].variants[0];
    assert.deepEqual([shown().priceMinor, shown().available], [2500, 0]);
    await frames(2000);
    assert.deepEqual([shown().priceMinor, shown().available], [1900, 0]);
  });

  test("a drop opens with its frame, its countdown ends with it, and its end is now", async () => {
    await frames(500);
    event("dropScheduled", { drop: drop(150) });
    assert.deepEqual(step.state.shop.drops, []);
    await frames(2000);
    assert.equal(step.state.shop.drops[0].stage, "scheduled");
    const startsAtMs = now() + 3000;
    event("dropStarted", { drop: drop(150, { startsAtMs }) });
    await frames(2000);
    assert.ok(Math.abs(step.state.shop.drops[0].startsAtMs - startsAtMs - DELAY) <= 100);
    await frames(1000);
    event("dropOpened", { drop: drop(150, { startsAtMs, stage: "open", endsAtMs: now() + 60_000 }) });
    assert.equal(step.state.shop.drops[0].stage, "scheduled");
    await frames(2000);
    assert.equal(step.state.shop.drops[0].stage, "open");
    event("dropCounts", { drop: 150, remaining: 1, sold: 4, waiting: 0 });
    assert.equal(step.state.shop.drops[0].remaining, 1, "counts are now");
    event("dropEnded", { drop: drop(150, { startsAtMs, stage: "ended", endWhy: "soldOut", remaining: 0, sold: 5 }) });
    assert.equal(step.state.shop.drops[0].endWhy, "soldOut");
  });

  test("what is one's own is now, and brings its drop with it", async () => {
    await frames(500);
    event("dropScheduled", { drop: drop(150) });
    event("dropOpened", { drop: drop(150, { stage: "open" }) });
    show.receive({ type: "holdMade", cursor, atMs: now(), hold: { id: 300, sku: "A", quantity: 1, priceMinor: 1500, untilMs: now() + 9000, source: "drop", drop: 150, order: null } });
    assert.equal(step.state.shop.you.holds.length, 1);
    assert.equal(step.state.shop.drops[0].stage, "open");
  });

  test("polls and announcements come with their frame; chat is now; a closed poll is closed", async () => {
    await frames(500);
    event("pollOpened", { poll: poll(160) });
    event("announced", { text: "Hello" });
    event("said", { message: { id: 161, member: { identity: "ann", name: "Ann" }, role: "viewer", text: "Hi", replyTo: null, class: "plain", atMs: now(), mediaTimeMs: null } });
    assert.deepEqual([step.state.polls.length, step.state.announcement, step.state.messages.length], [0, null, 1]);
    await frames(2000);
    assert.deepEqual([step.state.polls.length, step.state.announcement?.text], [1, "Hello"]);
    event("pollClosed", { poll: poll(160, { open: false }) });
    assert.equal(step.state.polls[0].state, "closed");
  });

  test("events come in their order whatever their times, and a snapshot tells everything at once", async () => {
    await frames(500);
    event("listingPinned", { slot: 1, pin: pin(201, 102) });
    event("listingPinned", { slot: 1, pin: pin(202, 101), mediaTimeMs: now() - 5000 });
    await frames(1000);
    assert.deepEqual(pinned(), [101]);
    assert.equal(step.state.shop.pins[0].id, 103, "not the second before the first");
    await frames(1000);
    assert.equal(step.state.shop.pins[0].id, 202);
    event("listingPinned", { slot: 1, pin: pin(203, 102) });
    show.receive({ ...head, cursor: 300, pins: [] });
    assert.deepEqual(pinned(), []);
  });

  test("nothing is drawn anew while nothing waits", async () => {
    await frames(500);
    let changes = 0;
    step.on("change", () => changes++);
    await frames(3000);
    assert.equal(changes, 0);
    event("listingPinned", { slot: 1, pin: pin(201, 102) });
    await frames(3000);
    assert.equal(changes, 2);
  });
});
