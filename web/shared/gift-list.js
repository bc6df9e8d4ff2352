// Gifts as rows of a chat. What can be given, with its emoji, the server says: `shop.gifts`.

/**
 * What stands for a gift; one the server has no longer is still a present.
 * @param {{id: string, emoji: string}[]} gifts
 * @param {string} id
 */
export const emojiOf = (gifts, id) => gifts.find((each) => each.id === id)?.emoji ?? "🎁";

/** A run of the same gift by the same person is one row that grows, when nothing longer than this comes between. */
const RUN_MS = 10_000;
export const GIFT_ROWS_MAX = 30;

/** @typedef {{id: number, gift: string, member: {identity: string, name: string}|null, combo: number, atMs: number}} GiftRow */

/**
 * The rows with one more gift: those of a run are one.
 * @param {GiftRow[]} rows by id
 * @param {import("../client/protocol").Message} event `gifted`
 * @returns {GiftRow[]}
 */
export function withGift(rows, event) {
  const { cursor, gift, member, combo, count, atMs } = event;
  let at = rows.length - 1;
  while (at >= 0 && !(rows[at].gift === gift && rows[at].member?.identity === member?.identity && atMs - rows[at].atMs <= RUN_MS)) at--;
  if (at >= 0 && combo > count) return rows.map((each, index) => (index === at ? { ...each, combo, atMs } : each));
  return [...rows, { id: cursor, gift, member, combo, atMs }].slice(-GIFT_ROWS_MAX);
}
