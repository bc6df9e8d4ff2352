// What the watch page says: one state from everything known. Pure, so that every case can be read in one place.

import { canDecode, canWatch } from "../client/hawker.js";
import { text } from "../shared/dom.js";

/** @typedef {import("../client/protocol").Track} Track */
/** @typedef {"connecting"|"waiting"|"live"|"away"|"reconnecting"|"ended"|"banned"|"full"|"error"|"unsupported"} WatchState */

/** A picture that stands still for longer than this is not live. */
const STILL_MS = 3000;

/**
 * @typedef {object} Known
 * @property {import("../client/room.js").RoomConnectionState} socket
 * @property {string|null} failure  the code of what ended it
 * @property {import("../client/protocol").Phase|undefined} phase
 * @property {Track[]} main  the tracks of the host's main publication
 * @property {"webrtc"|"hls"} via  how the picture comes
 * @property {number} lastFrameAt  by the same clock as `now`; 0 before the first
 * @property {number} now
 */

/**
 * @param {Known} known
 * @returns {{state: WatchState, codec?: string}}
 */
export function watchState(known) {
  if (!canWatch()) return { state: "unsupported" };
  if (known.failure === "room-ended" || known.phase === "ended") return { state: "ended" };
  if (known.failure === "banned" || known.failure === "full") return { state: known.failure };
  if (known.failure) return { state: "error" };
  if (known.socket === "reconnecting") return { state: "reconnecting" };
  if (known.socket !== "joined") return { state: "connecting" };
  if (known.phase === "waiting" || known.phase === "scheduled") return { state: "waiting" };
  if (known.phase === "away") return { state: "away" };
  const video = known.main.find((track) => track.kind === "video");
  if (!video) return { state: known.main.length > 0 ? "live" : "connecting" };
  if (known.via === "webrtc" && video.codec && !canDecode("video", video.codec)) return { state: "unsupported", codec: video.codec };
  if (known.lastFrameAt === 0) return { state: "connecting" };
  return { state: known.now - known.lastFrameAt > STILL_MS && video.active ? "reconnecting" : "live" };
}

/** This browser's name, for saying what it can't do. */
export function browserName() {
  const agent = navigator.userAgent;
  if (/Firefox\//.test(agent)) return "Firefox";
  if (/Edg\//.test(agent)) return "Edge";
  if (/Chrome\//.test(agent)) return "Chrome";
  return /Safari\//.test(agent) ? "Safari" : text("watch.aBrowser");
}
