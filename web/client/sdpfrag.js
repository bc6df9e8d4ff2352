// Trickle fragments (RFC 8840, `application/trickle-ice-sdpfrag`): written from a description, applied to one.

/**
 * The lines of an SDP.
 * @param {string} sdp
 */
const lines = (sdp) => sdp.split(/\r?\n/).filter((line) => line !== "");

/**
 * The first value of an attribute.
 * @param {string} sdp
 * @param {string} name
 */
function attribute(sdp, name) {
  const prefix = `a=${name}:`;
  return lines(sdp).find((line) => line.startsWith(prefix))?.slice(prefix.length) ?? "";
}

/**
 * A fragment with our credentials and these candidates, under the first section (everything is bundled).
 * @param {string} sdp our description
 * @param {string[]} candidates `candidate:…` without `a=`
 * @param {boolean} end whether no more will come
 */
export function writeFragment(sdp, candidates, end) {
  const media = lines(sdp).find((line) => line.startsWith("m=")) ?? "m=audio 9 UDP/TLS/RTP/SAVPF 0";
  return [
    `a=ice-ufrag:${attribute(sdp, "ice-ufrag")}`,
    `a=ice-pwd:${attribute(sdp, "ice-pwd")}`,
    media,
    `a=mid:${attribute(sdp, "mid")}`,
    ...candidates.map((candidate) => `a=${candidate}`),
    ...(end ? ["a=end-of-candidates"] : []),
    "",
  ].join("\r\n");
}

/**
 * The remote description with the credentials and candidates of the server's restart fragment.
 * @param {string} answer the last answer @param {string} fragment
 */
export function applyFragment(answer, fragment) {
  const ufrag = attribute(fragment, "ice-ufrag");
  const password = attribute(fragment, "ice-pwd");
  const candidates = lines(fragment).filter((line) => line.startsWith("a=candidate:"));
  /** @type {string[]} */
  const result = [];
  for (const line of lines(answer)) {
    if (line.startsWith("a=candidate:") || line === "a=end-of-candidates") continue;
    if (line.startsWith("a=ice-ufrag:")) result.push(`a=ice-ufrag:${ufrag}`);
    else if (line.startsWith("a=ice-pwd:")) result.push(`a=ice-pwd:${password}`);
    else result.push(line);
    // Candidates go to the first section, the one that carries the bundle.
    if (line.startsWith("a=mid:") && candidates.length > 0) {
      result.push(...candidates.splice(0), "a=end-of-candidates");
    }
  }
  return result.join("\r\n") + "\r\n";
}
