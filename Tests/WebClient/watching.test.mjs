// Watching: sections and what goes into them, the choice of a layer, and a transport kept alive.

import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { FakePeerConnection } from "./support/peer.mjs";
import { joinedRoom, openPage, record } from "./support/browser.mjs";

describe("watching", () => {
  let page, room;
  beforeEach(async () => {
    page = openPage();
    ({ room } = await joinedRoom(page));
  });

  test("a publication need not exist yet: one audio and one video section wait for it", async () => {
    const view = room.watch("alice/main");
    await page.time.settle();
    const [offer] = page.server.of("subscribe");
    assert.deepEqual(offer.map, { 0: "alice/main", 1: "alice/main" });
    assert.deepEqual(offer.layers, { 1: "auto" });
    assert.equal(offer.connection, null);
    assert.equal(view.mediaStream.getTracks().length, 2);
    assert.equal(room.watch("alice/main"), view);
  });

  test("a page that prepares brings the transport up with empty sections, then assigns without a new offer", async () => {
    room.prepareToWatch();
    await page.time.settle();
    assert.deepEqual(page.server.of("subscribe")[0].map, { 0: null, 1: null });
    room.watch("alice/main");
    await page.time.settle();
    assert.equal(page.server.of("subscribe").length, 1);
    assert.deepEqual(
      page.server.of("assign").map(({ connection, mid, track }) => ({ connection, mid, track })),
      [{ connection: "c1", mid: "0", track: "alice/main" }, { connection: "c1", mid: "1", track: "alice/main" }]);
  });

  test("a page that watches nothing makes no connection", async () => {
    await page.time.advance(30_000);
    assert.equal(FakePeerConnection.made.length, 0);
  });

  test("a second publication needs one more offer on the same connection; a freed pair none", async () => {
    const first = room.watch("alice/main");
    await page.time.settle();
    room.watch("bob/main");
    await page.time.settle();
    const offers = page.server.of("subscribe");
    assert.equal(offers.length, 2);
    assert.equal(offers[1].connection, "c1");
    assert.deepEqual(offers[1].map, { 0: "alice/main", 1: "alice/main", 2: "bob/main", 3: "bob/main" });

    first.close();
    await page.time.settle();
    assert.deepEqual(page.server.of("assign").map((each) => [each.mid, each.track]), [["0", null], ["1", null]]);
    assert.deepEqual(first.mediaStream.getTracks(), []);
    room.watch("carol/main");
    await page.time.settle();
    assert.equal(page.server.of("subscribe").length, 2);
    assert.deepEqual(page.server.of("assign").slice(2).map((each) => [each.mid, each.track]), [["0", "carol/main"], ["1", "carol/main"]]);
  });

  test("a layer is asked for by message, once per change, of the video section only", async () => {
    const view = room.watch("alice/main");
    await page.time.settle();
    view.setLayer("h");
    view.setLayer("h");
    await page.time.settle();
    view.setLayer("auto");
    await page.time.settle();
    assert.deepEqual(page.server.of("layer").map((each) => [each.connection, each.mid, each.layer]), [["c1", "1", "h"], ["c1", "1", "auto"]]);
    assert.equal(page.server.of("subscribe").length, 1);
  });

  test("a layer chosen before the offer goes with it", async () => {
    room.watch("alice/main", { layer: "q" });
    await page.time.settle();
    assert.deepEqual(page.server.of("subscribe")[0].layers, { 1: "q" });
    assert.equal(page.server.of("layer").length, 0);
  });

  test("changed while the offer is on its way, the layer follows it", async () => {
    page.server.isSilent = true;
    const view = room.watch("alice/main");
    await page.time.settle();
    view.setLayer("f");
    page.server.isSilent = false;
    page.server.event({ type: "answer", ref: page.server.requests.at(-1).id, connection: "c1", generation: 1, sdp: "v=0\r\n" });
    await page.time.settle();
    assert.deepEqual(page.server.of("layer").map((each) => each.layer), ["f"]);
  });

  test("the layer really carried is told by the server's event", async () => {
    const view = room.watch("alice/main");
    const log = record(view, ["layer", "unsupported"]);
    await page.time.settle();
    const event = { type: "layer", connection: "c1", mid: "1", track: "t7", layer: "h", width: 640, height: 360, reason: "network" };
    page.server.event(event);
    page.server.event({ ...event, connection: "c2", layer: "q" });
    page.server.event({ ...event, mid: "9", layer: "q" });
    assert.deepEqual(log.layer, [event]);
    assert.equal(view.layer.layer, "h");
    page.server.event({ ...event, layer: null, reason: "codec" });
    assert.deepEqual(log.unsupported, ["video"]);
  });

  test("a codec this connection did not negotiate is told to the view and asked for no more", async () => {
    room.prepareToWatch();
    await page.time.settle();
    page.server.script("assign", { type: "ok" });
    page.server.refuse("assign", "codec-unsupported");
    const view = room.watch("alice/main");
    const log = record(view, ["unsupported"]);
    await page.time.advance(30_000);
    assert.deepEqual(log.unsupported, ["video"]);
    assert.equal(page.server.of("assign").length, 2);
    assert.equal(room.subscriber.closed, false);
  });
});

describe("a watched transport", () => {
  let page, room;
  beforeEach(async () => {
    page = openPage();
    ({ room } = await joinedRoom(page));
    room.watch("alice/main");
    await page.time.settle();
  });

  test("disconnected for 2 s gets an ICE restart; healed before that, nothing", async () => {
    const pc = FakePeerConnection.last;
    pc.become("connected");
    pc.become("disconnected");
    await page.time.advance(1900);
    pc.become("connected");
    await page.time.advance(5000);
    assert.equal(page.server.of("subscribe").length, 1);
    pc.become("disconnected");
    await page.time.advance(2000);
    const offer = page.server.of("subscribe").at(-1);
    assert.equal(offer.connection, "c1");
    assert.match(offer.sdp, /ice-ufrag:u2/);
  });

  test("failed, it gets one at once; without success within 5 s a new connection", async () => {
    const pc = FakePeerConnection.last;
    pc.become("connected");
    pc.become("failed");
    await page.time.settle();
    assert.equal(page.server.of("subscribe").length, 2);
    await page.time.advance(4900);
    assert.equal(FakePeerConnection.made.length, 1);
    await page.time.advance(400);
    assert.equal(FakePeerConnection.made.length, 2);
    assert.ok(pc.isClosed);
    assert.equal(page.server.of("subscribe").at(-1).connection, null);
  });

  test("one that never comes up is begun again after 12 s, only while the room is joined", async () => {
    await page.time.advance(12_300);
    assert.equal(FakePeerConnection.made.length, 2);
    page.server.isReachable = false;
    page.server.socket.end();
    await page.time.advance(60_000);
    assert.equal(FakePeerConnection.made.length, 2);
  });

  test("unknown to the server, it is made anew", async () => {
    page.server.refuse("subscribe", "unknown-connection");
    FakePeerConnection.last.become("connected");
    FakePeerConnection.last.become("failed");
    await page.time.advance(1000);
    assert.equal(FakePeerConnection.made.length, 2);
    assert.equal(page.server.of("subscribe").at(-1).connection, null);
    assert.equal(room.subscriber.name, "c2");
  });

  test("refused for being too often, the offer is repeated when the server said", async () => {
    page.server.refuse("subscribe", "rate", { retryAfterMs: 2000 });
    room.watch("bob/main");
    await page.time.settle();
    assert.equal(page.server.of("subscribe").length, 2);
    await page.time.advance(1999);
    assert.equal(page.server.of("subscribe").length, 2);
    await page.time.advance(2);
    assert.equal(page.server.of("subscribe").length, 3);
  });

  test("a restart that was refused for now is still a restart when it is repeated", async () => {
    FakePeerConnection.last.become("connected");
    page.server.refuse("subscribe", "overloaded", { retryAfterMs: 1000 });
    room.subscriber.restart();
    await page.time.advance(1100);
    const [, refused, repeated] = page.server.of("subscribe");
    assert.match(refused.sdp, /ice-ufrag:u2/);
    assert.match(repeated.sdp, /ice-ufrag:u3/);
  });

  test("consent-expired makes a new one; fingerprint-mismatch and removed do not", async () => {
    page.server.event({ type: "connectionEnded", connection: "c1", reason: "consent-expired" });
    await page.time.advance(300);
    assert.equal(FakePeerConnection.made.length, 2);
    const log = record(room.subscriber, ["failed"]);
    page.server.event({ type: "connectionEnded", connection: "c2", reason: "removed" });
    await page.time.advance(30_000);
    assert.equal(FakePeerConnection.made.length, 2);
    assert.deepEqual(log.failed.map((each) => each.code), ["removed"]);
  });

  test("an end of another connection is not ours", async () => {
    page.server.event({ type: "connectionEnded", connection: "c9", reason: "consent-expired" });
    await page.time.advance(300);
    assert.equal(FakePeerConnection.made.length, 1);
  });

  test("refused for good, it fails and says why", async () => {
    const log = record(room.subscriber, ["failed"]);
    page.server.refuse("subscribe", "no-common-codec");
    room.watch("bob/main");
    await page.time.advance(30_000);
    assert.deepEqual(log.failed.map((each) => each.code), ["no-common-codec"]);
    assert.equal(page.server.of("subscribe").length, 2);
    assert.equal(room.state, "joined");
  });
});
