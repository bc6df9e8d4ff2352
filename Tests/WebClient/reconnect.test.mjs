// A lost socket: how long is waited, what is resumed, and what the server's good-bye means (PROTOCOL.md, Reconnecting).

import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { Backoff } from "../../web/client/timing.js";
import { FakePeerConnection } from "./support/peer.mjs";
import { joinedRoom, openPage } from "./support/browser.mjs";

/** Gaps between the attempts of a client whose server is gone. */
function gaps(page, from) {
  const at = page.server.openedAt.slice(from);
  return at.slice(1).map((each, index) => Math.round(each - at[index]));
}

describe("a lost socket", () => {
  let page;
  beforeEach(() => (page = openPage()));

  test("waits double from 250 ms up to 8 s", async () => {
    const { log } = await joinedRoom(page);
    await page.time.advance(20_000);
    page.server.isReachable = false;
    const lostAt = page.time.now;
    page.server.socket.end();
    await page.time.advance(40_000);
    assert.equal(log.state.at(-1), "reconnecting");
    assert.equal(page.server.openedAt[1] - lostAt, 250);
    assert.deepEqual(gaps(page, 1).slice(0, 7), [500, 1000, 2000, 4000, 8000, 8000, 8000]);
  });

  test("each wait has ±50 % of jitter, so that an audience does not return in one instant", () => {
    Math.random = () => 0;
    assert.equal(new Backoff().next(), 125);
    Math.random = () => 0.999;
    assert.ok(Math.abs(new Backoff().next() - 375) < 1);
  });

  test("a join that succeeds makes the next wait short again", async () => {
    await joinedRoom(page);
    page.server.isReachable = false;
    page.server.socket.end();
    await page.time.advance(5000);
    page.server.isReachable = true;
    await page.time.advance(8000);
    const before = page.server.sockets.length;
    const lostAt = page.time.now;
    page.server.socket.end();
    await page.time.advance(300);
    assert.equal(page.server.sockets.length, before + 1);
    assert.equal(page.server.openedAt.at(-1) - lostAt, 250);
  });

  test("the session is resumed, and media goes on: no peer connection is touched", async () => {
    const { room, log } = await joinedRoom(page);
    room.watch("alice/main");
    await page.time.settle();
    const pc = FakePeerConnection.last;
    pc.become("connected");
    page.server.joined = { resumed: true, connections: [{ connection: "c1", kind: "subscribe", generation: 1 }] };
    page.server.socket.end();
    await page.time.advance(300);
    assert.deepEqual(log.state, ["connecting", "joined", "reconnecting", "joined"]);
    assert.equal(page.server.of("join").at(-1).resume, "s_1");
    assert.equal(FakePeerConnection.made.length, 1);
    assert.equal(pc.isClosed, false);
    assert.equal(pc.iceGeneration, 1);
    assert.equal(page.server.of("subscribe").length, 1);
  });

  test("resumed while its transport is down, a connection gets an ICE restart", async () => {
    const { room } = await joinedRoom(page);
    room.watch("alice/main");
    await page.time.settle();
    const pc = FakePeerConnection.last;
    pc.become("connected");
    page.server.socket.end();
    pc.become("disconnected");
    page.server.joined = { resumed: true, connections: [{ connection: "c1", kind: "subscribe", generation: 1 }] };
    await page.time.advance(300);
    const offer = page.server.of("subscribe").at(-1);
    assert.equal(offer.connection, "c1");
    assert.match(offer.sdp, /ice-ufrag:u2/);
    assert.equal(FakePeerConnection.made.length, 1);
  });

  test("not resumed, every connection is made anew", async () => {
    const { room } = await joinedRoom(page);
    const view = room.watch("alice/main");
    await page.time.settle();
    const old = FakePeerConnection.last;
    old.become("connected");
    page.server.session = "s_2";
    page.server.socket.end();
    await page.time.advance(300);
    assert.ok(old.isClosed);
    assert.equal(FakePeerConnection.made.length, 2);
    const offer = page.server.of("subscribe").at(-1);
    assert.equal(offer.connection, null);
    assert.deepEqual(offer.map, { 0: "alice/main", 1: "alice/main" });
    assert.deepEqual(view.mediaStream.getTracks(), FakePeerConnection.last.transceivers.map((each) => each.receiver.track));
  });

  test("what was asked without a reply is refused as disconnected", async () => {
    const { room } = await joinedRoom(page);
    page.server.isSilent = true;
    const request = assert.rejects(room.request({ type: "layer" }), { code: "disconnected" });
    page.server.socket.end();
    await page.time.settle();
    await request;
    await assert.rejects(room.request({ type: "layer" }), { code: "disconnected" });
  });

  test("an offer without a reply is repeated as a new offer after joining again", async () => {
    const { room } = await joinedRoom(page);
    page.server.isSilent = true;
    room.watch("alice/main");
    await page.time.settle();
    assert.equal(page.server.of("subscribe").length, 1);
    page.server.isSilent = false;
    page.server.socket.end();
    await page.time.advance(300);
    assert.equal(page.server.of("subscribe").length, 2);
    assert.equal(room.subscriber.name, "c1");
  });

  test("back online or visible, nothing is waited for", async () => {
    for (const [target, name] of [["window", "online"], ["document", "visibilitychange"], ["window", "pageshow"]]) {
      page = openPage();
      await joinedRoom(page);
      page.server.isReachable = false;
      page.server.socket.end();
      await page.time.advance(9000);
      const before = page.server.sockets.length;
      page.server.isReachable = true;
      globalThis[target].dispatchEvent(new Event(name));
      await page.time.settle();
      assert.equal(page.server.sockets.length, before + 1, name);
      assert.equal(page.server.of("join").length, 2, name);
    }
  });

  test("a page that comes back asks whether the socket lives; 2 s without a pong mean it does not", async () => {
    const { log } = await joinedRoom(page);
    await page.time.advance(5000);
    page.server.isSilent = true;
    document.dispatchEvent(new Event("visibilitychange"));
    await page.time.advance(1999);
    assert.equal(log.state.at(-1), "joined");
    await page.time.advance(1);
    assert.equal(log.state.at(-1), "reconnecting");
  });

  test("a timer that is late by over 5 s means sleep: the clock is learned anew and the socket probed", async () => {
    const { room } = await joinedRoom(page);
    await page.time.advance(5000);
    const pings = page.server.of("ping").length;
    page.time.sleep(40_000);
    page.server.serverTimeMs += 7;
    await page.time.advance(0);
    await page.time.settle();
    assert.ok(page.server.of("ping").length > pings);
    assert.equal(room.clock.now(), page.server.serverTimeMs + page.time.now);
  });

  test("pings come quickly at first, then at the server's interval; an unanswered one ends the socket", async () => {
    const { log } = await joinedRoom(page);
    await page.time.advance(1700);
    assert.equal(page.server.of("ping").length, 5);
    await page.time.advance(15_000);
    assert.equal(page.server.of("ping").length, 6);
    page.server.isSilent = true;
    await page.time.advance(15_000);
    assert.equal(log.state.at(-1), "joined");
    await page.time.advance(15_000);
    assert.ok(log.state.includes("reconnecting"));
  });
});

describe("the server's good-bye", () => {
  let page;
  beforeEach(() => (page = openPage()));

  for (const [reason, retryAfterMs] of [["draining", 1500], ["overloaded", 4000], ["idle", 0], ["slow", 2500]]) {
    test(`${reason} with ${retryAfterMs} ms is followed by a join after exactly that`, async () => {
      const { log } = await joinedRoom(page);
      await page.time.advance(1000);
      page.server.bye(reason, retryAfterMs);
      await page.time.advance(Math.max(0, retryAfterMs - 1));
      assert.equal(page.server.sockets.length, retryAfterMs === 0 ? 2 : 1);
      await page.time.advance(2);
      assert.equal(page.server.openedAt[1], 1000 + retryAfterMs);
      assert.deepEqual(log.state, ["connecting", "joined", "reconnecting", "joined"]);
      assert.equal(log.failed.length, 0);
    });
  }

  test("moved is followed by a join at the other server at once, and at home when that is gone", async () => {
    const { log } = await joinedRoom(page);
    const home = page.server.socket.url;
    await page.time.advance(1000);
    page.server.bye("moved", 1000, { url: "https://other.example:8443" });
    await page.time.advance(1);
    assert.equal(page.server.socket.url, "wss://other.example:8443/ws");
    assert.deepEqual(log.state, ["connecting", "joined", "reconnecting", "joined"]);
    page.server.socket.end();
    await page.time.advance(1000);
    assert.equal(page.server.socket.url, home);
    assert.equal(log.failed.length, 0);
  });

  for (const reason of ["replaced", "room-ended", "revoked", "protocol"]) {
    test(`${reason} is final: told with its reason, and nobody comes back`, async () => {
      const { room, log } = await joinedRoom(page);
      const view = room.watch("alice/main");
      await page.time.settle();
      page.server.bye(reason, null);
      await page.time.advance(60_000);
      assert.deepEqual(log.failed.map((each) => each.code), [reason]);
      assert.equal(room.failure.code, reason);
      assert.equal(room.state, "closed");
      assert.equal(page.server.sockets.length, 1);
      assert.ok(FakePeerConnection.last.isClosed);
      assert.ok(view);
    });
  }

  test("token-expired is followed at once by a join with a fresh token", async () => {
    const asked = [];
    const { log } = await joinedRoom(page, { token: (fresh) => (asked.push(fresh), "token") });
    page.server.bye("token-expired", null);
    await page.time.advance(1);
    assert.deepEqual(asked, [false, true]);
    assert.equal(log.state.at(-1), "joined");
    assert.equal(log.failed.length, 0);
  });
});
