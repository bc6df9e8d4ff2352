// How sending goes, in one plain sentence: the worst thing first, for that is what to do something about.

/** @typedef {import("../client/stats.js").SentLayer} SentLayer */
/** @typedef {import("../client/protocol").Health} Health */
/** @typedef {{stream: string, layers: SentLayer[], health: Health|null, sinceMs: number}} Sending */
/** @typedef {{key: string, tone: ""|"good"|"warn"|"bad", layer?: string, lost?: number, words?: string}} Verdict */

/** After going live, an encoder needs this long before "nothing is sent" means anything. */
export const STARTING_MS = 5000;

/**
 * What the server says arrives of a layer.
 * @param {SentLayer} layer
 * @param {Health|null} health
 */
export function arrivalOf(layer, health) {
  const same = (health?.layers ?? []).filter((each) => each.kind === layer.kind);
  if (layer.name === layer.kind) return same.at(-1); // sent without a RID: there is one
  return same.find((each) => each.name === layer.name);
}

/**
 * @param {Sending[]} publications
 * @returns {Verdict}
 */
export function verdictOf(publications) {
  const all = publications.flatMap((each) => each.layers.map((layer) => ({ layer, arrives: arrivalOf(layer, each.health), sinceMs: each.sinceMs })));
  if (all.length === 0) return { key: "idle", tone: "" };
  const judged = all.map(({ layer, arrives, sinceMs }) => judge(layer, arrives, sinceMs));
  // The topmost layer with the worst finding is named: what helps it helps the others.
  const worst = Math.max(...judged.map((each) => SEVERITY.indexOf(each.tone)));
  return judged.filter((each) => SEVERITY.indexOf(each.tone) === worst).at(worst > 1 ? -1 : 0) ?? { key: "good", tone: "good" };
}

const SEVERITY = ["good", "", "warn", "bad"];

/**
 * @param {SentLayer} layer
 * @param {import("../client/protocol").LayerHealth|undefined} arrives
 * @param {number} sinceMs
 * @returns {Verdict}
 */
function judge(layer, arrives, sinceMs) {
  const video = layer.kind === "video";
  const named = { layer: layer.name };
  if (layer.bitrate <= 0) {
    if (sinceMs < STARTING_MS) return { key: "starting", tone: "" };
    return video ? { key: "off", tone: "warn", ...named } : { key: "good", tone: "good" };
  }
  if (arrives?.limitedByCode === "loss") return { key: "loss", tone: "bad", lost: arrives.fractionLost, ...named };
  if (arrives?.limitedByCode === "silent" && sinceMs >= STARTING_MS) return { key: video ? "silent" : "silentSound", tone: "bad", ...named };
  if (layer.limitation === "bandwidth" || layer.limitation === "cpu" || layer.limitation === "other") {
    return { key: layer.limitation, tone: "warn", ...named };
  }
  if ((arrives?.limitedByCode === "slow" || arrives?.limitedByCode === "budget") && sinceMs >= STARTING_MS) {
    return { key: arrives.limitedByCode, tone: "warn", ...named };
  }
  if (arrives?.limitedBy && sinceMs >= STARTING_MS) return { key: "server", tone: "warn", words: arrives.limitedBy, ...named };
  return { key: "good", tone: "good" };
}
