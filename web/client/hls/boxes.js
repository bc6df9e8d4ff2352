// The two facts of fMP4 a player must know: an initialization section's timescale, and when a fragment's media begin.

import { HawkerError } from "../errors.js";

/** Boxes that hold boxes, on the ways to what is looked for. */
const CONTAINERS = new Set(["moov", "trak", "mdia", "moof", "traf"]);

/**
 * All boxes of these kinds, in order, those within the containers above among them.
 * @param {DataView} view @param {string} kind
 * @returns {Generator<DataView>} what is in them, without their headers
 */
function* find(view, kind, depth = 0) {
  let at = 0;
  while (at + 8 <= view.byteLength && depth < 8) {
    let size = view.getUint32(at);
    let header = 8;
    const name = String.fromCharCode(view.getUint8(at + 4), view.getUint8(at + 5), view.getUint8(at + 6), view.getUint8(at + 7));
    if (size === 1 && at + 16 <= view.byteLength) {
      size = Number(view.getBigUint64(at + 8));
      header = 16;
    } else if (size === 0) size = view.byteLength - at;
    if (size < header || at + size > view.byteLength) return;
    const content = new DataView(view.buffer, view.byteOffset + at + header, size - header);
    if (name === kind) yield content;
    else if (CONTAINERS.has(name)) yield* find(content, kind, depth + 1);
    at += size;
  }
}

/** @param {Uint8Array} bytes */
const viewOf = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * Ticks per second of an initialization section's (first) track.
 * @param {Uint8Array} init
 */
export function timescaleOf(init) {
  for (const header of find(viewOf(init), "mdhd")) {
    const at = header.byteLength > 0 && header.getUint8(0) === 1 ? 20 : 12;
    if (header.byteLength < at + 4) break;
    const timescale = header.getUint32(at);
    if (timescale > 0) return timescale;
  }
  throw new HawkerError("bad-media", "no timescale in the initialization section");
}

/**
 * Decode time in ticks of a fragment's first sample.
 * @param {Uint8Array} fragment
 */
export function decodeTimeOf(fragment) {
  for (const time of find(viewOf(fragment), "tfdt")) {
    if (time.byteLength >= 12 && time.getUint8(0) === 1) return Number(time.getBigUint64(4));
    if (time.byteLength >= 8 && time.getUint8(0) === 0) return time.getUint32(4);
  }
  throw new HawkerError("bad-media", "no decode time in the fragment");
}
