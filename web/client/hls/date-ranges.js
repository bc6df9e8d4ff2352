// Date ranges of a playlist, each told once: when the frame shown has reached its beginning.

/**
 * `late`: it had begun before the viewer came, or is told anew because it has changed.
 * @typedef {{range: import("./playlist.js").DateRange, late: boolean}} Begun
 */

/** What began longer before the first frame shown (ms) is history. */
const LATE_MS = 500;

export class DateRanges {
  /**
   * What was told of each, as written: a range that changes is told again.
   * @type {Map<string, string>}
   */
  #told = new Map();
  /** Media time in ms of the first frame. */
  #beganMs = NaN;

  /**
   * Those that have begun by `mediaTimeMs` and were not told yet, in order.
   * @param {import("./playlist.js").MediaPlaylist} playlist @param {number} mediaTimeMs
   * @returns {Begun[]}
   */
  begun(playlist, mediaTimeMs) {
    if (Number.isNaN(this.#beganMs)) this.#beganMs = mediaTimeMs;
    const listed = new Set(playlist.dateRanges.map((each) => each.id));
    for (const id of this.#told.keys()) if (!listed.has(id)) this.#told.delete(id); // its time is over in the playlist, too
    const begun = [];
    for (const range of [...playlist.dateRanges].sort((a, b) => a.startMs - b.startMs)) {
      if (range.startMs > mediaTimeMs) break;
      const written = JSON.stringify(range.attributes);
      const before = this.#told.get(range.id);
      if (before === written) continue;
      this.#told.set(range.id, written);
      begun.push({ range, late: before !== undefined || range.startMs < this.#beganMs - LATE_MS });
    }
    return begun;
  }
}
