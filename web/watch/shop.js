// The shop in the watch room: its tab, the card over the picture, and the news that reach one whatever is open.

import { element, oncePerFrame, plural, setLabel, setText, text } from "../shared/dom.js";
import { toast } from "../shared/overlays.js";
import { NowCard } from "./now-card.js";
import { refundText } from "./order-card.js";
import { ShopPanel } from "./shop-panel.js";

/** What just ended leaves the picture by time alone. */
const TICK_MS = 1000;

/**
 * @param {import("../client/hawker.js").HawkerRoom} room @param {(work: Promise<any>) => void} run
 * @param {(panel: string) => void} show  opens a part of the panel
 * @param {import("../client/hawker.js").InStep} step  the card over the picture comes with it
 */
export function setUpShop(room, run, show, step) {
  const card = new NowCard(room, run, show);
  const panel = new ShopPanel(element("shop-panel"), room, run);
  const tab = element("tab-shop");
  /** @type {unknown} */
  let drawn = null;
  /** @type {unknown} */
  let drawnInStep = null;

  const draw = oncePerFrame(() => {
    const shop = room.show.state?.shop;
    element("commerce").hidden = !shop;
    if (!shop) return;
    const now = room.clock.now();
    const hasShop = shop.listings.length + shop.you.orders.length + shop.you.holds.length > 0;
    element("bag").hidden = !hasShop;
    tab.hidden = !hasShop && tab.getAttribute("aria-selected") !== "true";
    const count = shop.you.cart.lines.reduce((sum, line) => sum + line.quantity, 0);
    setText("cart-count", count > 0 ? String(count) : "");
    setText("bag-count", count > 0 ? String(count) : "");
    setLabel(element("bag"), count > 0 ? plural("shop.openWith", count) : text("shop.title"));
    card.render(step.state?.shop ?? shop);
    panel.render(shop, Number.isFinite(now) ? now : Date.now());
    drawn = shop;
    drawnInStep = step.state?.shop;
  });

  /** @param {import("../client/protocol").Message} event */
  function tell(event) {
    if (event.type === "outbid") toast(text("lot.outbidNow"), "bad");
    if (event.type === "holdEnded" && event.why === "expired") toast(text("hold.expired"), "bad");
    if (event.type === "holdEnded" && event.why === "refused") toast(text("hold.refused"), "bad");
    if (event.type === "holdMade") toast(text("hold.made"));
    if (event.type === "ownOrderUpdated" && event.order.status === "paid") toast(text("order.paidNow"));
    if (event.type === "ownOrderUpdated" && event.order.status === "failed") toast(text("order.failedNow"), "bad");
    if (event.type === "ownOrderUpdated" && event.order.status === "refundRequested") toast(refundText(event.order), "bad");
    if (event.type === "ownOrderUpdated" && event.order.status === "shipped") toast(text("order.shippedNow"));
  }

  element("bag").addEventListener("click", () => show("shop-panel"));
  room.show.on("change", (state) => state?.shop !== drawn && draw());
  step.on("change", (state) => state?.shop !== drawnInStep && draw());
  room.show.on("event", tell);
  setInterval(draw, TICK_MS);
  return {
    /** Whether there is anything to see. */
    get isOpen() {
      return !tab.hidden;
    },
  };
}
