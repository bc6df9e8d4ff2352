// The sentence about sending: the worst thing, in the topmost layer that has it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { verdictOf } from "../../web/studio/health.js";

const layer = (name, more = {}) => ({
  kind: name === "audio" ? "audio" : "video", name, active: true, bitrate: 1e5, fps: 30, width: 320, height: 180, limitation: "none",
  codec: "VP8", framesSent: 1, ...more,
});
const arrives = (name, more = {}) => ({
  track: "t", kind: name === "audio" ? "audio" : "video", name, active: true, bitrate: 1e5, fps: 30, width: 0, height: 0, fractionLost: 0,
  limitedByCode: null, limitedBy: null, ...more,
});
const sending = (layers, health = [], sinceMs = 60_000) => [{ stream: "main", layers, health: { connection: "c1", stream: "main", layers: health }, sinceMs }];

test("off air, starting, all well", () => {
  assert.equal(verdictOf([]).key, "idle");
  assert.equal(verdictOf(sending([layer("q", { bitrate: 0 })], [], 1000)).key, "starting");
  assert.equal(verdictOf(sending([layer("q"), layer("f"), layer("audio")])).key, "good");
});

test("the uplink and the computer are named with the topmost layer they limit", () => {
  const uplink = verdictOf(sending([layer("q"), layer("h", { limitation: "bandwidth" }), layer("f", { limitation: "bandwidth" })]));
  assert.deepEqual([uplink.key, uplink.layer, uplink.tone], ["bandwidth", "f", "warn"]);
  assert.equal(verdictOf(sending([layer("f", { limitation: "cpu" })])).key, "cpu");
  assert.equal(verdictOf(sending([layer("q"), layer("f", { bitrate: 0 })])).key, "off");
});

test("loss on the way is worse than a limit", () => {
  const health = [arrives("q", { limitedByCode: "loss", limitedBy: "…", fractionLost: 0.084 }), arrives("f")];
  const verdict = verdictOf(sending([layer("q"), layer("f", { limitation: "bandwidth" })], health));
  assert.deepEqual([verdict.key, verdict.layer, verdict.lost, verdict.tone], ["loss", "q", 0.084, "bad"]);
});

test("silence of the sound is said of the sound", () => {
  assert.equal(verdictOf(sending([layer("audio")], [arrives("f", { kind: "audio", limitedByCode: "silent" })])).key, "silentSound");
});

test("a limit this page doesn't know is shown in the server's words", () => {
  const verdict = verdictOf(sending([layer("f")], [arrives("f", { limitedByCode: "weather", limitedBy: "It rains on the antenna" })]));
  assert.deepEqual([verdict.key, verdict.words], ["server", "It rains on the antenna"]);
  for (const code of ["slow", "budget"]) {
    assert.equal(verdictOf(sending([layer("f")], [arrives("f", { limitedByCode: code, limitedBy: "English" })])).key, code);
  }
});
