// What one's wallet holds: replies, answers and messages may overtake each other.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Wallet } from "../../web/client/wallet.js";

test("nothing is known before something was told", () => {
  const wallet = new Wallet();
  assert.equal(wallet.balance, null);
  assert.equal(wallet.takePage({ balance: 0, transfers: [] }), true);
  assert.equal(wallet.balance, 0);
});

test("what is older than what was told is left out, whichever way it came", () => {
  const wallet = new Wallet();
  assert.equal(wallet.take({ balance: 97, transfer: 7 }), true);
  // A message read before the reply's gift was paid.
  assert.equal(wallet.take({ type: "walletChanged", balance: 100, transfer: 5 }), false);
  assert.equal(wallet.takePage({ balance: 100, transfers: [{ id: 5 }] }), false);
  assert.equal(wallet.balance, 97);
  assert.equal(wallet.take({ type: "walletChanged", balance: 597, transfer: 9 }), true);
  assert.equal(wallet.take({ type: "walletChanged", balance: 597, transfer: 9 }), true);
  assert.equal(wallet.balance, 597);
});

test("a reply that says nothing of the balance changes nothing", () => {
  const wallet = new Wallet();
  wallet.take({ balance: 3, transfer: 1 });
  assert.equal(wallet.take({ transfer: 2 }), false);
  assert.equal(wallet.balance, 3);
});
