// getStats() made into figures for people: rates over the time between two readings.

/**
 * @typedef {object} SentLayer
 * @property {string} kind
 * @property {string} name  `q`, `h`, `f`, or the kind for a single encoding
 * @property {boolean} active
 * @property {number} bitrate  bit/s
 * @property {number} fps
 * @property {number} width
 * @property {number} height
 * @property {string} limitation  `none`, `cpu`, `bandwidth` or `other`
 * @property {string} codec
 * @property {number} framesSent
 */

/**
 * @typedef {object} ReceivedMedia
 * @property {number} bitrate  bit/s, audio and video together
 * @property {number} fps
 * @property {number} width
 * @property {number} height
 * @property {number} framesDecoded
 * @property {number} framesDropped
 * @property {number} freezeCount
 * @property {number} packetsLost
 * @property {number} jitterBufferMs  mean wait in the jitter buffer since the last reading
 * @property {string} codec
 * @property {number} audioLevel  0 to 1
 */

/** Per-second rates of counters between readings. */
class Rates {
  /** @type {Map<string, {value: number, at: number}>} */
  #last = new Map();

  /** @param {string} key @param {number} value @param {number} at ms */
  of(key, value, at) {
    const before = this.#last.get(key);
    // Several readers within an instant would divide by almost nothing.
    if (before && at - before.at < 100) return 0;
    this.#last.set(key, { value, at });
    return before && value >= before.value ? ((value - before.value) * 1000) / (at - before.at) : 0;
  }
}

export class OutboundStats {
  #rates = new Rates();

  /** @param {RTCStatsReport} report @returns {SentLayer[]} video lowest first, then audio */
  read(report) {
    /** @type {SentLayer[]} */
    const layers = [];
    for (const entry of /** @type {Iterable<any>} */ (report.values())) {
      if (entry.type !== "outbound-rtp") continue;
      layers.push({
        kind: entry.kind,
        name: entry.rid ?? entry.kind,
        active: entry.active !== false,
        bitrate: this.#rates.of(entry.id, entry.bytesSent * 8, entry.timestamp),
        fps: entry.framesPerSecond ?? 0,
        width: entry.frameWidth ?? 0,
        height: entry.frameHeight ?? 0,
        limitation: entry.qualityLimitationReason ?? "none",
        codec: codecName(report, entry.codecId),
        framesSent: entry.framesSent ?? 0,
      });
    }
    const order = ["q", "h", "f", "video", "audio"];
    return layers.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  }
}

export class InboundStats {
  #rates = new Rates();

  /** @param {RTCStatsReport} report @param {(string|null|undefined)[]} mids which sections @returns {ReceivedMedia} */
  read(report, mids) {
    /** @type {ReceivedMedia} */
    const sum = {
      bitrate: 0, fps: 0, width: 0, height: 0, framesDecoded: 0, framesDropped: 0, freezeCount: 0, packetsLost: 0,
      jitterBufferMs: 0, codec: "", audioLevel: 0,
    };
    for (const entry of /** @type {Iterable<any>} */ (report.values())) {
      if (entry.type !== "inbound-rtp" || !mids.includes(entry.mid)) continue;
      sum.bitrate += this.#rates.of(entry.id, entry.bytesReceived * 8, entry.timestamp);
      if (entry.kind === "audio") {
        sum.audioLevel = entry.audioLevel ?? 0;
        continue;
      }
      sum.fps = entry.framesPerSecond ?? 0;
      sum.width = entry.frameWidth ?? 0;
      sum.height = entry.frameHeight ?? 0;
      sum.framesDecoded = entry.framesDecoded ?? 0;
      sum.framesDropped = entry.framesDropped ?? 0;
      sum.freezeCount = entry.freezeCount ?? 0;
      sum.packetsLost = entry.packetsLost ?? 0;
      sum.codec = codecName(report, entry.codecId);
      const waited = this.#rates.of(entry.id + "delay", (entry.jitterBufferDelay ?? 0) * 1000, entry.timestamp);
      const frames = this.#rates.of(entry.id + "frames", entry.jitterBufferEmittedCount ?? 0, entry.timestamp);
      sum.jitterBufferMs = frames > 0 ? waited / frames : 0;
    }
    return sum;
  }
}

/** @param {RTCStatsReport} report @param {string|undefined} id */
function codecName(report, id) {
  const codec = /** @type {any} */ (report).get(id ?? "");
  return codec ? String(codec.mimeType).split("/")[1] : "";
}
