// Keys of protected media: the browser's Encrypted Media Extensions on one side, the page's licence service on the other.

import { HawkerError } from "../errors.js";

/**
 * The page's plug-in point for a licence service.
 * @typedef {object} Licence
 * @property {(message: ArrayBuffer, type: string) => Promise<BufferSource>} answer
 *   carries a message of the browser's to the service (`license-request` or what the system needs), and back what it says
 * @property {string} [keySystem]  `org.w3.clearkey` if not said: there the answer is a JSON Web Key Set
 * @property {BufferSource} [certificate]  of the service, for systems that encrypt their messages
 */

const CLEAR_KEY = "org.w3.clearkey";
/** What `hawker-hls --protect` makes. */
const SCHEME = "cbcs";
/** Keys of sound and pictures, before and after they change. */
const SESSIONS_MAX = 16;

/** Asks for keys as the media name them. */
export class LicenceDesk {
  #licences;
  /**
   * The one whose system the browser has.
   * @type {Licence|null}
   */
  #licence = null;
  /**
   * Why none of them can be asked.
   * @type {HawkerError|null}
   */
  #lack = null;
  #video;
  /** @type {(failure: HawkerError) => void} */
  #fail;
  /** @type {Map<string, MediaKeySession>} */
  #sessions = new Map();
  /** @type {MediaKeys|null} */
  #keys = null;
  #listening = new AbortController();

  /** @param {HTMLVideoElement} video @param {Licence[]} licences none: protected media are a failure with a name @param {(failure: HawkerError) => void} fail */
  constructor(video, licences, fail) {
    this.#video = video;
    this.#licences = licences;
    this.#fail = fail;
    video.addEventListener("encrypted", (event) => this.#ask(/** @type {MediaEncryptedEvent} */ (event)), { signal: this.#listening.signal });
  }

  /**
   * Makes the browser ready for protected media of these types, by the first service whose system it has; without
   * one nothing is to be done.
   * @param {{video: string[], audio: string[]}} types with their codecs
   */
  async open({ video, audio }) {
    if (this.#licences.length === 0) return;
    const capabilities = (/** @type {string[]} */ types) => types.map((contentType) => ({ contentType, encryptionScheme: SCHEME }));
    /** @type {any} */
    const wanted = { initDataTypes: ["cenc"] };
    if (video.length > 0) wanted.videoCapabilities = capabilities(video);
    if (audio.length > 0) wanted.audioCapabilities = capabilities(audio);
    /** @type {unknown} */
    let cause;
    for (const licence of this.#licences) {
      try {
        const access = await navigator.requestMediaKeySystemAccess(licence.keySystem ?? CLEAR_KEY, [wanted]);
        const keys = await access.createMediaKeys();
        if (licence.certificate) await keys.setServerCertificate(licence.certificate);
        if (this.#listening.signal.aborted) return;
        await this.#video.setMediaKeys(keys);
        [this.#licence, this.#keys] = [licence, keys];
        return;
      } catch (error) {
        cause = error;
      }
    }
    const systems = this.#licences.map(({ keySystem = CLEAR_KEY }) => keySystem).join(", ");
    // Whether the show is protected at all is known when its media come.
    this.#lack = new HawkerError("unsupported", `no ${systems} with ${SCHEME} in this browser`, { cause });
  }

  close() {
    this.#listening.abort();
    for (const session of this.#sessions.values()) void session.close().catch(() => {});
    this.#sessions.clear();
  }

  /** @param {MediaEncryptedEvent} event */
  #ask({ initData, initDataType }) {
    if (!this.#keys) return this.#fail(this.#lack ?? new HawkerError("protected", "the show is protected, and the page has no licence service"));
    if (!initData) return;
    // Sound and every rendition name the same key.
    const name = `${initDataType} ${new Uint8Array(initData).join()}`;
    if (this.#sessions.has(name) || this.#sessions.size >= SESSIONS_MAX) return;
    const session = this.#keys.createSession();
    this.#sessions.set(name, session);
    session.addEventListener("message", (event) => void this.#answer(session, event), { signal: this.#listening.signal });
    session.generateRequest(initDataType, initData).catch((error) => this.#refuse(error));
  }

  /** @param {MediaKeySession} session @param {MediaKeyMessageEvent} event */
  async #answer(session, { message, messageType }) {
    try {
      const licence = await /** @type {Licence} */ (this.#licence).answer(message, messageType);
      if (!this.#listening.signal.aborted) await session.update(licence);
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** @param {unknown} error */
  #refuse(error) {
    if (this.#listening.signal.aborted) return;
    this.#fail(error instanceof HawkerError ? error : new HawkerError("licence", "no licence for this show", { cause: error }));
  }
}
