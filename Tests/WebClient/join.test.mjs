// Joining a room: what is sent, what is kept, and which refusals are final.

import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { HawkerRoom } from "../../web/client/hawker.js";
import { joinedRoom, openPage, record } from "./support/browser.mjs";

describe("joining a room", () => {
  let page;
  beforeEach(() => (page = openPage()));

  test("the first message is a join with version, room and token; the URL holds no token", async () => {
    await joinedRoom(page);
    const [join] = page.server.requests;
    assert.deepEqual(join, { type: "join", version: 1, room: "demo", token: "token", id: join.id });
    assert.equal(page.server.socket.url, "wss://live.example/ws");
  });

  test("joined fills the room: member, permissions, tracks, clock", async () => {
    page.server.joined = {
      permissions: { publish: false, subscribe: true },
      tracks: [{ id: "t7", publication: "alice/main", kind: "video", active: true, layers: [] }],
      iceServers: [{ urls: ["turn:turn.example"] }],
    };
    const { room, log } = await joinedRoom(page);
    assert.equal(room.state, "joined");
    assert.deepEqual(log.state, ["connecting", "joined"]);
    assert.equal(room.member.identity, "ann");
    assert.deepEqual(room.permissions, { publish: false, subscribe: true });
    assert.deepEqual([...room.tracks.keys()], ["t7"]);
    assert.deepEqual(room.iceServers, [{ urls: ["turn:turn.example"] }]);
    assert.equal(room.clock.now(), page.server.serverTimeMs + page.time.now);
  });

  /** A token as far as pages read it. @param {number} expiresAtMs */
  const jwt = (expiresAtMs) => `e30.${btoa(JSON.stringify({ sub: "ann", exp: expiresAtMs / 1000 })).replaceAll("=", "")}.x`;
  const MINUTE = 60_000;

  test("a fresh token is sent ten minutes before the one in use ends, again and again", async () => {
    const start = page.server.serverTimeMs;
    page.server.joined = { expiresAtMs: start + 60 * MINUTE };
    const renewed = [];
    await joinedRoom(page, {
      token: () => "first",
      renew: async (old) => {
        renewed.push(old);
        return jwt(start + 60 * MINUTE * (renewed.length + 1));
      },
    });
    await page.time.advance(49 * MINUTE);
    assert.deepEqual(page.server.of("token"), []);
    await page.time.advance(2 * MINUTE);
    assert.deepEqual(renewed, ["first"]);
    assert.deepEqual(page.server.of("token").map((each) => each.token), [jwt(start + 120 * MINUTE)]);
    await page.time.advance(60 * MINUTE);
    assert.deepEqual(renewed, ["first", jwt(start + 120 * MINUTE)]);
    assert.equal(page.server.sockets.length, 1);
  });

  test("a renewal that fails is tried again; without a new token nothing is sent", async () => {
    page.server.joined = { expiresAtMs: page.server.serverTimeMs + 60 * MINUTE };
    let calls = 0;
    await joinedRoom(page, {
      renew: async () => {
        calls += 1;
        if (calls < 3) throw new Error("offline");
        return null;
      },
    });
    await page.time.advance(59 * MINUTE);
    assert.equal(calls, 3);
    assert.deepEqual(page.server.of("token"), []);
  });

  for (const code of ["forbidden", "bad-room", "room-ended", "unsupported-version"]) {
    test(`${code} is final: join rejects and nothing is tried again`, async () => {
      page.server.refuse("join", code);
      const room = new HawkerRoom({ room: "demo", token: () => "token" });
      const log = record(room, ["failed"]);
      const rejected = assert.rejects(room.join(), { code });
      await page.time.advance(60_000);
      await rejected;
      assert.equal(room.state, "closed");
      assert.equal(room.failure.code, code);
      assert.equal(log.failed.length, 1);
      assert.equal(page.server.sockets.length, 1);
    });
  }

  test("a refused token is fetched afresh once, then it is over", async () => {
    const asked = [];
    page.server.refuse("join", "unauthorized");
    const { room } = await joinedRoom(page, {
      token: (fresh) => {
        asked.push(fresh);
        return fresh ? "new" : "old";
      },
    });
    assert.deepEqual(asked, [false, true]);
    assert.deepEqual(page.server.of("join").map((each) => each.token), ["old", "new"]);
    assert.equal(room.state, "joined");

    const other = new HawkerRoom({ room: "demo", token: () => "never good" });
    page.server.refuse("join", "unauthorized");
    page.server.refuse("join", "unauthorized");
    const rejected = assert.rejects(other.join(), { code: "unauthorized" });
    await page.time.advance(60_000);
    await rejected;
    assert.equal(page.server.of("join").length, 4);
  });

  test("an overloaded server is asked again after the time it said", async () => {
    page.server.refuse("join", "overloaded", { retryAfterMs: 3000 });
    const room = new HawkerRoom({ room: "demo", token: () => "token" });
    const joined = room.join();
    await page.time.advance(2999);
    assert.equal(page.server.sockets.length, 1);
    await page.time.advance(2);
    await joined;
    assert.deepEqual(page.server.openedAt, [0, 3000]);
  });

  test("a join that is not answered within 10 s is begun again", async () => {
    page.server.isSilent = true;
    const room = new HawkerRoom({ room: "demo", token: () => "token" });
    const joined = room.join();
    await page.time.advance(10_000);
    page.server.isSilent = false;
    await page.time.advance(250);
    await joined;
    assert.deepEqual(page.server.openedAt, [0, 10_250]);
    assert.ok(page.server.sockets[0].isClosed);
  });

  test("events change the room; unknown ones change nothing and are handed on", async () => {
    const { room, log } = await joinedRoom(page);
    const track = { id: "t7", publication: "alice/main", kind: "video", active: true, codec: null, layers: [] };
    page.server.event({ type: "trackAdded", cursor: 2, track });
    page.server.event({ type: "trackStatus", tracks: [{ id: "t7", codec: "VP8" }, { id: "t9", active: true }] });
    assert.equal(room.tracks.get("t7").codec, "VP8");
    assert.equal(room.tracks.size, 1);
    page.server.event({ type: "trackRemoved", cursor: 3, track });
    assert.equal(room.tracks.size, 0);
    page.server.event({ type: "tracks", cursor: 4, tracks: [track] });
    assert.equal(room.tracks.size, 1);
    page.server.event({ type: "roomState", cursor: 5, room: { name: "demo", phase: "away", hostPresent: false } });
    assert.equal(room.room.phase, "away");
    page.server.event({ type: "permissions", publish: false, subscribe: true });
    assert.equal(room.permissions.publish, false);
    page.server.event({ type: "fireworks", cursor: 6 });
    assert.equal(log.message.at(-1).type, "fireworks");
    assert.equal(room.state, "joined");
  });

  test("replies find their requests in any order; a refusal rejects its own only", async () => {
    const { room, log } = await joinedRoom(page);
    page.server.isSilent = true;
    const first = room.request({ type: "layer" });
    const second = room.request({ type: "assign" });
    const [one, two] = page.server.requests.slice(-2);
    page.server.event({ type: "error", ref: one.id, code: "unknown-mid", message: "no such section" });
    page.server.event({ type: "ok", ref: two.id, map: { 0: "t1" } });
    page.server.event({ type: "ok", ref: "another's" });
    await assert.rejects(first, { code: "unknown-mid", message: "no such section" });
    assert.deepEqual((await second).map, { 0: "t1" });
    assert.deepEqual(log.message, []);
  });

  test("a listener that throws keeps neither the others nor the room from going on", async () => {
    const { room } = await joinedRoom(page);
    const heard = [];
    room.on("room", () => {
      throw new Error("a page's fault");
    });
    room.on("room", (state) => heard.push(state.phase));
    page.server.event({ type: "roomState", room: { name: "demo", phase: "away", hostPresent: false } });
    assert.deepEqual(heard, ["away"]);
    assert.equal(page.errors.length, 1);
  });

  test("left before it was joined, join rejects and nothing comes back", async () => {
    page.server.isReachable = false;
    const room = new HawkerRoom({ room: "demo", token: () => "token" });
    const rejected = assert.rejects(room.join(), { code: "disconnected" });
    await page.time.advance(1000);
    await room.leave();
    await rejected;
    const sockets = page.server.sockets.length;
    await page.time.advance(60_000);
    assert.equal(page.server.sockets.length, sockets);
    assert.equal(room.failure, null);
  });

  test("leaving says so, closes the socket and stays away", async () => {
    const { room, log } = await joinedRoom(page);
    const left = room.leave();
    await page.time.advance(60_000);
    await left;
    assert.equal(page.server.of("leave").length, 1);
    assert.ok(page.server.socket.isClosed);
    assert.equal(log.state.at(-1), "closed");
    assert.equal(log.failed.length, 0);
    assert.equal(page.server.sockets.length, 1);
  });
});
