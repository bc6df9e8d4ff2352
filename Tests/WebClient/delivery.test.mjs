// Where the media come from: told by the server, kept over cuts, asked for where WebRTC does not get through.

import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { FakePeerConnection } from "./support/peer.mjs";
import { joinedRoom, openPage, record } from "./support/browser.mjs";

const URL = "https://live.example/hls/demo/index.m3u8";
const HLS = { type: "delivery", via: "hls", url: URL, reason: "full" };

describe("delivery", () => {
  let page;
  beforeEach(() => {
    page = openPage();
  });
  const joined = async () => {
    const { room } = await joinedRoom(page);
    return { room, log: record(room, ["delivery"]) };
  };

  test("without a word it is WebRTC", async () => {
    const { room, log } = await joined();
    assert.equal(room.delivery.via, "webrtc");
    room.watch("alice/main");
    await page.time.settle();
    assert.equal(page.server.of("subscribe").length, 1);
    assert.deepEqual(log.delivery, []);
  });

  test("who is sent to HLS at joining makes no connection", async () => {
    page.server.joined = { delivery: { via: "hls", url: URL, reason: "full" } };
    const { room } = await joined();
    assert.deepEqual(room.delivery, { via: "hls", url: URL, reason: "full" });
    room.prepareToWatch();
    room.watch("alice/main");
    await page.time.advance(60_000);
    assert.equal(FakePeerConnection.made.length, 0);
  });

  test("who gives the key is known with the address, and forgotten with it", async () => {
    page.server.joined = { delivery: { via: "hls", url: URL, licences: [{ keySystem: "some", url: "https://keys.example/" }], reason: "full" } };
    const { room } = await joined();
    assert.deepEqual(room.licences.map(({ keySystem }) => keySystem), ["some"]);
    page.server.event({ type: "delivery", via: "webrtc", reason: "free" });
    assert.deepEqual(room.licences, []);
  });

  test("the connection stays until the page lets it go, and comes again when there is room", async () => {
    const { room, log } = await joined();
    const view = room.watch("alice/main");
    await page.time.settle();
    page.server.event(HLS);
    assert.equal(FakePeerConnection.made[0].isClosed, false);
    room.subscriber.forget();
    // The server ends what it takes away; that is no failure.
    page.server.event({ type: "connectionEnded", connection: "c1", reason: "removed" });
    await page.time.advance(30_000);
    assert.equal(page.server.of("subscribe").length, 1);
    page.server.event({ type: "delivery", via: "webrtc", reason: "free" });
    await page.time.settle();
    assert.equal(page.server.of("subscribe").length, 2);
    assert.equal(FakePeerConnection.made.length, 2);
    assert.equal(view.mediaStream.getTracks().length, 2);
    assert.deepEqual(log.delivery.map(({ via, reason }) => [via, reason]), [["hls", "full"], ["webrtc", "free"]]);
    assert.equal(room.subscriber.closed, false);
  });

  test("a connection that the server takes away while HLS begins is no failure", async () => {
    const { room } = await joined();
    room.watch("alice/main");
    await page.time.settle();
    page.server.event(HLS);
    page.server.event({ type: "connectionEnded", connection: "c1", reason: "removed" });
    await page.time.advance(30_000);
    assert.equal(room.subscriber.closed, false);
    assert.equal(page.server.of("subscribe").length, 1);
  });

  test("a refused offer waits for what the server says", async () => {
    const { room } = await joined();
    page.server.refuse("subscribe", "viewers-full");
    room.watch("alice/main");
    await page.time.advance(30_000);
    assert.equal(page.server.of("subscribe").length, 1);
    page.server.event(HLS);
    page.server.event({ type: "delivery", via: "webrtc", reason: "buyer" });
    await page.time.settle();
    assert.equal(page.server.of("subscribe").length, 2);
  });

  test("what is said twice is told once; another address is told", async () => {
    const { log } = await joined();
    page.server.event(HLS);
    page.server.event(HLS);
    page.server.event({ ...HLS, url: `${URL}?2` });
    assert.deepEqual(log.delivery.map(({ url }) => url), [URL, `${URL}?2`]);
  });

  test("HLS without an address, and ways not known, are WebRTC", async () => {
    const { room } = await joined();
    page.server.event({ type: "delivery", via: "hls", reason: "full" });
    assert.equal(room.delivery.via, "webrtc");
    page.server.event({ type: "delivery", via: "pigeon", url: URL });
    assert.equal(room.delivery.via, "webrtc");
  });

  test("a transport that does not come up in 5 s is unreachable, again and again; one that does is not", async () => {
    const { room } = await joined();
    const log = record(room.subscriber, ["unreachable"]);
    room.watch("alice/main");
    await page.time.advance(4_900);
    assert.equal(log.unreachable.length, 0);
    await page.time.advance(200);
    assert.equal(log.unreachable.length, 1);
    await page.time.advance(5_000);
    assert.equal(log.unreachable.length, 2);
    page.server.event({ ...HLS, reason: "network" });
    await page.time.advance(60_000);
    assert.equal(log.unreachable.length, 2);
    page.server.event({ type: "delivery", via: "webrtc", reason: "free" });
    await page.time.settle();
    FakePeerConnection.last.become("connected");
    await page.time.advance(60_000);
    assert.equal(log.unreachable.length, 2);
  });

  test("what is watched is said again after a cut, and again when it was too soon", async () => {
    const { room } = await joined();
    page.server.refuse("watching", "rate", { retryAfterMs: 2000 });
    room.watching({ via: "hls", delayMs: 1900 });
    await page.time.advance(1_900);
    assert.equal(page.server.of("watching").length, 1);
    await page.time.advance(200);
    assert.deepEqual(page.server.of("watching").map(({ via, delayMs }) => [via, delayMs]), [["hls", 1900], ["hls", 1900]]);
    page.server.socket.end();
    await page.time.advance(2000);
    assert.equal(page.server.of("watching").length, 3);
    assert.deepEqual(page.errors, []);
  });

  test("a server that knows nothing of it is asked once", async () => {
    const { room } = await joined();
    page.server.refuse("watching", "unknown-type");
    room.watching({ via: "hls", reason: "network" });
    await page.time.advance(60_000);
    assert.equal(page.server.of("watching").length, 1);
    assert.deepEqual(page.errors, []);
  });
});
