// Which way the picture comes: what the server wants, what the network lets through, and what is really shown.

import { HlsPicture } from "./picture.js";

/** HLS that does not play is tried again after so long (ms): the show may not have reached it yet, or begin again. */
const AGAIN_MS = 3000;
/** How often the server is told how old the picture is. */
const REPORT_MS = 10_000;
/** Refusals of an address that has run out: the server is asked for another one. */
const REFUSED = new Set(["http-401", "http-403"]);

/**
 * @param {import("../client/hawker.js").HawkerRoom} room @param {import("./stage.js").Stage} stage
 */
export function setUpWay(room, stage) {
  let reportedAt = 0;
  /** @type {"webrtc"|"hls"} what the server was told */
  let told = "webrtc";

  const report = () => {
    const { main } = stage;
    if (!main || (main.via === told && (told === "webrtc" || performance.now() - reportedAt < REPORT_MS))) return;
    told = main.via;
    reportedAt = performance.now();
    const latency = main.latencyMs;
    room.watching({ via: told, ...(Number.isFinite(latency) ? { delayMs: Math.max(0, Math.round(latency)) } : {}) });
  };

  /** @param {"network"|"asked"} reason  WebRTC does not do: is there another way? */
  const ask = (reason) => {
    if (HlsPicture.supported && room.delivery.via === "webrtc") room.watching({ via: "hls", reason });
  };

  room.on("delivery", () => stage.deliver());
  room.subscriber.on("unreachable", () => ask("network"));
  return {
    /** @param {import("./tile.js").Tile} tile its codec is not one that this browser takes by WebRTC; by HLS it may */
    unsupported(tile) {
      if (tile === stage.main) ask("asked");
    },
    /** @param {import("./tile.js").Tile} tile its picture comes another way, or can't */
    changed(tile) {
      if (tile !== stage.main) return;
      if (tile.failure) {
        if (REFUSED.has(tile.failure)) room.watching({ via: "hls", reason: "network" });
        setTimeout(() => room.delivery.via === "hls" && room.show.state?.phase !== "ended" && stage.deliver(), AGAIN_MS);
      }
      // Only now: until there was a frame of the new picture, the old one was better than none.
      if (tile.via === "hls" && room.subscriber.held) room.subscriber.forget();
      report();
    },
    tick: report,
  };
}
