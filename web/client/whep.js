// A WHEP player (draft-ietf-wish-whep, client offers): plays a room's host by plain HTTP, for pages that need no room.

import { HTTPSession } from "./http-session.js";

export class WhepClient extends HTTPSession {
  /** What is played; give it to a <video>. */
  mediaStream = new MediaStream();

  /**
   * Plays; resolves when the answer has been applied. Media may come later.
   * @returns {Promise<MediaStream>}
   */
  async play() {
    for (const kind of ["audio", "video"]) {
      const { receiver } = this.pc.addTransceiver(kind, { direction: "recvonly" });
      this.mediaStream.addTrack(receiver.track);
    }
    await this.open();
    return this.mediaStream;
  }
}
