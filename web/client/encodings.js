// What a camera and a screen are encoded into: the simulcast layers and their bitrates.

/** Bitrates for a 1280×720 camera at 30 fps; other sizes scale with the number of pixels. */
const CAMERA_PIXELS = 1280 * 720;
const CAMERA_LAYERS = [
  { rid: "q", scaleResolutionDownBy: 4, maxBitrate: 150_000 },
  { rid: "h", scaleResolutionDownBy: 2, maxBitrate: 500_000 },
  { rid: "f", scaleResolutionDownBy: 1, maxBitrate: 1_700_000 },
];
/** Under this height a quarter of the picture is too small to be worth sending. */
const THREE_LAYERS_HEIGHT_MIN = 480;

/**
 * Send encodings for a camera track: three layers, two when the picture is small.
 * @param {MediaStreamTrack} track
 * @returns {RTCRtpEncodingParameters[]}
 */
export function cameraEncodings(track) {
  const { width = 1280, height = 720 } = track.getSettings();
  // Never below half: a small picture needs more bits per pixel.
  const scale = Math.max(0.5, Math.min(2, (width * height) / CAMERA_PIXELS));
  const layers = height < THREE_LAYERS_HEIGHT_MIN ? CAMERA_LAYERS.slice(1) : CAMERA_LAYERS;
  return layers.map((layer) => ({ ...layer, active: true, maxBitrate: Math.round(layer.maxBitrate * scale) }));
}

/**
 * Send encodings for a shared screen: one, sharp rather than smooth.
 * @returns {RTCRtpEncodingParameters[]}
 */
export function screenEncodings() {
  return [{ active: true, maxBitrate: 2_000_000 }];
}
