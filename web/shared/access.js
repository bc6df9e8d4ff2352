// Where a page's token comes from: the address's fragment, this tab's storage, or the server for anonymous viewers.

import { HawkerError } from "../client/hawker.js";

/** @param {string} room */
const keyOf = (room) => `hawker.token.${room}`;

/**
 * The token of `#token=…`, taken out of the address bar at once, or the one this tab had before.
 * @param {string} room
 * @returns {string|null}
 */
export function takeToken(room) {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const token = fragment.get("token");
  if (!token) return sessionStorage.getItem(keyOf(room));
  fragment.delete("token");
  const rest = fragment.toString();
  history.replaceState(history.state, "", location.pathname + location.search + (rest ? `#${rest}` : ""));
  sessionStorage.setItem(keyOf(room), token);
  return token;
}

/** A front page asks for so many identities at most. */
const TOKENS_MAX = 8;

/**
 * The tokens of the rooms this tab has been in.
 * @returns {string[]}
 */
export function tokensHere() {
  const keys = Object.keys(sessionStorage).filter((key) => key.startsWith(keyOf("")));
  return [...new Set(keys.map((key) => sessionStorage.getItem(key) ?? ""))].filter(Boolean).slice(0, TOKENS_MAX);
}

/**
 * A viewer token from the server; the old one, if any, keeps the identity.
 * @param {string} room
 * @param {string|null} old
 * @returns {Promise<string>}
 */
export async function mintViewerToken(room, old) {
  let response = await requestToken(room, old);
  // An old token that no longer counts must not stand in the way of a new one.
  if (response.status === 401 && old) response = await requestToken(room, null);
  if (!response.ok) {
    const code = response.status === 401 || response.status === 403 ? "forbidden" : `http-${response.status}`;
    const retryAfter = Number(response.headers.get("Retry-After"));
    throw new HawkerError(code, "no viewer token", { retryAfterMs: retryAfter ? retryAfter * 1000 : null });
  }
  const { token } = await response.json();
  sessionStorage.setItem(keyOf(room), token);
  return token;
}

/**
 * @param {string} room
 * @param {string|null} old
 */
function requestToken(room, old) {
  return fetch(`/api/v1/rooms/${room}/tokens`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...(old ? { Authorization: `Bearer ${old}` } : {}) },
    body: JSON.stringify({ role: "viewer" }),
  });
}

const DEVICE_KEY = "hawker.device";

/** An opaque mark of this browser, which bans look at; made once and kept. Undefined where nothing can be kept. */
export function deviceHint() {
  try {
    const kept = localStorage.getItem(DEVICE_KEY);
    if (kept && /^[a-z0-9]{8,64}$/.test(kept)) return kept;
    const made = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    localStorage.setItem(DEVICE_KEY, made);
    return made;
  } catch {
    return undefined;
  }
}
