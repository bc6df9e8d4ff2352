"""The shop as a seller and three buyers use it, with the demo shop as the merchant: both sides are told the same, and every order comes to its end.

Pictures of both sides are kept under .build/interop/pictures, for people to look at.
"""

import json
import re

import pytest

from harness import rooms
from harness.accessibility import Keys
from harness.chromium import PHONE

ROOM = "stall"
CAMERA = {"width": 320, "height": 180, "fps": 6}
PATIENCE = 30
STATE = "hawker.room.show.state.shop"
OPEN = "#commerce .act :is(button, a):not([aria-disabled=true])"

SHOP = """(() => {
  const { listings, pins, drops, lot } = hawker.room.show.state.shop;
  return {
    listings: listings.map((l) => [l.id, l.title, l.variants.map((v) => [v.sku, v.priceMinor, v.available, v.sold])]),
    pins: pins.map((p) => [p.slot, p.listing]),
    drops: drops.map((d) => [d.id, d.stage, d.remaining, d.sold, d.waiting, d.commitment, d.seed]),
    lot: lot && [lot.id, lot.stage, lot.priceMinor, lot.bids, lot.leader?.identity ?? null, lot.winner?.identity ?? null],
  };
})()"""


# ---- What people do --------------------------------------------------------------------------------


def fill(page, **fields):
    """What a person types into the open dialog, by the fields' names."""
    for name, value in fields.items():
        page.page.locator(f"dialog[open] [name={name}]").first.fill(str(value))


def card(page, words, timeout=PATIENCE):
    """The card over the picture says so."""
    page.wait_until(f"document.getElementById('commerce').innerText.includes({json.dumps(words)})", timeout, words)


def tab(page, words):
    """A part of the panel: a tab, or on a phone its button or menu."""
    if not page.device.get("has_touch"):
        return page.push(words, role="tab")
    if page.evaluate("document.getElementById('panel').classList.contains('sheet')"):
        return page.push(words, role="tab")
    if not words.startswith("^Shop"):
        page.push("^More$")
    page.push(words)


def act(page):
    """Presses the one button of the card over the picture."""
    button = page.page.locator(OPEN).first
    (button.tap if page.device.get("has_touch") else button.click)(timeout=PATIENCE * 1000)


def settle(tab_of_shop, press):
    """Presses one of the payment page's buttons, and leaves it."""
    tab_of_shop.get_by_role("button", name=press, exact=True).click()
    tab_of_shop.wait_for_load_state()
    tab_of_shop.close()


def own(page, what, timeout=PATIENCE):
    """Waits until this holds of what is one's own, as `you`."""
    return page.wait_until(f"(({{ cart, holds, claims, bids, orders }}) => {what})({STATE}.you)", timeout, what)


def all_agree(pages, timeout=PATIENCE):
    """Everybody's shop is the host's."""
    first, *_ = pages
    for _ in range(timeout * 2):
        states = [page.evaluate(f"JSON.stringify({SHOP})") for page in pages]
        if len(set(states)) == 1:
            return json.loads(states[0])
        first.page.wait_for_timeout(500)
    raise AssertionError("the shops differ:\n" + "\n".join(states))


def rest(server, method, path, body=None, identity="Ann", role="host", kind="application/json"):
    """What another test does by hand, or somebody who is not there."""
    token = server.token(ROOM, role, identity)
    sent = body if isinstance(body, str) or body is None else json.dumps(body)
    status, headers, text = server.request(method, f"/api/v1/rooms/{ROOM}{path}", sent, {"Content-Type": kind}, token)
    assert status < 300, f"{method} {path}: {status} {text}"
    return json.loads(text) if "json" in headers.get("Content-Type", "") else text


def product(server, reference, title, *variants):
    body = {"title": title, "currency": "EUR", "variants": [dict(zip(("sku", "priceMinor", "units", "title"), each)) for each in variants]}
    return rest(server, "PUT", f"/listings/{reference}", body)["listing"]


def go_live(server, chromium, open_page, **viewers):
    """A host that is on air, and viewers by their names, on this or that device."""
    host = open_page(chromium, server.studio(ROOM, "Ann"), camera=CAMERA)
    pages = [open_page(chromium, server.watch_page(ROOM, name), device=device) for name, device in viewers.items()]
    host.push("^Go live$")
    for page in (host, *pages):
        rooms.wait_for_state(page, "live", 60)
    host.push("^Shop$", role="tab")
    return host, *pages


# ---- The show --------------------------------------------------------------------------------------


@pytest.mark.timeout(400)
def test_a_drop_an_auction_and_gifts_are_paid_for(demo_shop, chromium, open_page, album):
    server = demo_shop.server
    host, ben, dora, eve = everyone = go_live(server, chromium, open_page, Ben=None, Dora=PHONE, Eve=PHONE)
    rooms.press(dora, "sound")

    # A product, pinned: it stands over everybody's picture, and counts as seen where it was looked at.
    album(host, "studio-empty")
    host.push("^Add product$")
    fill(host, title="Celadon vase", price="24.50", units="5", description="Thrown and glazed by hand, 22 cm")
    host.push("^Save$")
    rooms.shows(host, "Celadon vase")
    eve.evaluate("Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => 'hidden' }), null")
    host.push("^Pin Celadon vase")
    for page in (ben, dora):
        card(page, "€24.50")
        card(page, "5 available")
    rooms.shows(host, "Pinned: 2 of 3 have seen it", PATIENCE)
    host.page.wait_for_timeout(2500)
    rooms.shows(host, "Pinned: 2 of 3 have seen it")
    eve.evaluate("delete document.visibilityState, null")
    rooms.shows(host, "Pinned: 3 of 3 have seen it", PATIENCE)
    for page in everyone:
        album(page, "pinned")

    # Two units, one each, for three: who comes third waits.
    host.push("^Drop, auction and more")
    host.push("^Schedule a drop$")
    fill(host, quantity="2", price="15", countdown="10", duration="60", hold="120", perBuyer="1")
    album(host, "studio-drop")
    host.push("^Schedule$")
    for page in (ben, dora, eve):
        card(page, "Get ready")
    album(dora, "countdown")
    for page in (ben, dora, eve):
        page.page.locator(OPEN).wait_for(timeout=PATIENCE * 1000)
        act(page)
    for page in (ben, dora, eve):
        own(page, "holds.length + claims.filter((c) => c.status === 'waiting').length === 1")
    holders = [page for page in (ben, dora, eve) if page.evaluate(f"{STATE}.you.holds.length")]
    (waiter,) = (page for page in (ben, dora, eve) if page not in holders)
    assert len(holders) == 2
    card(waiter, "number 1 in line")
    for page in holders:
        card(page, "held for you for")
    rooms.shows(host, "All are held · 1 in line")
    for page in everyone:
        album(page, "drop-decided")

    # One pays. The other's payment fails, and is cancelled; what was held is the next one's, who pays.
    payer, other = holders
    act(payer)
    pay = demo_shop.pay(payer)
    payer_page = pay.inner_text("body")
    assert "15.00 EUR" in payer_page, payer_page
    settle(pay, "Pay")
    own(payer, "orders[0].status === 'paid'")
    rooms.shows(payer, "Paid. Thank you!")
    rooms.shows(host, "1 sold · 1 held · 1 in line")
    act(other)
    settle(demo_shop.pay(other), "Fail")
    own(other, "orders[0].status === 'failed' && holds.length === 1")
    rooms.shows(other, "The payment didn’t work")
    act(other)
    own(other, "orders[0].paymentURL")
    album(other, "to-pay")
    tab(other, "^Shop")
    other.push("^Cancel order$")
    other.push("^Cancel order$")
    own(waiter, "holds.length === 1")
    if other.device.get("has_touch"):
        other.push("^Close$")
    act(waiter)
    settle(demo_shop.pay(waiter), "Pay")
    own(waiter, "orders[0].status === 'paid'")
    rooms.shows(host, "Sold out · 2 sold", PATIENCE)
    for page in everyone:
        page.wait_until(f"{STATE}.listings[0].variants[0].sold === 2", PATIENCE, "the counters")
    shop = all_agree(everyone)
    assert shop["listings"][0][2][0][2:] == [3, 2] and shop["drops"][0][2:5] == [0, 2, 0] and shop["drops"][0][6]

    # An auction: up to their maximum the server bids for them; a late bid adds time; who wins pays.
    host.push("^Drop, auction and more")
    host.push("^Open an auction$")
    fill(host, start="10", step="1", duration="12", soft="10")
    album(host, "studio-auction")
    host.push("^Open auction$")
    card(ben, "No bids yet")
    act(ben)
    card(ben, "You lead")
    ends = f"{STATE}.lot.endsAtMs"
    before = dora.evaluate(ends)
    tab(dora, "^Shop")
    dora.page.locator("[name=maximum]").fill("20")
    dora.push("^Bid up to this$")
    own(dora, "bids[0]?.maxMinor === 2000")
    card(ben, "Dora bid more than you")
    album(dora, "maximum")
    dora.push("^Close$")
    ben.wait_until(f"{ends} - hawker.room.clock.now() < 9000", PATIENCE, "the last seconds")
    act(ben)
    dora.wait_until(f"{STATE}.lot.priceMinor === 1300", PATIENCE, "the server bid for Dora")
    dora.wait_until(f"{ends} > {before}", PATIENCE, "late bids add time")
    for page in everyone:
        album(page, "auction")
    card(ben, "Dora won at €13.00", 60)
    card(dora, "You won at €13.00", 60)
    rooms.shows(host, "Sold to Dora")
    act(dora)
    settle(demo_shop.pay(dora), "Pay")
    own(dora, "orders.some((o) => o.status === 'paid' && o.totalMinor === 1300)")
    for page in everyone:
        album(page, "auction-paid")

    # Orders: what they came to, sent, and given back.
    host.push("^Orders", role="tab")
    rooms.shows(host, "€43.00 earned")
    rooms.shows(host, "3 paid orders")
    order = dora.evaluate(f"{STATE}.you.orders[0].id")
    row = host.page.locator("#seller-orders .order", has_text="€13.00")
    row.get_by_role("button", name="Mark as shipped").click()
    own(dora, f"orders.find((o) => o.id === {order}).status === 'shipped'")
    rooms.shows(dora, "Your order is on its way.")
    row.get_by_role("button", name="Refund").click()
    fill(host, reason="A crack in the glaze")
    host.push("^Refund$")
    own(dora, f"orders.find((o) => o.id === {order}).status === 'refunded'")
    rooms.shows(host, "€13.00 refunded")
    tab(dora, "^Shop")
    rooms.shows(dora, "A crack in the glaze")
    album(host, "studio-orders")
    album(dora, "orders")
    dora.push("^Close$")

    # Coins, gifts in a row, who gave most, and the host's share.
    ben.push("^Chat$", role="tab")
    ben.push("^Send a gift$")
    ben.push("^500 coins")
    settle(demo_shop.pay(ben), "Pay")
    rooms.shows(ben, "Your coins are here.", PATIENCE)
    for count in range(3):
        ben.push("^Send a coffee")
        ben.wait_until(f"{STATE}.leaderboard[0]?.coins === {5 * (count + 1)}", PATIENCE, "the gift")
    rooms.shows(ben, "×3")
    album(ben, "gifts")
    rooms.shows(dora, "Ben sent a coffee")
    host.push("^Coins$", role="tab")
    rooms.shows(host, "Your share of gifts, in all your rooms: 9 coins", PATIENCE)
    rooms.shows(host, "15 coins")
    album(host, "studio-coins")


@pytest.mark.timeout(300)
def test_a_cart_a_table_and_the_sellers_switches(demo_shop, chromium, open_page, album):
    server = demo_shop.server
    host, dora, ben = go_live(server, chromium, open_page, Dora=PHONE, Ben=None)

    # A table with a wrong row imports nothing and says which; put right, it is the shop.
    host.push("^Import$")
    header = "reference,title,sku,variant,price_minor,currency,units,description\n"
    cup = "cup,Espresso cup,CUP-R,Rust,1200,EUR,12,Set of two\ncup,Espresso cup,CUP-B,Blue,1400,EUR,3,\n"
    fill(host, csv=header + cup + "bowl,Rice bowl,BOWL,,cheap,EUR,4,\n")
    host.push("^Import all$")
    rooms.shows(host, "Row 4 is wrong")
    assert "cheap" in host.page.locator("dialog[open] .problem pre").inner_text()
    album(host, "studio-import")
    fill(host, csv=header + cup + "bowl,Rice bowl,BOWL,,1800,EUR,4,\n")
    host.push("^Import all$")
    dora.wait_until(f"{STATE}.listings.length === 2", PATIENCE, "the table")

    # A drop whose buyer pays too late: the hold has run out while something else goes on.
    rest(server, "POST", "/drops", {"sku": "BOWL", "quantity": 1, "priceMinor": 1500, "countdownSeconds": 10, "durationSeconds": 15, "perBuyer": 1, "mode": "hold", "start": "auto", "holdSeconds": 30})
    ben.page.locator(OPEN, has_text="Claim").wait_for(timeout=PATIENCE * 1000)
    act(ben)
    own(ben, "holds.length === 1")
    act(ben)
    late = demo_shop.pay(ben)

    # A cart of two variants with a voucher. The first payment fails: everything can be put back.
    host.push("^Vouchers$", role="tab")
    host.push("^New voucher$")
    fill(host, code="spring", value="10")
    host.push("^Save$")
    rooms.shows(host, "SPRING: 10%")
    tab(dora, "^Shop")
    cups = dora.page.locator(".listing-row", has_text="Espresso cup")
    cups.get_by_role("button", name=re.compile("^Add to cart")).tap()
    own(dora, "cart.lines.length === 1")
    cups.get_by_role("button", name=re.compile("^Add another")).tap()
    own(dora, "cart.lines[0].quantity === 2")
    cups.get_by_role("combobox").select_option("CUP-B")
    cups.get_by_role("button", name=re.compile("^Add to cart")).tap()
    own(dora, "cart.lines.length === 2")
    dora.page.locator("[name=voucher]").fill("spring")
    dora.push("^Apply$")
    rooms.shows(dora, "€34.20")
    album(dora, "cart")

    # The price moves while they look.
    host.push("^Products$", role="tab")
    host.push("^Drop, auction and more: Espresso")
    host.push("^Price and stock$")
    fill(host, price="10", units="20")
    host.push("^Save$")
    rooms.shows(dora, "€30.60")
    album(host, "studio-products")
    dora.push("^Check out$")
    settle(demo_shop.pay(dora), "Fail")
    own(dora, "orders[0].status === 'failed' && cart.lines.length === 0")
    dora.push("^Back into the cart$")
    own(dora, "cart.lines.length === 2")
    dora.page.locator("[name=voucher]").fill("SPRING")
    dora.push("^Apply$")
    rooms.shows(dora, "€30.60")

    # With sales paused nothing can be bought; what is in the cart stays.
    host.push("^Pause all sales$")
    rooms.shows(dora, "Sales are paused")
    assert dora.page.get_by_role("button", name="Check out").is_disabled()
    album(host, "studio-paused")
    host.push("^Go on selling$")
    dora.push("^Check out$")
    pay = demo_shop.pay(dora)
    album(host, "order-open")
    settle(pay, "Pay")
    own(dora, "orders[0].status === 'paid'")
    host.push("^Vouchers$", role="tab")
    rooms.shows(host, "used 1 time")
    album(dora, "paid")

    # Too late, but the bowl is still there: it is theirs all the same.
    own(ben, "holds.length === 0 && orders[0].status === 'expired'", 60)
    settle(late, "Pay")
    own(ben, "orders[0].status === 'paid'")

    # Pins, one after the other, beside each other, and before.
    host.push("^Products$", role="tab")
    host.push("^Pin Espresso")
    card(ben, "from €10.00")
    host.push("^Pin Rice bowl")
    card(ben, "Rice bowl")
    host.push("^Drop, auction and more: Espresso")
    host.push("^Pin as well$")
    host.wait_until(f"{STATE}.pins.length === 2", PATIENCE, "two pins")
    dora.wait_until("document.querySelectorAll('.pinned-mark:not([hidden])').length === 2", PATIENCE, "both are marked")
    host.push("^Pinned before$")
    rooms.shows(host, "Rice bowl")
    host.page.locator(".pin-history li").nth(2).wait_for(timeout=10000)
    assert host.page.locator(".pin-history li").count() == 3
    album(host, "studio-pins")
    host.push("^Close$")
    rest(server, "POST", "/messages", {"text": "We ship everywhere"})
    rest(server, "PUT", "/pin", {"message": ben.wait_until("hawker.room.show.state.messages.at(-1)?.id", 10)})
    ben.push("^Chat$", role="tab")
    ben.wait_until("document.getElementById('pinned').innerText.includes('We ship everywhere')", 10, "the pinned message")

    # All orders, to take away.
    host.push("^Orders", role="tab")
    with host.page.expect_download() as download:
        host.push("^Export$")
    rows = [line.split(",") for line in download.value.path().read_text().splitlines()]
    assert rows[0][:5] == ["order", "status", "at_ms", "buyer", "sku"]
    assert sorted((row[1], row[3], row[4], row[5]) for row in rows[1:]) == [
        ("failed", "Dora", "CUP-B", "1"), ("failed", "Dora", "CUP-R", "2"), ("paid", "Ben", "BOWL", "1"),
        ("paid", "Dora", "CUP-B", "1"), ("paid", "Dora", "CUP-R", "2"),
    ]
    all_agree([host, ben, dora])


@pytest.mark.timeout(200)
def test_a_claim_and_its_payment_by_keys_alone(demo_shop, chromium, open_page, album):
    server = demo_shop.server
    host, page = go_live(server, chromium, open_page, Ben=None)
    product(server, "vase", "Celadon vase", ("VASE", 2450, 5))
    drop = {"sku": "VASE", "quantity": 1, "priceMinor": 1500, "countdownSeconds": 10, "durationSeconds": 60, "perBuyer": 1, "mode": "hold", "start": "auto"}
    rest(server, "POST", "/drops", drop)
    card(page, "Get ready")
    visit = Keys(page)
    # Where it counts one waits on the button: it has the focus already when it opens.
    visit.to("Claim")
    page.page.locator(OPEN, has_text="Claim").wait_for(timeout=PATIENCE * 1000)
    visit.press("Enter")
    own(page, "holds.length === 1")
    assert "Check out" in visit.focused()["name"], "the focus stays where the next step is"
    visit.press("Enter")
    own(page, "orders[0]?.paymentURL")
    page.wait_until("document.activeElement.tagName === 'A'", 10, "the way to pay has the focus")
    album(page, "focus-on-pay")
    with page.context.expect_page() as opened:
        visit.press("Enter")
    pay = opened.value
    pay.wait_for_load_state()
    assert "Celadon vase" in pay.inner_text("ul") and "VASE" not in pay.inner_text("ul")
    pay.keyboard.press("Tab")
    assert pay.evaluate("document.activeElement.textContent") == "Pay"
    pay.keyboard.press("Enter")
    own(page, "orders[0].status === 'paid'")

    # Where who pays first has it: whoever pays when nothing is left gets the money back, and is told why.
    drop = rest(server, "POST", "/drops", {**drop, "mode": "firstPaid"})["drop"]
    page.wait_until(f"{STATE}.drops.find((each) => each.id === {drop})?.stage === 'open'", PATIENCE, "the drop")
    for name in ("Cleo", "Ben"):
        claim = rest(server, "POST", f"/drops/{drop}/claims", {}, name, "viewer")["claim"]
        rest(server, "POST", "/orders", {"hold": claim}, name, "viewer")
    own(page, "orders[0].paymentURL")
    for name in ("Cleo", "Ben"):
        (order, *_) = rest(server, "GET", "/orders", None, name, "viewer")["orders"]
        pay = page.context.new_page()
        pay.goto(order["paymentURL"])
        settle(pay, "Pay")
    rooms.shows(page, "somebody else had it by then")
    own(page, "orders[0].status === 'refunded'")
    host.push("^Orders", role="tab")
    rooms.shows(host, "Refunded")


@pytest.mark.timeout(120)
def test_a_room_without_a_merchant_says_so(server, chromium, open_page):
    host, ben = go_live(server, chromium, open_page, Ben=None)
    product(server, "vase", "Celadon vase", ("VASE", 2450, 5))
    host.push("^Pin Celadon vase")
    card(ben, "€24.50")
    act(ben)
    card(ben, "In your cart: 1")
    act(ben)
    ben.push("^Check out$")
    rooms.shows(ben, "takes no payments yet")
