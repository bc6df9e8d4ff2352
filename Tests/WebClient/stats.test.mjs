// getStats() as people read it: rates between two readings, the right sections only.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { InboundStats, OutboundStats } from "../../web/client/stats.js";

const report = (...entries) => new Map(entries.map((each) => [each.id, each]));

describe("what is sent", () => {
  const at = (timestamp, bytes) =>
    report(
      { id: "a", type: "outbound-rtp", kind: "audio", bytesSent: bytes / 10, timestamp },
      { id: "f", type: "outbound-rtp", kind: "video", rid: "f", bytesSent: bytes, timestamp, framesPerSecond: 30, frameWidth: 1280, frameHeight: 720, qualityLimitationReason: "cpu", codecId: "c", framesSent: 9 },
      { id: "q", type: "outbound-rtp", kind: "video", rid: "q", bytesSent: bytes / 5, timestamp, active: false },
      { id: "c", type: "codec", mimeType: "video/VP8" });

  test("layers come lowest first, audio last, with bits per second since the last reading", () => {
    const stats = new OutboundStats();
    assert.deepEqual(stats.read(at(1000, 1000)).map((each) => each.bitrate), [0, 0, 0]);
    const layers = stats.read(at(3000, 251_000));
    assert.deepEqual(layers.map((each) => each.name), ["q", "f", "audio"]);
    assert.deepEqual(layers.map((each) => each.bitrate), [200_000, 1_000_000, 100_000]);
    assert.deepEqual(layers.map((each) => each.active), [false, true, true]);
    assert.equal(layers[1].limitation, "cpu");
    assert.equal(layers[1].codec, "VP8");
  });

  test("a counter that began anew, or two readings at once, give no rate rather than a wrong one", () => {
    const stats = new OutboundStats();
    stats.read(at(1000, 250_000));
    assert.equal(stats.read(at(1050, 260_000))[1].bitrate, 0);
    assert.equal(stats.read(at(3000, 1000))[1].bitrate, 0);
    assert.equal(stats.read(at(4000, 126_000))[1].bitrate, 1_000_000);
  });
});

describe("what is received", () => {
  const at = (timestamp, n) =>
    report(
      { id: "v", type: "inbound-rtp", kind: "video", mid: "1", bytesReceived: n * 1000, timestamp, framesDecoded: n, jitterBufferDelay: n * 0.05, jitterBufferEmittedCount: n, freezeCount: 2, packetsLost: 3, framesPerSecond: 24 },
      { id: "w", type: "inbound-rtp", kind: "video", mid: "3", bytesReceived: n * 9000, timestamp, framesDecoded: 7 },
      { id: "a", type: "inbound-rtp", kind: "audio", mid: "0", bytesReceived: n * 100, timestamp, audioLevel: 0.5 });

  test("only the named sections count; the jitter buffer's wait is a mean per frame", () => {
    const stats = new InboundStats();
    stats.read(at(1000, 10), ["0", "1"]);
    const media = stats.read(at(2000, 35), ["0", "1"]);
    assert.equal(media.bitrate, 25 * 8800);
    assert.equal(media.framesDecoded, 35);
    assert.equal(Math.round(media.jitterBufferMs), 50);
    assert.deepEqual([media.freezeCount, media.packetsLost, media.fps, media.audioLevel], [2, 3, 24, 0.5]);
  });
});
