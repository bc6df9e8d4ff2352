// Gifts: a button beside the composer opens them, with one's coins and the way to more.

import { countText, element, KeyedList, make, plural, setLabel, setText, text } from "../shared/dom.js";
import { moneyText } from "../client/shop.js";
import { Wallet } from "../client/wallet.js";
import { nameOf } from "../shared/avatar.js";
import { open, toast } from "../shared/overlays.js";
import { actButton, giftName, leaderRow, payLink } from "../shared/shop-parts.js";
import { language } from "../shared/strings.js";

/**
 * The server says when coins have come, but among several it may not know: while a page to pay at is offered, the wallet
 * is asked as well.
 */
const ASK_MS = 2500;
const LEADERS_SHOWN = 3;

/** @param {import("../client/hawker.js").HawkerRoom} room @param {(work: Promise<any>) => void} run */
export function setUpGifts(room, run) {
  const wallet = new Wallet();
  /**
   * The dialog that is open.
   * @type {{balance: HTMLElement, offer: HTMLElement, leaders: KeyedList<any>, leaderBox: HTMLElement, combos: Map<string, HTMLElement>}|null}
   */
  let shown = null;
  let timer = 0;
  /**
   * Coins there were when the page to pay at was offered; null while nothing is bought.
   * @type {number|null}
   */
  let before = null;

  function draw() {
    const coins = wallet.balance;
    if (shown) setText(shown.balance, coins === null ? "" : plural("gift.coins", coins));
    if (coins === null || before === null || coins <= before) return;
    before = null;
    clearTimeout(timer);
    shown?.offer.replaceChildren(text("gift.arrived"));
  }

  async function look() {
    const page = await room.shop.wallet().catch(() => null);
    if (page && wallet.takePage(page)) draw();
  }

  async function waitForCoins() {
    clearTimeout(timer);
    if (!shown || before === null) return;
    if (document.visibilityState === "visible") await look();
    if (before !== null) timer = window.setTimeout(() => void waitForCoins(), ASK_MS);
  }

  /** @param {import("../client/show.js").ShowState|null} state */
  function drawLeaders(state) {
    if (!shown || !state) return;
    const leaders = state.shop.leaderboard.slice(0, LEADERS_SHOWN).map(({ member, coins: given }, index) => ({
      key: member?.identity ?? `${index}`, place: index + 1, coins: given, name: member ? nameOf({ member: member.identity, name: member.name }) : text("person.erased"),
    }));
    shown.leaders.render(leaders);
    shown.leaderBox.hidden = leaders.length === 0;
  }

  /**
   * One's own run of a gift, beside the gift.
   * @param {import("../client/protocol").Message} event
   */
  function given(event) {
    if (event.type !== "gifted" || !shown || event.member?.identity !== room.show.state?.you.member) return;
    for (const [id, mark] of shown.combos) setText(mark, id === event.gift && event.combo > 1 ? text("gift.combo", { count: event.combo }) : "");
  }

  /** @param {import("../client/protocol").Gift} gift */
  async function give(gift) {
    const done = /** @type {any} */ (await room.shop.gift(gift.id, 1));
    if (wallet.take(done)) draw();
  }

  /** @param {import("../client/protocol").CoinPack} pack */
  async function buy(pack) {
    await room.shop.buyCoins(pack.id);
    if (shown) shown.offer.replaceChildren(text("order.state.creating"));
  }

  /** @param {import("../client/protocol").Message} message */
  function told(message) {
    if (message.type === "walletChanged" && wallet.take(/** @type {any} */ (message))) draw();
    if (message.type === "coinsOffered") offered(message);
  }

  /** @param {import("../client/protocol").Message} message */
  function offered(message) {
    const link = payLink(message.paymentURL);
    if (!link) {
      shown?.offer.replaceChildren();
      return toast(text("order.failedNow"), "bad");
    }
    shown?.offer.replaceChildren(link);
    before = wallet.balance ?? 0;
    void waitForCoins();
  }

  function show() {
    const shop = room.show.state?.shop ?? { gifts: [], packs: [] };
    const balance = make("strong.numbers", { role: "status" });
    const offer = make("p.small", { role: "status" });
    const combos = new Map();
    const list = make("ol.list.leaders");
    const leaderBox = make("section.stack", { hidden: true }, make("h3", {}, text("gift.leaders")), list);
    const gifts = shop.gifts.map((gift) => {
      const combo = make("strong.combo.numbers", { role: "status" });
      combos.set(gift.id, combo);
      const button = actButton("button.gift", {}, "", () => give(gift), run);
      button.append(make("span.emoji", { "aria-hidden": "true" }, gift.emoji), make("span.small.numbers", {}, countText(gift.coins)), combo);
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
        make("h3", {}, text("gift.get")), make("div.row.wrap", {}, ...packs), offer, leaderBox,
        make("div.actions", {}, make("button.quiet", { onclick: () => dialog.close() }, text("dialog.close")))),
    );
    shown = { balance, offer, combos, leaderBox, leaders: new KeyedList(list, (/** @type {{key: string}} */ { key }) => key, leaderRow) };
    draw();
    drawLeaders(room.show.state);
    void look();
    open(dialog, () => (shown = before = null));
  }

  const button = make("button.icon.quiet", { id: "gift", icon: "gift", label: text("gift.title"), "aria-haspopup": "dialog", onclick: show });
  const line = element("composer").querySelector(".line");
  line?.insertBefore(button, line.lastElementChild);
  room.on("message", told);
  // What changed while the page was away it was not told of.
  room.on("state", (state) => {
    if (state === "joined" && shown) void look();
  });
  room.show.on("event", given);
  room.show.on("change", (state) => {
    button.hidden = !state || state.you.role !== "viewer";
    drawLeaders(state);
  });
}
