// Small pieces that both sides of the shop show: a product's picture, its name with the variant, buttons that wait for the server.

import { offerOf } from "../client/shop.js";
import { has, make, plural, setText, text } from "./dom.js";
import { icon } from "./icons.js";
import { payableURL } from "./offers.js";

/** @typedef {import("../client/protocol").ShopState} ShopState */
/** @typedef {import("../client/protocol").Listing} Listing */

/**
 * What people call a gift; one that is this server's own has its id for a name.
 * @param {string} id
 */
export const giftName = (id) => (has(`gift.name.${id}`) ? text(`gift.name.${id}`) : id);

/**
 * A product's picture, or a bag in its place: also while it loads, and when it can't be loaded.
 * @param {Listing|null} listing
 */
export function pictureOf(listing) {
  const frame = make("span.product", { "aria-hidden": "true" }, icon("bag"));
  showPicture(frame, listing);
  return frame;
}

/** @param {HTMLElement} frame @param {Listing|null} listing */
export function showPicture(frame, listing) {
  const url = listing?.images[0] ?? "";
  if (frame.dataset.image === url) return;
  frame.dataset.image = url;
  frame.querySelector("img")?.remove();
  if (!/^https?:/i.test(url)) return;
  const image = make("img", { src: url, alt: "", loading: "lazy", decoding: "async", referrerpolicy: "no-referrer" });
  image.addEventListener("error", () => image.remove());
  frame.append(image);
}

/**
 * What a SKU is called: the product, and its variant where there are several.
 * @param {ShopState} shop @param {string} sku
 */
export function nameOfSKU(shop, sku) {
  const offer = offerOf(shop, sku);
  if (!offer) return sku;
  const { listing, variant } = offer;
  return variant.title ? text("shop.variantOf", { title: listing.title, variant: variant.title }) : listing.title;
}

/** @param {ShopState} shop @param {string} sku */
export const listingOf = (shop, sku) => offerOf(shop, sku)?.listing ?? null;

/**
 * A button whose press is under way until the server answers: pressed again it does nothing, and it keeps the focus.
 * @param {string} spec @param {Record<string, any>} attributes @param {string} words
 * @param {() => Promise<any>|undefined} press @param {(work: Promise<any>) => void} run
 * @returns {HTMLButtonElement}
 */
export function actButton(spec, attributes, words, press, run) {
  const button = make(spec, { ...attributes, onclick: () => pressOnce(button, press, run) }, words);
  return button;
}

/** @param {HTMLElement} button @param {() => Promise<any>|undefined} press @param {(work: Promise<any>) => void} run */
export function pressOnce(button, press, run) {
  if (button.getAttribute("aria-busy") === "true" || button.getAttribute("aria-disabled") === "true") return;
  const work = press();
  if (!work) return;
  button.setAttribute("aria-busy", "true");
  run(work.finally(() => button.removeAttribute("aria-busy")));
}

/**
 * Where to pay, in a tab of its own.
 * @param {string|null|undefined} url
 */
export function payLink(url) {
  const href = payableURL(url);
  return href && make("a.button.primary.compact", { href, target: "_blank", rel: "noopener noreferrer" }, text("order.pay"));
}

/** A row of who gave most; items are `{place, name, coins}`. */
export function leaderRow() {
  const [place, name, coins] = [make("span.numbers.quiet-text"), make("span.grow.cut", { dir: "auto" }), make("strong.numbers")];
  /** @param {any} item */
  const update = (item) => {
    setText(place, String(item.place));
    setText(name, item.name);
    setText(coins, plural("gift.coins", item.coins));
  };
  return { node: make("li", {}, place, name, coins), update };
}
