// What a camera and a screen are encoded into: the simulcast layers and their bitrates.

/** Bitrates for a 1280×720 camera at 30 fps; other sizes scale with the number of pixels. */
const CAMERA_PIXELS = 1280 * 720;
const CAMERA_LAYERS = [
  { rid: "q", scaleResolutionDownBy: 4, maxBitrate: 150_000 },
  { rid: "h", scaleResolutionDownBy: 2, maxBitrate: 500_000 },
  { rid: "f", scaleResolutionDownBy: 1, maxBitrate: 1_700_000 },
];
/**
 * Smaller pictures are sent in fewer layers, as Chromium's encoder does: it leaves out the topmost of those it was asked for,
 * so one that asked for too many would send its small ones only.
 */
const THREE_LAYERS_PIXELS_MIN = 960 * 540;
const TWO_LAYERS_PIXELS_MIN = 480 * 270;

/**
 * Send encodings for a camera track: three layers, fewer when the picture is small.
 * @param {MediaStreamTrack} track
 * @returns {RTCRtpEncodingParameters[]}
 */
export function cameraEncodings(track) {
  const { width = 1280, height = 720 } = track.getSettings();
  const pixels = width * height;
  // Never below half: a small picture needs more bits per pixel.
  const scale = Math.max(0.5, Math.min(2, pixels / CAMERA_PIXELS));
  const layers = CAMERA_LAYERS.slice(pixels < TWO_LAYERS_PIXELS_MIN ? 2 : pixels < THREE_LAYERS_PIXELS_MIN ? 1 : 0);
  // Named by rank, as the server names what arrives: of two the lower is `q`.
  if (layers.length === 2) layers[0] = { ...layers[0], rid: "q" };
  return layers.map((layer) => ({ ...layer, active: true, maxBitrate: Math.round(layer.maxBitrate * scale) }));
}

/**
 * Send encodings for a shared screen: one, sharp rather than smooth.
 * @returns {RTCRtpEncodingParameters[]}
 */
export function screenEncodings() {
  return [{ active: true, maxBitrate: 2_000_000 }];
}
