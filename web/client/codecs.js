// What this browser can decode over WebRTC, by the codec names of the room protocol.

/**
 * Whether this browser can receive `codec` over WebRTC. Unknown browsers are believed able.
 * @param {"audio"|"video"} kind @param {string|null} codec as in a track, e.g. `H264`
 */
export function canDecode(kind, codec) {
  const capabilities = globalThis.RTCRtpReceiver?.getCapabilities?.(kind);
  if (!codec || !capabilities) return true;
  const wanted = `${kind}/${codec}`.toLowerCase();
  return capabilities.codecs.some((each) => each.mimeType.toLowerCase() === wanted);
}

/** Whether this browser has what watching needs. */
export function canWatch() {
  return typeof RTCPeerConnection === "function" && typeof WebSocket === "function";
}
