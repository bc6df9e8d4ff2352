// What the room's gifts come to: the host's share, and who gave most.

import { nameOf } from "../shared/avatar.js";
import { KeyedList, make, plural, setText, text } from "../shared/dom.js";
import { leaderRow } from "../shared/shop-parts.js";

/** @typedef {import("../client/protocol").ShopState} ShopState */

/** Gifts come in bursts; the wallet is asked this long after the first of one. */
const WAIT_MS = 1000;

export class CoinsPanel {
  node;
  #room;
  #share = make("p", { role: "status" });
  #list;
  #empty = make("p.empty", {}, text("gift.none"));
  #title = make("h3", {}, text("gift.leaders"));
  #timer = 0;
  /** @type {unknown} */
  #gift = null;
  #looking = false;

  /** @param {import("../client/hawker.js").HawkerRoom} room */
  constructor(room) {
    this.#room = room;
    const list = make("ol.list.leaders");
    this.#list = new KeyedList(list, (/** @type {{key: string}} */ { key }) => key, leaderRow);
    this.node = make("div.stack", {}, this.#share, this.#title, list, this.#empty);
  }

  look() {
    this.#looking = true;
    void this.#ask();
  }

  /** @param {ShopState} shop @param {boolean} isHost */
  render(shop, isHost) {
    this.#share.hidden = !isHost;
    const leaders = shop.leaderboard.map(({ member, coins }, index) => ({
      key: member?.identity ?? `${index}`, place: index + 1, coins, name: member ? nameOf({ member: member.identity, name: member.name }) : text("person.erased"),
    }));
    this.#list.render(leaders);
    this.#title.hidden = leaders.length === 0;
    this.#empty.hidden = leaders.length > 0;
    if (shop.gift === this.#gift) return;
    this.#gift = shop.gift;
    if (this.#looking && !this.#timer) this.#timer = window.setTimeout(() => void this.#ask(), WAIT_MS);
  }

  async #ask() {
    this.#timer = 0;
    const wallet = await this.#room.shop.wallet().catch(() => null);
    if (wallet?.earnings !== undefined) setText(this.#share, text("seller.share", { coins: plural("gift.coins", wallet.earnings) }));
  }
}
