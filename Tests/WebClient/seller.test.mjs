// What the studio makes of the shop: how a drop stands, what a form means in units, where a table is wrong and goes on.

import assert from "node:assert/strict";
import { test } from "node:test";

import { dropWords } from "../../web/studio/running-list.js";
import { stockChanges, unitsFor } from "../../web/studio/shop-forms.js";
import { nextOf, rowOf } from "../../web/studio/tables.js";

const drop = (more = {}) => ({ quantity: 5, remaining: 5, sold: 0, waiting: 0, mode: "hold", stage: "open", startsAtMs: 1, endWhy: null, settled: false, ...more });

test("a drop stands as it is: sold, held, left and in line, and what is nothing is left out", () => {
  const words = [
    [{}, "5 left"], [{ remaining: 2, sold: 1 }, "1 sold · 2 held · 2 left"], [{ remaining: 0, waiting: 3 }, "All are held · 3 in line"],
    [{ remaining: 0, sold: 2, waiting: 1 }, "2 sold · 3 held · 1 in line"], [{ mode: "firstPaid", remaining: 3, sold: 2 }, "2 sold · 3 left"],
    [{ stage: "scheduled", startsAtMs: null }, "Waits for you"], [{ stage: "scheduled" }, "Get ready"],
    [{ stage: "ended", endWhy: "time", remaining: 2, sold: 1 }, "This drop is over · 1 sold · 2 held"],
    [{ stage: "ended", endWhy: "soldOut", remaining: 0, sold: 5, settled: true }, "Sold out · 5 sold"],
    [{ stage: "ended", endWhy: "time", remaining: 0, sold: 1, settled: true }, "This drop is over · 1 sold"],
  ];
  for (const [more, expected] of words) assert.equal(dropWords(drop(more)), expected);
});

test("a form has what is left on the shelf; the server is told all there ever were", () => {
  const variant = (more) => ({ sku: "A", title: null, priceMinor: 1500, compareAtMinor: null, available: 3, sold: 2, units: 10, held: 1, reserved: 4, ...more });
  assert.equal(unitsFor(null, 5), 5);
  assert.equal(unitsFor(variant(), 3), 10, "nothing changed");
  assert.equal(unitsFor(variant(), 6), 13, "what is sold, held and set apart stays");
  assert.deepEqual(stockChanges({ variants: [variant({ pending: 2 })] }, [1500], [5]), [], "what was asked of the merchant is not asked again");
  const listing = { variants: [variant(), variant({ sku: "B" }), variant({ sku: "C" })] };
  assert.deepEqual(stockChanges(listing, [1500, 1400, 1500], [3, 3, 0]), [{ sku: "B", priceMinor: 1400 }, { sku: "C", units: 7 }], "only what changed is sent");
});

test("a table's refusal is beside its row, of a listing beside its first one", () => {
  const csv = "title,reference,sku\nCup,cup,C1\nCup,cup,C2\n\nBowl,\"bowl\",B\n";
  assert.deepEqual(rowOf("row 3: units: expected a number", csv), { row: { number: 3, line: "Cup,cup,C2", from: 31 }, words: "units: expected a number" });
  assert.equal(csv.slice(31, 41), "Cup,cup,C2");
  assert.deepEqual(rowOf("listings[1]: the SKU is another listing's", csv).row, { number: 5, line: 'Bowl,"bowl",B', from: 43 });
  assert.deepEqual(rowOf("row 99: odd", csv), { row: null, words: "odd" });
  assert.deepEqual(rowOf("the table is not UTF-8", csv), { row: null, words: "the table is not UTF-8" });
  const windows = csv.replaceAll("\n", "\r\n");
  assert.equal(windows.slice(rowOf("row 3: x", windows).row.from).startsWith("Cup,cup,C2"), true);
});

test("a table goes on at this server, or not at all", () => {
  assert.equal(nextOf('</api/v1/rooms/a/orders.csv?after=5>; rel="next"'), "/api/v1/rooms/a/orders.csv?after=5");
  for (const link of [null, "", '</x>; rel="prev"', '<//evil.example/x>; rel="next"', '<https://evil.example/>; rel="next"']) assert.equal(nextOf(link), "");
});
