// How fast to play so as to stay as far behind the live edge as the server asks, and when to jump.

/** Nobody hears a twentieth; sound keeps its pitch. */
const FASTER = 1.06;
/** Farther behind than HASTE_S a little is heard, and it is soon over. */
const HASTE = 1.12;
const HASTE_S = 0.8;
const SLOWER = 0.95;
/** Off by so much (s) the rate changes, … */
const BEGIN_S = 0.2;
/** … and back within so much it is 1 again. */
const DONE_S = 0.05;
/** Farther behind than this (s) catching up would take a minute: jump. */
const JUMP_S = 4;
/** What a stall adds to the distance (s): the network has shown that it needs it. */
const STALL_STEP_S = 0.25;
const STALL_MAX_S = 2;
/** A step is taken back after so long (ms) without a stall. */
const CALM_MS = 30_000;

export class Pace {
  #rate = 1;
  #extra = 0;
  #calmSince = 0;

  /** Seconds kept between what plays and the live edge beyond what the server asks for. */
  get extra() {
    return this.#extra;
  }

  /**
   * The picture stood still for want of media.
   * @param {number} now ms
   */
  stalled(now) {
    this.#extra = Math.min(STALL_MAX_S, this.#extra + STALL_STEP_S);
    this.#calmSince = now;
  }

  /**
   * @param {{behind: number, holdBack: number, now: number}} at  seconds behind the live edge, those asked for, and ms
   * @returns {{rate: number, jump: boolean}} jump: play at the asked distance at once
   */
  next({ behind, holdBack, now }) {
    if (this.#extra > 0 && now - this.#calmSince >= CALM_MS) {
      this.#extra = Math.max(0, this.#extra - STALL_STEP_S);
      this.#calmSince = now;
    }
    const off = behind - holdBack - this.#extra;
    if (off > JUMP_S) {
      this.#rate = 1;
      return { rate: 1, jump: true };
    }
    if (off > HASTE_S) this.#rate = HASTE;
    else if (off > BEGIN_S) this.#rate = FASTER;
    else if (off < -BEGIN_S) this.#rate = SLOWER;
    else if ((this.#rate > 1 && off < DONE_S) || (this.#rate < 1 && off > -DONE_S)) this.#rate = 1;
    return { rate: this.#rate, jump: false };
  }
}
