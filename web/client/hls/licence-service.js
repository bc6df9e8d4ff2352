// A licence service that a server names: the browser's messages are posted to it, its answers are the keys.

import { HawkerError } from "../errors.js";

/** Services do not answer at once: some ask others first. */
const ANSWER_MS = 10_000;

/**
 * What `HlsPlayer` takes as `licence`.
 * @param {{keySystem: string, url: string}[]} services
 * @param {() => string} token  the viewer's, newest: the service is to check it
 * @returns {import("./licence.js").Licence[]}
 */
export function licencesFrom(services, token) {
  return services.map(({ keySystem, url }) => ({
    keySystem,
    async answer(message) {
      const patience = new AbortController();
      const timer = setTimeout(() => patience.abort(), ANSWER_MS);
      const response = await fetch(url, {
        method: "POST",
        body: message,
        headers: { Authorization: `Bearer ${token()}`, "Content-Type": "application/octet-stream" },
        credentials: "omit",
        referrerPolicy: "no-referrer",
        signal: patience.signal,
      }).finally(() => clearTimeout(timer));
      if (!response.ok) throw new HawkerError("licence", `the licence service answered ${response.status}`);
      return response.arrayBuffer();
    },
  }));
}
