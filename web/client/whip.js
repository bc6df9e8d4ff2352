// A WHIP client (RFC 9725): publishes a MediaStream by plain HTTP, for pages that need no room.

import { cameraEncodings } from "./encodings.js";
import { HTTPSession } from "./http-session.js";

export class WhipClient extends HTTPSession {
  /**
   * Publishes; resolves when the answer has been applied.
   * @param {MediaStream} media
   * @param {{encodings?: RTCRtpEncodingParameters[]}} [options]
   */
  async publish(media, options = {}) {
    for (const track of media.getTracks()) {
      const encodings = track.kind === "video" ? (options.encodings ?? cameraEncodings(track)) : [{}];
      this.pc.addTransceiver(track, { direction: "sendonly", streams: [media], sendEncodings: encodings });
    }
    await this.open();
  }
}
