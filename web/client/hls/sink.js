// A SourceBuffer with its operations one after the other, and room made when it is full.

/** Seconds kept behind what is shown: enough to look back a moment. */
const KEPT_BEHIND_S = 20;

export class Sink {
  #buffer;
  #video;
  /** The operation under way, and all before it. */
  #last = Promise.resolve();

  /** @param {SourceBuffer} buffer @param {HTMLVideoElement} video */
  constructor(buffer, video) {
    this.#buffer = buffer;
    this.#video = video;
  }

  /**
   * Seconds in a row that can be played from `at`; 0 when there is nothing there.
   * @param {number} at
   */
  ahead(at) {
    const ranges = this.#buffer.buffered;
    for (let index = 0; index < ranges.length; index++) {
      if (ranges.start(index) <= at + 0.1 && at < ranges.end(index)) return ranges.end(index) - at;
    }
    return 0;
  }

  /**
   * Where the first stretch after `at` begins; null without one.
   * @param {number} at
   */
  after(at) {
    const ranges = this.#buffer.buffered;
    for (let index = 0; index < ranges.length; index++) if (ranges.start(index) > at) return ranges.start(index);
    return null;
  }

  /** @param {Uint8Array} bytes @returns {Promise<void>} */
  append(bytes) {
    return this.#queue(async () => {
      try {
        await this.#operate(() => this.#buffer.appendBuffer(/** @type {BufferSource} */ (bytes)));
      } catch (error) {
        if (!(error instanceof DOMException && error.name === "QuotaExceededError")) throw error;
        await this.#remove(0, this.#video.currentTime - 1);
        await this.#operate(() => this.#buffer.appendBuffer(/** @type {BufferSource} */ (bytes)));
      }
    });
  }

  /**
   * Media appended from now on are placed so many seconds later than they say.
   * @param {number} seconds
   */
  offset(seconds) {
    return this.#queue(async () => {
      this.#buffer.timestampOffset = seconds;
    });
  }

  /** Forgets what was shown long ago. */
  trim() {
    const end = this.#video.currentTime - KEPT_BEHIND_S;
    const { buffered } = this.#buffer;
    if (buffered.length > 0 && end - buffered.start(0) > KEPT_BEHIND_S / 2) return this.#queue(() => this.#remove(0, end));
    return Promise.resolve();
  }

  /** Forgets everything. */
  clear() {
    return this.#queue(() => this.#remove(0, Infinity));
  }

  /** @param {() => Promise<void>} operation @returns {Promise<void>} */
  #queue(operation) {
    const done = this.#last.then(operation);
    this.#last = done.catch(() => {});
    return done;
  }

  /** @param {number} from @param {number} to */
  async #remove(from, to) {
    if (to > from && this.#buffer.buffered.length > 0) await this.#operate(() => this.#buffer.remove(from, to));
  }

  /** @param {() => void} begin @returns {Promise<void>} */
  #operate(begin) {
    return new Promise((resolve, reject) => {
      /** @param {Event} event */
      const ended = (event) => {
        this.#buffer.removeEventListener("updateend", ended);
        this.#buffer.removeEventListener("error", ended);
        if (event.type === "error") reject(new Error("the browser can't decode this"));
        else resolve();
      };
      this.#buffer.addEventListener("updateend", ended);
      this.#buffer.addEventListener("error", ended);
      try {
        begin();
      } catch (error) {
        this.#buffer.removeEventListener("updateend", ended);
        this.#buffer.removeEventListener("error", ended);
        reject(error);
      }
    });
  }
}
