// What a member can do in the room's shop, as methods: `room.shop.claim(drop)`. Each is sent with an idempotency key
// (commands.js), so that a claim, a bid or an order is never made twice by a cut.

/** @typedef {import("./protocol").Done} Done */
/** @typedef {{command: (type: string, fields?: Record<string, any>, options?: {key?: string}) => Promise<Done>, query: (type: string, fields?: Record<string, any>) => Promise<any>, request: (message: any) => Promise<any>}} Commands */

export class ShopDesk {
  #room;
  /** Pins this page has said it shows. @type {Set<number>} */
  #seen = new Set();

  /** @param {Commands} room */
  constructor(room) {
    this.#room = room;
  }

  // For buyers.

  /** @param {number} drop @param {number} [quantity] @param {{key?: string}} [options] */
  claim(drop, quantity = 1, options) {
    return this.#room.command("claim", { drop, quantity }, options);
  }
  /** @param {number} drop */
  leaveDrop(drop) {
    return this.#room.command("leaveDrop", { drop });
  }
  /**
   * @param {number} lot
   * @param {number} amountMinor
   * @param {number} [maxMinor] up to where the server bids on
   * @param {{key?: string}} [options]
   */
  bid(lot, amountMinor, maxMinor, options) {
    return this.#room.command("bid", maxMinor === undefined ? { lot, amountMinor } : { lot, amountMinor, maxMinor }, options);
  }
  /** @param {string} sku @param {number} quantity from now on; 0 takes it out */
  setCart(sku, quantity) {
    return this.#room.command("setCart", { sku, quantity });
  }
  /** @param {string|null} code */
  applyVoucher(code) {
    return this.#room.command("applyVoucher", { code });
  }
  /**
   * Orders what a hold keeps, or the cart. Where to pay comes as an event: the order's `paymentURL`.
   * @param {{hold?: number, key?: string}} [options]
   */
  checkout(options = {}) {
    const { hold, key } = options;
    return this.#room.command("checkout", hold === undefined ? {} : { hold }, { key });
  }
  /** @param {number} hold */
  releaseHold(hold) {
    return this.#room.command("releaseHold", { hold });
  }
  /** @param {number} order */
  cancelOrder(order) {
    return this.#room.command("cancelOrder", { order });
  }
  /**
   * Gives the host something for coins of the wallet; resolves with what is left of them.
   * @param {string} gift @param {number} [count] @param {{key?: string}} [options]
   */
  gift(gift, count = 1, options) {
    return this.#room.command("gift", { gift, count }, options);
  }
  /**
   * Begins a purchase of coins. Where to pay comes as a message: `coinsOffered`.
   * @param {string} pack @param {{key?: string}} [options]
   */
  buyCoins(pack, options) {
    return this.#room.command("buyCoins", { pack }, options);
  }
  /**
   * Says once that this page shows a pin. Only counted, so a failure is nobody's concern.
   * @param {number} pin
   */
  async seen(pin) {
    if (this.#seen.has(pin)) return;
    this.#seen.add(pin);
    await this.#room.request({ type: "seen", pin }).catch(() => this.#seen.delete(pin));
  }

  // For the host's team.

  /** @param {{currency?: string, paused?: boolean, holdSeconds?: number, merchant?: string}} settings */
  setShop(settings) {
    return this.#room.command("setShop", settings);
  }
  /** @param {import("./protocol").ListingDraft} listing */
  putListing(listing) {
    return this.#room.command("putListing", listing);
  }
  /** @param {number} listing */
  removeListing(listing) {
    return this.#room.command("removeListing", { listing });
  }
  /** @param {number[]} listings */
  orderListings(listings) {
    return this.#room.command("orderListings", { listings });
  }
  /** @param {string} sku @param {{priceMinor?: number, units?: number}} change */
  setVariant(sku, change) {
    return this.#room.command("setVariant", { sku, ...change });
  }
  /** @param {number} slot 1 to 4 @param {number|null} listing */
  pinListing(slot, listing) {
    return this.#room.command("pinListing", { slot, listing });
  }
  /**
   * @param {{sku: string, quantity: number, priceMinor: number, countdownSeconds: number, durationSeconds: number,
   *   perBuyer?: number, mode?: "hold"|"firstPaid", start?: "auto"|"manual", holdSeconds?: number}} drop
   */
  scheduleDrop(drop) {
    return this.#room.command("scheduleDrop", drop);
  }
  /** @param {number} drop */
  startDrop(drop) {
    return this.#room.command("startDrop", { drop });
  }
  /** @param {number} drop */
  cancelDrop(drop) {
    return this.#room.command("cancelDrop", { drop });
  }
  /**
   * @param {{sku: string, startMinor: number, reserveMinor?: number, incrementMinor?: number, increments?: [number, number][],
   *   durationSeconds: number, softClose?: boolean, softSeconds?: number, startsAfterSeconds?: number}} lot
   */
  openLot(lot) {
    return this.#room.command("openLot", lot);
  }
  /** @param {number} lot */
  closeLot(lot) {
    return this.#room.command("closeLot", { lot });
  }
  /** @param {number} lot */
  cancelLot(lot) {
    return this.#room.command("cancelLot", { lot });
  }
  /** @param {number} order @param {string} [reason] */
  refundOrder(order, reason) {
    return this.#room.command("refundOrder", reason ? { order, reason } : { order });
  }
  /** @param {number} order */
  shipOrder(order) {
    return this.#room.command("shipOrder", { order });
  }
  /**
   * @param {{code: string, kind: "percent"|"amount", value: number, minimumMinor?: number, usesMax?: number,
   *   perBuyer?: number, startsAtMs?: number, endsAtMs?: number}} voucher
   */
  putVoucher(voucher) {
    return this.#room.command("putVoucher", voucher);
  }
  /** @param {string} code */
  removeVoucher(code) {
    return this.#room.command("removeVoucher", { code });
  }

  // Questions to the server.

  /**
   * One's own orders, or as staff all with what they came to; newest first.
   * @param {{before?: number, limit?: number}} [page]
   * @returns {Promise<{orders: import("./protocol").Order[], next: number|null, revenue?: import("./protocol").Revenue}>}
   */
  orders(page = {}) {
    return this.#room.query("orders", page);
  }
  /** @param {{before?: number, limit?: number}} [page] */
  pinHistory(page = {}) {
    return this.#room.query("pinHistory", page);
  }
  /**
   * One's own coins.
   * @param {{before?: number, limit?: number}} [page]
   * @returns {Promise<{balance: number, earnings: number, transfers: any[], next: number|null}>}
   */
  wallet(page = { limit: 1 }) {
    return this.#room.query("wallet", page);
  }
  /** @returns {Promise<{leaderboard: import("./protocol").Leader[]}>} */
  leaderboard() {
    return this.#room.query("leaderboard");
  }
}
