// The browser client library of Hawker: import from here. No dependencies, no bundler.

export { Captions } from "./captions.js";
export { canDecode, canWatch } from "./codecs.js";
export { cameraEncodings, screenEncodings } from "./encodings.js";
export { HawkerError } from "./errors.js";
export { HlsPlayer } from "./hls/hls-player.js";
export { NativePlayer } from "./hls/native-player.js";
export { InStep, inStep } from "./in-step.js";
export { HawkerRoom } from "./room.js";
export { Publication } from "./publication.js";
export { apply, showOf } from "./show.js";
export { View } from "./view.js";
export { WhepClient } from "./whep.js";
export { WhipClient } from "./whip.js";
