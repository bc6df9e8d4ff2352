// Virtual time for the client library: timers and clocks that move only when a test says so.

const realImmediate = globalThis.setImmediate;

/** Turns of the real event loop in which promise chains and streams come to rest. */
const TURNS = 12;

export class VirtualTime {
  /** Milliseconds since the test began; also what `performance.now()` and `Date.now()` say. */
  now = 0;
  #timers = new Map();
  #lastId = 0;

  install() {
    globalThis.setTimeout = (run, ms = 0) => {
      this.#timers.set(++this.#lastId, { at: this.now + Math.max(0, ms), run });
      return this.#lastId;
    };
    globalThis.clearTimeout = (id) => this.#timers.delete(id);
    const performance = { now: () => this.now };
    Object.defineProperty(globalThis, "performance", { value: performance, configurable: true, writable: true });
    Date.now = () => this.now;
  }

  /** Lets everything that is due now happen. */
  async settle() {
    for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => realImmediate(resolve));
  }

  /** Moves on by `ms`, running timers in order, each at its own instant. */
  async advance(ms) {
    const end = this.now + ms;
    await this.settle();
    for (;;) {
      const due = [...this.#timers].filter(([, each]) => each.at <= end).sort((a, b) => a[1].at - b[1].at || a[0] - b[0]);
      if (due.length === 0) break;
      const [id, timer] = due[0];
      this.#timers.delete(id);
      this.now = Math.max(this.now, timer.at);
      timer.run();
      await this.settle();
    }
    this.now = end;
  }

  /** The computer sleeps for `ms`: clocks go on, timers don't run until it wakes. */
  sleep(ms) {
    this.now += ms;
  }
}
