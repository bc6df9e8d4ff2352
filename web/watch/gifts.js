// Gifts: a button beside the composer opens them, with one's coins and the way to more.

import { countText, element, make, plural, setLabel, setText, text } from "../shared/dom.js";
import { moneyText } from "../client/shop.js";
import { open, toast } from "../shared/overlays.js";
import { actButton, giftName, payLink } from "../shared/shop-parts.js";
import { language } from "../shared/strings.js";

/** @param {import("../client/hawker.js").HawkerRoom} room @param {(work: Promise<any>) => void} run */
export function setUpGifts(room, run) {
  /** @type {number|null} */
  let coins = null;
  /**
   * The dialog that is open.
   * @type {{balance: HTMLElement, offer: HTMLElement}|null}
   */
  let shown = null;

  /** @param {number|null} balance */
  function become(balance) {
    coins = balance;
    if (shown) setText(shown.balance, coins === null ? "" : plural("gift.coins", coins));
  }

  async function look() {
    const wallet = await room.shop.wallet().catch(() => null);
    if (wallet) become(wallet.balance);
  }

  /** @param {import("../client/protocol").Gift} gift */
  async function give(gift) {
    const done = /** @type {any} */ (await room.shop.gift(gift.id, 1));
    become(done.balance ?? coins);
  }

  /** @param {import("../client/protocol").CoinPack} pack */
  async function buy(pack) {
    await room.shop.buyCoins(pack.id);
    if (shown) shown.offer.replaceChildren(text("order.state.creating"));
  }

  /** @param {import("../client/protocol").Message} message */
  function offered(message) {
    if (message.type !== "coinsOffered") return;
    const link = payLink(message.paymentURL);
    if (!link) {
      shown?.offer.replaceChildren();
      return toast(text("order.failedNow"), "bad");
    }
    shown?.offer.replaceChildren(link);
  }

  function show() {
    const shop = room.show.state?.shop ?? { gifts: [], packs: [] };
    const balance = make("strong.numbers", { role: "status" });
    const offer = make("p.small", { role: "status" });
    const gifts = shop.gifts.map((gift) => {
      const button = actButton("button.gift", {}, "", () => give(gift), run);
      button.append(make("span.emoji", { "aria-hidden": "true" }, gift.emoji), make("span.small.numbers", {}, countText(gift.coins)));
      setLabel(button, text("gift.give", { gift: giftName(gift.id), coins: plural("gift.coins", gift.coins) }));
      return button;
    });
    const packs = shop.packs.map((pack) => {
      const price = moneyText(pack.priceMinor, pack.currency, language.tag);
      return actButton("button.compact", {}, text("gift.pack", { coins: plural("gift.coins", pack.coins), price }), () => buy(pack), run);
    });
    const dialog = make(
      "dialog", { "aria-labelledby": "gifts-title" },
      make("div.stack", {},
        make("div.row", {}, make("h2.grow", { id: "gifts-title" }, text("gift.title")), balance),
        make("div.gift-row", { role: "group", "aria-label": text("gift.title") }, ...gifts),
        make("h3", {}, text("gift.get")), make("div.row.wrap", {}, ...packs), offer,
        make("div.actions", {}, make("button.quiet", { onclick: () => dialog.close() }, text("dialog.close")))),
    );
    shown = { balance, offer };
    become(coins);
    void look();
    open(dialog, () => (shown = null));
  }

  const button = make("button.icon.quiet", { id: "gift", icon: "gift", label: text("gift.title"), "aria-haspopup": "dialog", onclick: show });
  const line = element("composer").querySelector(".line");
  line?.insertBefore(button, line.lastElementChild);
  room.on("message", offered);
  room.show.on("change", (state) => (button.hidden = !state || state.you.role !== "viewer"));
}
