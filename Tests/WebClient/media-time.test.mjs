// Clocks: the server's from pings, media time from RTP timestamps (PROTOCOL.md, mediaTime), and a view's latency.

import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { MediaClock, ServerClock } from "../../web/client/timing.js";
import { FakePeerConnection } from "./support/peer.mjs";
import { joinedRoom, openPage } from "./support/browser.mjs";

describe("media time", () => {
  test("without a mapping it is not known", () => {
    assert.ok(Number.isNaN(new MediaClock().mediaTime(5)));
  });

  test("it runs with the RTP clock, forwards and backwards", () => {
    const clock = new MediaClock();
    clock.set({ rtp: 2874412800, clockRate: 90000, wallclockMs: 1793247558123.25 });
    assert.equal(clock.mediaTime(2874412800), 1793247558123.25);
    assert.equal(clock.mediaTime(2874412800 + 9000), 1793247558223.25);
    assert.equal(clock.mediaTime(2874412800 - 45000), 1793247557623.25);
  });

  test("it is right on both sides of a wrap of the timestamp", () => {
    const clock = new MediaClock();
    clock.set({ rtp: 0xffffff00, clockRate: 48000, wallclockMs: 1000 });
    assert.equal(clock.mediaTime(0x100 - 32), 1000 + (512 - 32) / 48);
    clock.set({ rtp: 0x10, clockRate: 48000, wallclockMs: 1000 });
    assert.equal(clock.mediaTime(0xfffffff0), 1000 - 32 / 48);
  });
});

describe("the server's clock", () => {
  test("the sample of the shortest round trip counts", () => {
    const clock = new ServerClock();
    clock.add(0, 100, 10_090);
    clock.add(1000, 1020, 11_012);
    clock.add(2000, 2300, 12_000);
    assert.equal(clock.now(3000), 13_002);
    assert.equal(clock.roundTripMs, 20);
  });

  test("only the last ten are remembered, so a drifting clock is followed", () => {
    const clock = new ServerClock();
    clock.add(0, 1, 500.5);
    for (let index = 0; index < 10; index++) clock.add(1000 * index, 1000 * index + 10, 1000 * index + 905);
    assert.equal(clock.now(0), 900);
  });

  test("after a reset nothing is known", () => {
    const clock = new ServerClock();
    clock.add(0, 1, 5);
    clock.reset();
    assert.ok(Number.isNaN(clock.now(0)));
    assert.ok(Number.isNaN(clock.roundTripMs));
  });
});

describe("a view's time", () => {
  let page, room, view;
  beforeEach(async () => {
    page = openPage();
    ({ room } = await joinedRoom(page));
    view = room.watch("alice/main");
    await page.time.settle();
  });
  const mapping = (mid, more = {}) =>
    page.server.event({ type: "mediaTime", connection: "c1", mid, rtp: 90_000, clockRate: 90_000, wallclockMs: 1_000_000, ...more });

  test("each section has its own mapping; a view tells the video's", () => {
    mapping("0", { wallclockMs: 5, clockRate: 48_000 });
    assert.ok(Number.isNaN(view.mediaTimeOf(90_000)));
    mapping("1");
    assert.equal(view.mediaTimeOf(99_000), 1_000_100);
  });

  test("mappings of other connections and sections are not taken", () => {
    mapping("1", { connection: "c9" });
    mapping("7");
    assert.ok(Number.isNaN(view.mediaTimeOf(90_000)));
  });

  test("latency is the server's time at display less media time", () => {
    mapping("1");
    const latency = view.latencyOf({ rtpTimestamp: 90_000, expectedDisplayTime: page.time.now + 180 });
    assert.equal(latency, 180 + page.time.now);
  });

  test("a browser that gives frames no timestamp is asked for that of the frame last played", () => {
    mapping("1");
    const frame = { expectedDisplayTime: page.time.now };
    assert.ok(Number.isNaN(view.latencyOf(frame)));
    FakePeerConnection.last.transceivers[1].receiver.getSynchronizationSources = () => [{ rtpTimestamp: 81_000 }];
    assert.equal(view.latencyOf(frame), page.time.now + 100);
  });

  test("a new transport forgets the mapping of the old", async () => {
    mapping("1");
    page.server.event({ type: "connectionEnded", connection: "c1", reason: "consent-expired" });
    await page.time.advance(300);
    assert.ok(Number.isNaN(view.mediaTimeOf(90_000)));
  });
});
