"""The shop as a seller and two buyers use it: a product is made and pinned, a drop and an auction run, and both sides tell the same.

Pictures of both sides are kept under .build/interop/pictures, for people to look at.
"""

import json

import pytest

from harness import rooms
from harness.accessibility import violations
from harness.chromium import PHONE

ROOM = "stall"
CAMERA = {"width": 320, "height": 180, "fps": 10}
PATIENCE = 30

SHOP = """(() => {
  const { listings, pins, drops, lot } = hawker.room.show.state.shop;
  return {
    listings: listings.map((l) => [l.id, l.title, l.variants.map((v) => [v.sku, v.priceMinor, v.available, v.sold])]),
    pins: pins.map((p) => [p.slot, p.listing]),
    drops: drops.map((d) => [d.id, d.stage, d.remaining, d.waiting, d.commitment, d.seed]),
    lot: lot && [lot.id, lot.stage, lot.priceMinor, lot.bids, lot.leader?.identity ?? null, lot.winner?.identity ?? null],
  };
})()"""


def fill(page, **fields):
    """What a person types into the open dialog, by the fields' names."""
    for name, value in fields.items():
        page.page.locator(f"dialog[open] [name={name}]").first.fill(str(value))


def card(page, words, timeout=PATIENCE):
    """The card over the picture says so."""
    page.wait_until(f"document.getElementById('commerce').innerText.includes({json.dumps(words)})", timeout, words)


def tab(page, words):
    if not page.device.get("has_touch"):
        return page.push(words, role="tab")
    page.push("^More$")
    page.push(words)


def all_agree(pages, timeout=PATIENCE):
    """Everybody's shop is the host's."""
    first, *others = pages
    for _ in range(timeout * 2):
        states = [page.evaluate(f"JSON.stringify({SHOP})") for page in pages]
        if len(set(states)) == 1:
            return json.loads(states[0])
        first.page.wait_for_timeout(500)
    raise AssertionError("the shops differ:\n" + "\n".join(states))


@pytest.mark.timeout(300)
def test_a_drop_and_an_auction(server, chromium, open_page, album):
    host = open_page(chromium, server.studio(ROOM, "Ann"), camera=CAMERA)
    ben = open_page(chromium, server.watch_page(ROOM, "Ben"))
    dora = open_page(chromium, server.watch_page(ROOM, "Dora"), device=PHONE)
    everyone = [host, ben, dora]
    host.push("^Go live$")
    for page in everyone:
        rooms.wait_for_state(page, "live", 30)
    rooms.press(ben, "sound")
    rooms.press(dora, "sound")

    # A product, pinned: it stands over everybody's picture.
    host.push("^Shop$", role="tab")
    album(host, "studio-empty")
    host.push("^Add product$")
    fill(host, title="Celadon vase", price="24.50", units="5", description="Thrown and glazed by hand, 22 cm")
    album(host, "studio-product")
    host.push("^Save$")
    rooms.shows(host, "Celadon vase")
    host.push("^Pin Celadon vase")
    for page in (ben, dora):
        card(page, "€24.50")
        card(page, "5 available")
        album(page, "watch-pinned")
    ben.push("^Add to cart")
    card(ben, "In your cart: 1")
    tab(ben, "^Shop")
    rooms.shows(ben, "Total")
    album(ben, "watch-cart")
    tab(dora, "^Shop")
    rooms.shows(dora, "All products")
    album(dora, "watch-shop")
    dora.push("^Close$")

    # One unit for two buyers: one holds it, the other is the first in line.
    host.push("^Drop, auction and more")
    host.push("^Schedule a drop$")
    fill(host, quantity="1", price="15", countdown="10", duration="25", hold="60")
    album(host, "studio-drop")
    host.push("^Schedule$")
    for page in (ben, dora):
        card(page, "Get ready")
    album(ben, "watch-countdown")
    for page in (ben, dora):
        page.wait_until("document.querySelector('#commerce .act button')?.getAttribute('aria-disabled') !== 'true'", PATIENCE, "the drop is open")
        page.page.locator("#commerce .act button").click()
    drop = "hawker.room.show.state.shop"
    for page in (ben, dora):
        page.wait_until(f"{drop}.you.holds.length + {drop}.you.claims.filter((c) => c.status === 'waiting').length === 1", PATIENCE, "who was first")
    states = [page.evaluate("document.getElementById('commerce').innerText") for page in (ben, dora)]
    assert sum("held for you for" in each for each in states) == 1, states
    assert sum("number 1 in line" in each for each in states) == 1, states
    holder, waiter = (ben, dora) if "held for you for" in states[0] else (dora, ben)
    rooms.shows(host, "All are held · 1 in line")
    for page in everyone:
        album(page, "drop-decided")

    # Nobody takes payments in this room, and that is said; the unit given back is the next one's.
    holder.page.locator("#commerce .act button").click()
    rooms.shows(holder, "takes no payments yet")
    holder.evaluate("hawker.room.shop.releaseHold(hawker.room.show.state.shop.you.holds[0].id)")
    card(waiter, "held for you for")
    for page in everyone:
        page.wait_until(f"{drop}.drops[0].waiting === 0", PATIENCE, "nobody waits")
    shop = all_agree(everyone)
    assert shop["drops"][0][5], "decided, and the seed is told"

    # An auction: one leads, the other bids more.
    host.push("^Drop, auction and more")
    host.push("^Open an auction$")
    fill(host, start="10", step="1", duration="20", soft="5")
    host.push("^Open auction$")
    card(ben, "No bids yet")
    ben.push("^Bid €10.00$")
    card(ben, "You lead")
    card(dora, "Ben leads")
    dora.push("^Bid €11.00$")
    card(dora, "You lead")
    card(ben, "Dora bid more than you")
    for page in everyone:
        album(page, "auction")
    assert not violations(host) and not violations(ben) and not violations(dora), [violations(page) for page in everyone]
    ben.push("^Bid €12.00$")
    card(ben, "You lead")
    rooms.shows(host, "Ben leads · 3 bids")
    card(ben, "You won at €12.00", 60)
    card(dora, "Ben won at €12.00", 60)
    for page in everyone:
        album(page, "auction-over")
    shop = all_agree(everyone)
    assert shop["lot"][1:] == ["sold", 1200, 3, "Ben", "Ben"]
    # Of five, one is held by the drop's winner and one by the auction's.
    assert shop["listings"][0][2][0][2] == 3

    # The seller's switch stops all of it.
    host.push("^Pause all sales$")
    rooms.shows(ben, "Sales are paused")
