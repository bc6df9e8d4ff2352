// A show as it stands at the frame a viewer sees: what the host does over the picture waits for its frame, the rest is now.
//
// Held back is what appears, never what is true of it: a drop that is sold out is sold out at once, and what is one's own is now.

import { Emitter } from "./emitter.js";
import { FrameClock } from "./frame-clock.js";

/** @typedef {import("./show.js").ShowState} ShowState */
/** @typedef {import("./protocol").ShopState} ShopState */
/** @typedef {import("./protocol").Drop} Drop */
/** @typedef {import("./protocol").Message} Message */

/** States kept at most: a burst of events must not grow without end. */
const PAST_MAX = 500;
/** How often what waits is looked at without a frame (ms): a tab in the background shows none. */
const TICK_MS = 100;
/** Countdowns move with the picture in steps of this (ms), so that they don't tremble. */
const LAG_STEP_MS = 100;
/** A difference below this (ms) nobody sees. */
const LAG_MIN_MS = 300;

/**
 * `change`: the state is another one.
 * @extends {Emitter<{change: ShowState|null}>}
 */
export class InStep extends Emitter {
  /**
   * What to draw over the picture.
   * @type {ShowState|null}
   */
  state = null;
  #now;
  /**
   * The states until now: each with the media time from which it held, oldest first. The last is the truth.
   * @type {{fromMs: number, state: ShowState}[]}
   */
  #past = [];
  #frame;
  /** @type {Message|null} */
  #event = null;
  #lagMs = 0;
  /**
   * What the state was made of.
   * @type {{truth: ShowState, then: ShowState, lagMs: number}|null}
   */
  #made = null;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;

  /** @param {import("./live-show.js").LiveShow} show @param {() => number} now  the server's time in ms */
  constructor(show, now) {
    super();
    this.#now = now;
    this.#frame = new FrameClock(now);
    show.on("event", (event) => (this.#event = event));
    show.on("change", (state) => this.#changed(state));
    this.#changed(show.state);
  }

  /**
   * The picture now shows this.
   * @param {number} mediaTimeMs  NaN: it shows nothing that could be waited for
   */
  shows(mediaTimeMs) {
    this.#frame.shows(mediaTimeMs);
    this.#settle();
  }

  close() {
    clearTimeout(this.#timer);
  }

  /** @param {ShowState|null} state */
  #changed(state) {
    const event = this.#event;
    this.#event = null;
    if (!state) {
      this.#past = [];
      this.#made = null;
      return this.#become(null);
    }
    // A snapshot tells of what happened while nobody looked.
    const fromMs = event ? (event.mediaTime ?? event.at ?? -Infinity) : -Infinity;
    if (!event) this.#past = [];
    const before = this.#past.at(-1);
    // Nothing may pass what came before it.
    this.#past.push({ fromMs: Math.max(fromMs, before?.fromMs ?? -Infinity), state });
    if (this.#past.length > PAST_MAX) this.#past.shift();
    this.#settle();
  }

  #settle() {
    const truth = this.#past.at(-1)?.state;
    if (!truth) return;
    const reached = this.#frame.reachedMs;
    while (this.#past.length > 1 && this.#past[1].fromMs <= reached) this.#past.shift();
    const lag = reached === Infinity ? 0 : Math.round((this.#now() - reached) / LAG_STEP_MS) * LAG_STEP_MS;
    if (Math.abs(lag - this.#lagMs) > LAG_STEP_MS) this.#lagMs = lag < LAG_MIN_MS ? 0 : lag;
    const then = this.#past[0].state;
    const made = this.#made;
    if (made?.truth !== truth || made.then !== then || made.lagMs !== this.#lagMs) {
      this.#made = { truth, then, lagMs: this.#lagMs };
      this.#become(inStep(truth, then, this.#lagMs));
    }
    clearTimeout(this.#timer);
    if (this.#past.length > 1) this.#timer = setTimeout(() => this.#settle(), TICK_MS);
  }

  /** @param {ShowState|null} state */
  #become(state) {
    if (state === this.state) return;
    this.state = state;
    this.emit("change", state);
  }
}

/**
 * The show as of now, but with what the host put over the picture as it was at the frame shown.
 * @param {ShowState} truth @param {ShowState} then @param {number} lagMs  how old that frame is
 * @returns {ShowState}
 */
export function inStep(truth, then, lagMs) {
  const shop = shopInStep(truth, then, lagMs);
  if (truth === then) return shop === truth.shop ? truth : { ...truth, shop };
  return {
    ...truth,
    shop,
    announcement: then.announcement,
    polls: itemsInStep(truth.polls, then.polls),
    giveaways: itemsInStep(truth.giveaways, then.giveaways),
    questions: truth.questions.map((each) => {
      const highlighted = then.questions.find(({ id }) => id === each.id)?.highlighted ?? false;
      return each.highlighted === highlighted ? each : { ...each, highlighted };
    }),
  };
}

/**
 * What is not there yet is left out; what is over is over.
 * @template {{id: number, state: string}} T
 * @param {T[]} truth @param {T[]} then @returns {T[]}
 */
const itemsInStep = (truth, then) => truth.filter((each) => each.state !== "open" || then.some(({ id }) => id === each.id));

/** @param {ShowState} state @param {ShowState} past @param {number} lagMs @returns {ShopState} */
function shopInStep({ shop: truth }, { shop: then }, lagMs) {
  const drops = dropsInStep(truth, then, lagMs);
  if (truth === then) return drops === truth.drops ? truth : { ...truth, drops };
  const isListed = (/** @type {number} */ listing) => truth.listings.some((each) => each.id === listing);
  return {
    ...truth,
    drops,
    pins: then.pins.filter((each) => isListed(each.listing)),
    listings: truth.listings.map((listing) => pricedAs(listing, then.listings.find(({ id }) => id === listing.id))),
    lot: truth.lot && truth.lot.stage === "upcoming" && then.lot?.id !== truth.lot.id ? then.lot : truth.lot,
  };
}

/** @param {import("./protocol").Listing} listing @param {import("./protocol").Listing|undefined} then */
function pricedAs(listing, then) {
  if (!then || listing === then) return listing;
  return {
    ...listing,
    variants: listing.variants.map((variant) => {
      const { priceMinor, compareAtMinor } = then.variants.find(({ sku }) => sku === variant.sku) ?? variant;
      return { ...variant, priceMinor, compareAtMinor };
    }),
  };
}

/** @param {ShopState} truth @param {ShopState} then @param {number} lagMs @returns {Drop[]} */
function dropsInStep(truth, then, lagMs) {
  if (truth === then && (lagMs === 0 || !truth.drops.some((each) => each.stage === "scheduled"))) return truth.drops;
  const drops = [];
  for (const drop of truth.drops) {
    const before = then.drops.find(({ id }) => id === drop.id);
    const isOwn = truth.you.holds.some((each) => each.drop === drop.id) || truth.you.claims.some((each) => each.drop === drop.id);
    if (drop.stage === "ended" || isOwn) drops.push(drop);
    else if (before) {
      const { remaining, sold, waiting } = drop;
      const startsAtMs = before.stage === "scheduled" && before.startsAtMs !== null ? before.startsAtMs + lagMs : before.startsAtMs;
      drops.push(before === drop && startsAtMs === drop.startsAtMs ? drop : { ...before, remaining, sold, waiting, startsAtMs });
    }
  }
  return drops;
}
