// The table of what is sent: the browser's own figures beside what the server says arrives, limits in plain words.

import { bitrateText, has, percentText, sizeText, text } from "../shared/dom.js";
import { arrivalOf, STARTING_MS } from "./health.js";

/** @typedef {import("../client/stats.js").SentLayer} SentLayer */
/** @typedef {import("../client/protocol").Health} Health */

/**
 * @param {HTMLElement} body  the table's
 * @param {{stream: string, layers: SentLayer[], health: Health|null, sinceMs: number}[]} publications
 */
export function renderLayers(body, publications) {
  const rows = publications.flatMap(({ stream, layers, health, sinceMs }) =>
    layers.map((layer) => row(stream, layer, arrivalOf(layer, health), sinceMs)),
  );
  body.replaceChildren(...rows);
}

/**
 * @param {string} stream
 * @param {SentLayer} layer
 * @param {import("../client/protocol").LayerHealth|undefined} arrives
 * @param {number} sinceMs
 */
function row(stream, layer, arrives, sinceMs) {
  const video = layer.kind === "video";
  const limit = limitOf(layer, arrives, sinceMs);
  const name = stream === "screen" && video ? "screen" : layer.name;
  const line = document.createElement("tr");
  line.dataset.layer = name;
  const head = document.createElement("th");
  head.scope = "row";
  head.textContent = text(`studio.row.${name}`);
  line.append(
    head,
    cell(video ? sizeText(layer.width, layer.height) : "–"),
    cell(video ? String(Math.round(layer.fps)) : "–"),
    cell(bitrateText(layer.bitrate)),
    cell(arrives ? bitrateText(arrives.bitrate) : "–"),
    cell(limit.words, limit.tone),
  );
  return line;
}

/**
 * What holds this layer back: the server's word first, for it sees what arrives.
 * @param {SentLayer} layer
 * @param {import("../client/protocol").LayerHealth|undefined} arrives
 * @param {number} sinceMs
 * @returns {{words: string, tone: string}}
 */
function limitOf(layer, arrives, sinceMs) {
  const sent = layer.bitrate > 0;
  if (!sent && sinceMs < STARTING_MS) return { words: text("studio.limit.starting"), tone: "" };
  if (!sent && layer.kind === "video") return { words: text("studio.limit.inactive"), tone: "warn" };
  if (arrives?.limitedByCode === "loss") {
    return { words: text("studio.limit.loss", { percent: percentText(arrives.fractionLost) }), tone: "bad" };
  }
  if (arrives?.limitedByCode === "silent" && sent) return { words: text("studio.limit.silent"), tone: "bad" };
  if (arrives?.limitedBy) return { words: limitText(arrives), tone: "warn" };
  if (layer.limitation === "none") return { words: text("studio.limit.none"), tone: "good" };
  return { words: text(`studio.limit.${layer.limitation}`), tone: "warn" };
}

/**
 * Our words for what we know, the server's for what came later.
 * @param {import("../client/protocol").LayerHealth} arrives
 */
function limitText(arrives) {
  const key = `studio.limit.${arrives.limitedByCode}`;
  return has(key) ? text(key) : (arrives.limitedBy ?? "");
}

/**
 * @param {string} words
 * @param {string} [tone]
 */
function cell(words, tone = "") {
  const made = document.createElement("td");
  made.textContent = words;
  made.className = tone;
  return made;
}
