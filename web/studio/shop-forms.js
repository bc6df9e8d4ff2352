// The seller's forms: a product, a drop, an auction, a voucher, a table of products.

import { codeOf } from "../client/errors.js";
import { make, text, textOf } from "../shared/dom.js";
import { digitsOf, isCurrency, minorOf, plainAmount } from "../shared/offers.js";
import { ask } from "../shared/overlays.js";
import { check, field, input, select } from "./fields.js";
import { rowOf } from "./tables.js";

/** @typedef {import("../client/protocol").ShopState} ShopState */
/** @typedef {import("../client/protocol").Listing} Listing */
/** @typedef {import("../client/protocol").ListingDraft} ListingDraft */

/** As the server's limits. */
const TITLE_MAX = 120;
const UNITS_MAX = 1_000_000;
const VARIANTS_MAX = 50;
const CODE_MAX = 32;

/**
 * A field for an amount: as many decimals as the currency has.
 * @param {string} name @param {string} currency @param {number|null} [minor] @param {boolean} [required]
 */
function amount(name, currency, minor = null, required = true) {
  const digits = digitsOf(currency);
  const pattern = digits === 0 ? "\\s*\\d{1,9}\\s*" : `\\s*\\d{1,9}([.,]\\d{0,${digits}})?\\s*`;
  return input(name, { inputmode: "decimal", pattern, required, value: minor === null ? null : plainAmount(minor, currency) });
}

/** @param {string} name @param {number} min @param {number} max @param {number|string} value @param {boolean} [required] */
const number = (name, min, max, value, required = true) => input(name, { type: "number", min, max, value, required });

/** @param {FormData} answer @param {string} name */
const words = (answer, name) => String(answer.get(name) ?? "").trim();

/**
 * What is left of a variant, with what the merchant was asked for and has not granted yet.
 * @param {import("../client/protocol").Variant} variant
 */
const leftOf = (variant) => variant.available + (variant.pending ?? 0);

/**
 * All units of a variant when so many are to be left on the shelf: the others are sold, held or set apart.
 * @param {import("../client/protocol").Variant|null|undefined} variant @param {number} left
 */
export const unitsFor = (variant, left) => left + (variant ? (variant.units ?? variant.available + variant.sold) - variant.available : 0);

/**
 * A name for what has none yet: letters of the title, and something no other product has.
 * @param {string} title
 */
export function referenceOf(title) {
  const plain = title.normalize("NFKD").replace(/[^A-Za-z0-9]+/g, "-").replace(/^-+|-+$/g, "").toLowerCase().slice(0, 40);
  const random = Array.from(crypto.getRandomValues(new Uint8Array(3)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return plain ? `${plain}-${random}` : random;
}

/**
 * A product, new or changed; null when the form was closed.
 * @param {ShopState} shop @param {Listing|null} listing
 * @returns {Promise<ListingDraft|null>}
 */
export async function askListing(shop, listing) {
  const currencyField = input("currency", { maxlength: 3, pattern: "[A-Za-z]{3}", required: true, value: shop.currency ?? "EUR" });
  const rows = make("div.stack");
  const currency = shop.currency ?? "EUR";
  const add = make("button.compact", { icon: "plus", onclick: () => row(null).querySelector("input")?.focus() }, text("seller.addVariant"));
  /** @param {import("../client/protocol").Variant|null} variant */
  function row(variant) {
    const name = input("variant", { maxlength: TITLE_MAX, value: variant?.title ?? "" });
    const price = shop.currency ? amount("price", currency, variant?.priceMinor ?? null) : input("price", { inputmode: "decimal", pattern: "\\s*\\d{1,9}([.,]\\d{0,3})?\\s*", required: true });
    const made = make("div.form-row.variant", {}, field("seller.variant", name), field("seller.price", price), field("seller.units", number("units", 0, UNITS_MAX, variant ? leftOf(variant) : 1)));
    rows.append(made);
    several();
    return made;
  }
  // One variant needs no name.
  function several() {
    const many = rows.childElementCount > 1;
    for (const each of rows.children) {
      const name = /** @type {HTMLInputElement} */ (each.querySelector("[name=variant]"));
      name.required = many;
      /** @type {HTMLElement} */ (name.closest(".field")).hidden = !many && !name.value;
    }
    add.hidden = rows.childElementCount >= VARIANTS_MAX;
  }
  for (const each of listing?.variants ?? [null]) row(each);
  const body = make(
    "div.stack", {},
    field("seller.title", input("title", { maxlength: TITLE_MAX, required: true, value: listing?.title ?? "" })),
    field("seller.description", make("textarea", { name: "description", rows: 2, maxlength: 2000 }, listing?.description ?? "")),
    field("seller.image", input("image", { type: "url", pattern: "https://.*", value: listing?.images[0] ?? "" }), "seller.imageHint"),
    shop.currency ? null : field("seller.currency", currencyField),
    rows, make("div", {}, add),
  );
  const answer = await ask({ title: text(listing ? "seller.edit" : "seller.add"), confirm: text("dialog.save"), body });
  return answer && draftOf(answer, shop, listing);
}

/**
 * What the form says, as the command has it; null when an amount is none.
 * @param {FormData} answer @param {ShopState} shop @param {Listing|null} listing
 * @returns {ListingDraft|null}
 */
export function draftOf(answer, shop, listing) {
  const currency = (shop.currency ?? words(answer, "currency")).toUpperCase();
  const title = words(answer, "title");
  const reference = listing?.reference ?? referenceOf(title);
  if (!isCurrency(currency)) return null;
  const names = answer.getAll("variant").map((each) => String(each).trim());
  const prices = answer.getAll("price").map((each) => minorOf(String(each), currency));
  const units = answer.getAll("units").map(Number);
  if (prices.some((each) => each === null || each < 1)) return null;
  const variants = prices.map((priceMinor, index) => {
    const known = listing?.variants[index];
    return {
      sku: known?.sku ?? `${reference}-${index + 1}`, priceMinor: Number(priceMinor),
      // The form has what is left; the server wants all there ever were.
      units: unitsFor(known, units[index]),
      ...(names[index] ? { title: names[index] } : {}),
      ...(known?.compareAtMinor ? { compareAtMinor: known.compareAtMinor } : {}),
    };
  });
  const [description, image] = [words(answer, "description"), words(answer, "image")];
  const images = image ? [image, ...(listing?.images.slice(1) ?? [])] : [];
  return { reference, title, currency, variants, images, ...(description ? { description } : {}), ...(listing?.url ? { url: listing.url } : {}) };
}

/**
 * New prices and stock of what is offered already; they are everybody's at once, also while some of it is held or auctioned.
 * @param {ShopState} shop @param {Listing} listing
 * @returns {Promise<{sku: string, priceMinor?: number, units?: number}[]>} what changed
 */
export async function askStock(shop, listing) {
  const currency = shop.currency ?? "EUR";
  const rows = listing.variants.map((each) => make(
    "fieldset.stack", {}, listing.variants.length > 1 && make("legend", { dir: "auto" }, each.title ?? each.sku),
    make("div.form-row", {}, field("seller.price", amount("price", currency, each.priceMinor)), field("seller.units", number("units", 0, UNITS_MAX, leftOf(each)))),
  ));
  const answer = await ask({ title: text("seller.stock"), text: listing.title, confirm: text("dialog.save"), body: make("div.stack", {}, ...rows) });
  if (!answer) return [];
  const prices = answer.getAll("price").map((each) => minorOf(String(each), currency));
  const units = answer.getAll("units").map(Number);
  return stockChanges(listing, prices, units);
}

/**
 * @param {Listing} listing @param {(number|null)[]} prices @param {number[]} units  left on the shelf
 */
export function stockChanges(listing, prices, units) {
  return listing.variants.flatMap((variant, index) => {
    const price = prices[index];
    const change = {
      ...(price && price !== variant.priceMinor ? { priceMinor: price } : {}),
      ...(units[index] !== leftOf(variant) ? { units: unitsFor(variant, units[index]) } : {}),
    };
    return Object.keys(change).length > 0 ? [{ sku: variant.sku, ...change }] : [];
  });
}

/**
 * Which of its variants; hidden where there is one.
 * @param {Listing} listing
 */
function variantField(listing) {
  const choice = make("select", { name: "sku" }, ...listing.variants.map((each) => make("option", { value: each.sku }, each.title ?? each.sku)));
  const made = field("seller.variant", choice);
  made.hidden = listing.variants.length < 2;
  return made;
}

/** @param {ShopState} shop @param {Listing} listing */
export async function askDrop(shop, listing) {
  const currency = shop.currency ?? "EUR";
  const [first] = listing.variants;
  const body = make(
    "div.stack", {},
    variantField(listing),
    make("div.form-row", {}, field("seller.quantity", number("quantity", 1, 100_000, Math.max(1, Math.min(10, first.available)))), field("seller.price", amount("price", currency, first.priceMinor))),
    make("div.form-row", {}, field("seller.countdown", number("countdown", 10, 300, 10)), field("seller.duration", number("duration", 10, 3600, 300))),
    make("div.form-row", {}, field("seller.perBuyer", number("perBuyer", 1, 10, 1)), field("seller.holdSeconds", number("hold", 30, 3600, shop.holdSeconds))),
    field("seller.mode", select("mode", "seller.mode", ["hold", "firstPaid"])),
    check("manual", "seller.manual"),
  );
  const answer = await ask({ title: text("seller.drop"), text: listing.title, confirm: text("seller.schedule"), body });
  const priceMinor = answer && minorOf(words(answer, "price"), currency);
  if (!answer || !priceMinor) return null;
  return {
    sku: words(answer, "sku"), quantity: Number(answer.get("quantity")), priceMinor, countdownSeconds: Number(answer.get("countdown")), durationSeconds: Number(answer.get("duration")),
    perBuyer: Number(answer.get("perBuyer")), holdSeconds: Number(answer.get("hold")), mode: /** @type {"hold"|"firstPaid"} */ (words(answer, "mode")),
    start: /** @type {"auto"|"manual"} */ (answer.has("manual") ? "manual" : "auto"),
  };
}

/** @param {ShopState} shop @param {Listing} listing */
export async function askLot(shop, listing) {
  const currency = shop.currency ?? "EUR";
  const [first] = listing.variants;
  const step = 10 ** digitsOf(currency);
  const body = make(
    "div.stack", {},
    variantField(listing),
    make("div.form-row", {}, field("seller.from", amount("start", currency, Math.max(1, Math.round(first.priceMinor / 2)))), field("seller.step", amount("step", currency, step))),
    make("div.form-row", {}, field("seller.reserve", amount("reserve", currency, null, false)), field("seller.duration", number("duration", 10, 3600, 60))),
    make("div.form-row", {}, field("seller.softSeconds", number("soft", 3, 60, 10), "seller.softHint"), field("seller.startsAfter", number("after", 0, 3600, 0))),
  );
  const answer = await ask({ title: text("seller.lot"), text: listing.title, confirm: text("seller.openLot"), body });
  if (!answer) return null;
  const [startMinor, incrementMinor, reserveMinor] = ["start", "step", "reserve"].map((name) => minorOf(words(answer, name), currency));
  if (!startMinor || !incrementMinor) return null;
  return {
    sku: words(answer, "sku"), startMinor, incrementMinor, durationSeconds: Number(answer.get("duration")), softClose: true, softSeconds: Number(answer.get("soft")),
    startsAfterSeconds: Number(answer.get("after")), ...(reserveMinor ? { reserveMinor } : {}),
  };
}

/** @param {ShopState} shop */
export async function askVoucher(shop) {
  const currency = shop.currency ?? "EUR";
  const kind = select("kind", "seller.kind", ["percent", "amount"]);
  const value = amount("value", currency);
  const body = make(
    "div.stack", {},
    field("voucher.code", input("code", { maxlength: CODE_MAX, pattern: "[A-Za-z0-9._\\-]+", required: true })),
    make("div.form-row", {}, field("seller.kind", kind), field("seller.value", value)),
    make("div.form-row", {}, field("seller.minimum", amount("minimum", currency, null, false)), field("seller.usesMax", number("uses", 1, 1_000_000, "", false))),
  );
  const answer = await ask({ title: text("seller.voucherNew"), confirm: text("dialog.save"), body });
  if (!answer) return null;
  const isPercent = kind.value === "percent";
  const amountMinor = isPercent ? Math.min(100, Math.round(Number(words(answer, "value").replace(",", ".")))) : minorOf(words(answer, "value"), currency);
  if (!amountMinor) return null;
  const minimumMinor = minorOf(words(answer, "minimum"), currency);
  const usesMax = Number(answer.get("uses"));
  return {
    code: words(answer, "code").toUpperCase(), kind: /** @type {"percent"|"amount"} */ (kind.value), value: amountMinor,
    ...(minimumMinor ? { minimumMinor } : {}), ...(usesMax > 0 ? { usesMax } : {}),
  };
}

/**
 * A table pasted in, or a file; what is wrong with it stands there, beside its row, until it is put right.
 * @param {(csv: string) => Promise<void>} send throws what is wrong
 */
export async function askImport(send) {
  const table = /** @type {HTMLTextAreaElement} */ (make("textarea", { name: "csv", rows: 6, required: true, spellcheck: "false", wrap: "off", placeholder: text("seller.csvExample") }));
  const file = /** @type {HTMLInputElement} */ (make("input", { type: "file", accept: ".csv,text/csv" }));
  file.addEventListener("change", async () => (table.value = (await file.files?.[0]?.text()) ?? ""));
  const problem = make("div.problem", { role: "alert" });
  const body = make("div.stack", {}, field("seller.csvFile", file), field("seller.csv", table, "seller.csvHint"), problem);
  for (;;) {
    const answer = await ask({ title: text("seller.import"), confirm: text("seller.importAll"), body });
    if (!answer) return;
    const wrong = await send(table.value).then(() => null, (/** @type {unknown} */ error) => error);
    if (!wrong) return;
    const code = codeOf(wrong);
    const { row, words } = rowOf(wrong instanceof Error && code !== "internal" ? wrong.message : "", table.value);
    // What the server says of a value is for developers, and in English.
    const reason = words ? make("code", { dir: "ltr" }, words) : textOf("sayError", code === "internal" ? "disconnected" : code);
    problem.replaceChildren(...(row ? [make("p", {}, text("seller.csvRow", { row: row.number })), make("pre", { dir: "ltr" }, row.line)] : []), make("p", {}, reason));
    if (row) table.setSelectionRange(row.from, row.from + row.line.length);
  }
}
