// Tables of the room over REST: products in, orders out.

import { HawkerError } from "../client/errors.js";

/** Pages of a table, at most: far more than a room has orders. */
const PAGES_MAX = 500;

/**
 * Fetches a table, page after page, and hands it to the browser as a file.
 * @param {string} room @param {string} name  of the table, as `orders.csv` @param {string|null} token
 */
export async function saveTable(room, name, token) {
  const parts = [];
  let path = `/api/v1/rooms/${room}/${name}`;
  for (let page = 0; path && page < PAGES_MAX; page++) {
    const response = await fetch(path, { headers: { Authorization: `Bearer ${token}` } });
    if (!response.ok) throw await errorOf(response);
    parts.push(await response.blob());
    path = nextOf(response.headers.get("Link"));
  }
  const url = URL.createObjectURL(new Blob(parts, { type: "text/csv" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `${room}-${name}`;
  link.click();
  // The download has begun by then; a page that is open for days should not keep it.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/**
 * Where a page of a table goes on; "" for the last one, or an address that is not this server's.
 * @param {string|null} link  as RFC 8288
 */
export function nextOf(link) {
  const path = /<([^>]+)>\s*;\s*rel="?next"?/.exec(link ?? "")?.[1] ?? "";
  return /^\/(?!\/)/.test(path) ? path : "";
}

/**
 * Sends a table of products: all are taken, or none.
 * @param {string} room @param {string|null} token @param {string} body CSV
 */
export async function importListings(room, token, body) {
  const response = await fetch(`/api/v1/rooms/${room}/listings-import`, {
    method: "POST", headers: { "Content-Type": "text/csv", Authorization: `Bearer ${token}` }, body,
  });
  if (!response.ok) throw await errorOf(response);
}

/** @param {Response} response */
async function errorOf(response) {
  const { detail, message, code } = await response.json().catch(() => ({}));
  return new HawkerError(code ?? `http-${response.status}`, detail ?? message ?? "");
}

/**
 * A refusal of a table: the row it is about, and what is said of it. Of a listing, that is its first row.
 * @param {string} message  as `row 3: priceMinor: expected a number`, or `listings[0]: …`
 * @param {string} csv
 * @returns {{row: {number: number, line: string, from: number}|null, words: string}}
 */
export function rowOf(message, csv) {
  const lines = csv.split(/\r?\n/);
  const ofRow = /^row (\d+): (.*)$/s.exec(message);
  const ofListing = /^listings\[(\d+)\]: (.*)$/s.exec(message);
  const at = ofRow ? Number(ofRow[1]) - 1 : ofListing ? firstRow(lines, Number(ofListing[1])) : -1;
  const words = (ofRow?.[2] ?? ofListing?.[2] ?? message).replace(/^variants\[\d+\]\./, "");
  const line = lines[at];
  if (line === undefined) return { row: null, words };
  const from = csv.split("\n").slice(0, at).reduce((sum, each) => sum + each.length + 1, 0);
  return { row: { number: at + 1, line, from }, words };
}

/**
 * The row that begins the listing of this number; only where cells hold no line ends, which is enough to point at.
 * @param {string[]} lines @param {number} number
 */
function firstRow(lines, number) {
  const cells = (/** @type {string} */ line) => line.split(",").map((each) => each.trim().replace(/^"|"$/g, ""));
  const column = cells(lines[0] ?? "").map((each) => each.toLowerCase()).indexOf("reference");
  /** @type {string[]} */
  const seen = [];
  for (const [at, line] of lines.entries()) {
    const reference = cells(line)[column];
    if (at === 0 || line === "" || reference === undefined || seen.includes(reference)) continue;
    if (seen.length === number) return at;
    seen.push(reference);
  }
  return -1;
}
