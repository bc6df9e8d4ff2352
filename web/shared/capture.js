// Cameras, microphones and screens: what there is, getting one, and what went wrong in a word.

/** A failure to capture: `code` has a sentence in strings.js under `studioError`. */
export class CaptureError extends Error {
  /** @param {"insecure"|"denied"|"no-camera"|"busy"|"nothing"} code */
  constructor(code) {
    super(code);
    this.code = code;
  }
}

/**
 * @typedef {object} Choice
 * @property {string|null} camera  a device id, "" for any, null for none
 * @property {string|null} microphone
 */

/**
 * Camera and microphone as chosen; the one that exists if the other doesn't.
 * @param {Choice} choice
 * @returns {Promise<MediaStream>}
 */
export async function capture(choice) {
  if (!isSecureContext || !navigator.mediaDevices) throw new CaptureError("insecure");
  const video = choice.camera === null ? false : videoConstraints(choice.camera);
  const audio = choice.microphone === null ? false : audioConstraints(choice.microphone);
  if (!video && !audio) throw new CaptureError("nothing");
  try {
    return await navigator.mediaDevices.getUserMedia({ video, audio });
  } catch (error) {
    // A computer with only one of the two can still broadcast.
    if (nameOf(error) !== "NotFoundError" || !video || !audio) throw new CaptureError(codeOfCapture(error));
  }
  const alone = (/** @type {MediaStreamConstraints} */ one) => navigator.mediaDevices.getUserMedia(one);
  try {
    return await alone({ video }).catch(() => alone({ audio }));
  } catch (error) {
    throw new CaptureError(codeOfCapture(error));
  }
}

/**
 * The devices of a kind; their labels are empty before permission was given.
 * @param {"videoinput"|"audioinput"} kind
 */
export async function devices(kind) {
  const all = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  return all.filter((device) => device.kind === kind && device.deviceId !== "");
}

/**
 * A screen, window or tab; null when the person changed their mind.
 * @returns {Promise<MediaStream|null>}
 */
export async function captureScreen() {
  try {
    const media = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: 30 }, audio: true });
    for (const track of media.getVideoTracks()) track.contentHint = "detail";
    return media;
  } catch (error) {
    if (nameOf(error) === "NotAllowedError") return null;
    throw new CaptureError(codeOfCapture(error));
  }
}

/** @param {string} id @returns {MediaTrackConstraints} */
function videoConstraints(id) {
  const size = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };
  return id ? { ...size, deviceId: { exact: id } } : size;
}

/** @param {string} id @returns {MediaTrackConstraints} */
function audioConstraints(id) {
  const clean = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  return id ? { ...clean, deviceId: { exact: id } } : clean;
}

/** @param {unknown} error */
const nameOf = (error) => (error instanceof Error || error instanceof DOMException ? error.name : "");

/** @param {unknown} error */
function codeOfCapture(error) {
  switch (nameOf(error)) {
    case "NotAllowedError":
    case "SecurityError":
      return "denied";
    case "NotReadableError":
    case "AbortError":
      return "busy";
    default:
      return "no-camera";
  }
}
