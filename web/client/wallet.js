// What one's wallet holds, from replies, answers and messages that may overtake each other.

/** The newest state that was told, by the number of the transfer that made it. */
export class Wallet {
  /** @type {number|null} */
  balance = null;
  #transfer = -1;

  /**
   * Takes the reply of `gift`, the message `walletChanged`, or the newest line of `wallet`'s answer.
   * @param {{balance?: number, transfer?: number}} told
   * @returns {boolean} whether it is the newest: what is older is left out
   */
  take({ balance, transfer = 0 }) {
    if (balance === undefined || transfer < this.#transfer) return false;
    this.#transfer = transfer;
    this.balance = balance;
    return true;
  }

  /**
   * Takes the answer to the query `wallet`.
   * @param {{balance: number, transfers: {id: number}[]}} page  its first page
   */
  takePage({ balance, transfers }) {
    return this.take({ balance, transfer: transfers[0]?.id ?? 0 });
  }
}
