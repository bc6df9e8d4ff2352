"""WCAG 2.2 AA: axe over every page and state, light and dark, desktop and phone; and a whole visit by keyboard alone."""

import json

import pytest

from harness import rooms
from harness.accessibility import Keys, violations
from harness.chromium import DESKTOP, PHONE

ROOM = "boutique"
CAMERA = {"width": 320, "height": 180, "fps": 10}
LOOKS = [
    pytest.param({**device, "color_scheme": scheme}, id=f"{name}-{scheme}")
    for name, device in (("desktop", DESKTOP), ("phone", PHONE)) for scheme in ("dark", "light")
]


def call(page, command):
    """A command of the client library, for what another test presses by hand."""
    return page.evaluate(f"hawker.room.{command}.then((done) => done ?? null)")


@pytest.mark.timeout(400)
@pytest.mark.parametrize("look", LOOKS)
def test_no_page_breaks_wcag_in_any_state(demo_shop, chromium, open_page, album, look):
    server = demo_shop.server
    problems = {}

    def check(page, name):
        # Of a picture that fades in, axe would read the colours halfway.
        page.evaluate("Promise.all(document.getAnimations().map((each) => each.finished.catch(() => {})))")
        album(page, name)
        found = violations(page)
        if found:
            problems[name] = found

    is_phone = look.get("is_mobile", False)

    def panel(page, words):
        if not is_phone:
            return page.push(words, role="tab")
        if page.evaluate("document.getElementById('panel').classList.contains('sheet')"):
            page.push("^Close$")
        page.push("^More$")
        page.push(words)

    landing = open_page(chromium, server.url("/"), device=look)
    rooms.wait_for_state(landing, "ready")
    check(landing, "landing-empty")

    viewer = open_page(chromium, server.watch_page(ROOM, "Ben"), device=look)
    rooms.wait_for_state(viewer, "waiting", 30)
    check(viewer, "watch-waiting")

    host = open_page(chromium, server.studio(ROOM, "Ann"), camera=CAMERA, device=look)
    rooms.wait_for_state(host, "ready", 30)
    check(host, "studio-preview")
    host.push("^Go live$")
    rooms.wait_for_state(host, "live", 30)
    rooms.wait_for_state(viewer, "live", 30)
    rooms.say(viewer, "is this real leather?")
    rooms.say(host, "it is, all of it")
    rooms.shows(viewer, "it is, all of it")
    call(host, "pinMessage(hawker.room.show.state.messages[0].id)")
    call(host, "setRoom({ title: 'Bags and belts', description: 'From our own workshop' })")
    call(host, "openPoll({ question: 'Which colour next?', options: ['Red', 'Blue'], multiple: false, changeable: true, results: 'live' })")
    call(host, "openGiveaway({ prize: 'A belt', rule: 'everyone', winners: 1 })")
    asked = call(viewer, "ask('Does it come in green?')")
    call(host, f"highlightQuestion({json.dumps(asked['question'])})")
    viewer.wait_until("hawker.room.show.state.questions[0]?.highlighted", 10, "a question on screen")
    check(viewer, "watch-live")
    check(host, "studio-live")
    call(host, "caption({ text: 'It is made in our own workshop,\\nby hand', language: 'en', durationMs: 15000 })")
    if is_phone:
        viewer.push("^More$")
    viewer.push("^Captions$")
    rooms.shows(viewer, "in our own workshop")
    check(viewer, "watch-captions")
    if is_phone:
        viewer.push("^More$")
    viewer.push("^Captions$")

    viewer.push("^Emoji$")
    check(viewer, "watch-emoji")
    viewer.page.keyboard.press("Escape")
    panel(viewer, "^Questions")
    check(viewer, "watch-questions")
    panel(viewer, "^Polls & giveaways")
    call(viewer, "vote(hawker.room.show.state.polls[0].id, [0])")
    viewer.page.get_by_text("How this stays fair").first.click()
    check(viewer, "watch-activities")

    for words in ("Questions", "Polls", "Giveaways", "People", "Show"):
        host.push(f"^{words}", role="tab")
        host.wait_until("!document.querySelector('#people-panel:not([hidden]) .list:empty:first-child')", 5)
        check(host, f"studio-{words.lower()}")
    for words, button in (("Polls", "^New poll$"), ("Giveaways", "^New giveaway$")):
        host.push(f"^{words}", role="tab")
        host.push(button)
        check(host, f"studio-{button.strip('^$').replace(' ', '-').lower()}")
        host.page.keyboard.press("Escape")

    # The shop: something pinned, an order to pay, a drop whose unit is held, a cart.
    call(host, "shop.putListing({ reference: 'bag', title: 'Bag', description: 'Vegetable tanned', currency: 'EUR', variants: [{ sku: 'BAG-R', title: 'Red', priceMinor: 2450, compareAtMinor: 3900, units: 5 }, { sku: 'BAG-B', title: 'Blue', priceMinor: 2600, units: 5 }] })")
    call(host, "shop.putListing({ reference: 'belt', title: 'Belt', currency: 'EUR', variants: [{ sku: 'BELT', priceMinor: 1900, compareAtMinor: 2500, units: 9 }] })")
    call(host, "shop.putVoucher({ code: 'SPRING', kind: 'percent', value: 10 })")
    call(host, "shop.pinListing(1, hawker.room.show.state.shop.listings[1].id)")
    call(viewer, "shop.setCart('BAG-R', 1)")
    call(viewer, "shop.checkout()")
    viewer.wait_until("hawker.room.show.state.shop.you.orders[0]?.paymentURL", 20, "an order to pay")
    if is_phone and viewer.evaluate("document.getElementById('panel').classList.contains('sheet')"):
        viewer.push("^Close$")
    check(viewer, "watch-pinned")
    call(viewer, "shop.setCart('BAG-B', 2)")
    call(viewer, "shop.applyVoucher('SPRING')")
    call(host, "shop.scheduleDrop({ sku: 'BELT', quantity: 1, priceMinor: 1500, countdownSeconds: 10, durationSeconds: 900 })")
    rooms.shows(viewer, "Get ready")
    check(viewer, "watch-countdown")
    viewer.page.locator("#commerce .act button:not([aria-disabled])").first.wait_for(timeout=30000)
    viewer.page.locator("#commerce .act button").first.click()
    rooms.shows(viewer, "held for you for", 20)
    check(viewer, "watch-held")
    if is_phone:
        viewer.push("^Shop")
    else:
        viewer.push("^Shop", role="tab")
    check(viewer, "watch-shop")
    if is_phone:
        viewer.push("^Close$")
    else:
        viewer.push("^Chat", role="tab")
    viewer.push("^Send a gift$")
    check(viewer, "watch-gifts")
    viewer.page.keyboard.press("Escape")
    host.push("^Shop", role="tab")
    for words in ("Products", "Orders", "Coins", "Vouchers"):
        host.push(f"^{words}", role="tab")
        check(host, f"studio-shop-{words.lower()}")
    host.push("^Products", role="tab")
    host.push("^Import$")
    host.page.locator("dialog[open] [name=csv]").fill("reference,title,sku,price_minor,currency,units\na,A,A,1,EUR,many\n")
    host.push("^Import all$")
    rooms.shows(host, "Row 2 is wrong")
    check(host, "studio-import")
    host.page.keyboard.press("Escape")

    landing.reload()
    rooms.wait_for_state(landing, "ready")
    rooms.shows(landing, "Bags and belts")
    check(landing, "landing-live")

    call(host, "inviteToStage('Ben')")
    rooms.shows(viewer, "Ann invites you on stage")
    check(viewer, "watch-invited")
    viewer.push("^Not now$")

    call(host, "ban('Ben', { device: false })")
    rooms.wait_for_state(viewer, "banned")
    check(viewer, "watch-banned")
    other = open_page(chromium, server.watch_page(ROOM, "Cleo"), device=look)
    rooms.wait_for_state(other, "live", 30)
    call(host, "endRoom()")
    rooms.wait_for_state(other, "ended", 20)
    check(other, "watch-ended")
    check(host, "studio-ended")
    listing = "\n".join(f"{name}: {line}" for name, lines in problems.items() for line in lines)
    assert not problems, listing


@pytest.mark.timeout(240)
def test_a_visit_without_a_mouse(server, chromium, open_page, album, report):
    host = open_page(chromium, server.studio(ROOM, "Ann"), camera=CAMERA)
    on_air = Keys(host)
    rooms.wait_for_state(host, "ready", 30)
    on_air.to("Go live")
    on_air.press("Enter")
    rooms.wait_for_state(host, "live", 30)

    page = open_page(chromium, server.url("/"))
    rooms.wait_for_state(page, "ready")
    visit = Keys(page)

    # In by the room's name.
    visit.to("Open a room")
    visit.press("Control+A")
    visit.type(ROOM)
    visit.press("Enter")
    page.page.wait_for_url("**/watch/*", timeout=30000)
    rooms.wait_for_state(page, "live", 30)

    # The first stop leads past the picture, straight to where one writes.
    visit.press("Tab")
    assert "Skip to the chat" in visit.focused()["name"]
    visit.press("Enter")
    visit.to("Say something")
    visit.type("hello by keys")
    visit.press("Enter")
    rooms.shows(host, "hello by keys")

    # Emoji: in, choose, back where one was.
    visit.to("Emoji")
    visit.press("Enter")
    visit.to("🥰")
    visit.press("Enter")
    assert visit.focused()["name"] == "Say something"
    assert page.evaluate("document.activeElement.value") == "🥰"
    visit.press("Enter")
    rooms.shows(host, "🥰")

    # Sound, without a tap: from the top again, backwards to the picture's controls.
    visit.to("Unmute", key="Shift+Tab")
    album(page, "focus-on-unmute")
    visit.press("Enter")
    assert page.evaluate("hawker.muted") is False
    visit.press("Enter")
    assert page.evaluate("hawker.muted") is True

    # A reaction.
    visit.to("React with")
    visit.press("Space")
    host.wait_until("Object.values(hawker.room.show.state.reactions).some((count) => count > 0)", 10, "a reaction")

    # The messages are one stop; arrows go through them, and each has its menu.
    rooms.say(host, "welcome, whoever you are")
    rooms.shows(page, "welcome, whoever you are")
    visit.to("Messages")
    visit.press("Enter")
    assert "welcome" in visit.focused()["name"]
    visit.press("ArrowUp", "ArrowDown")
    visit.to("Actions")
    visit.press("Enter")
    visit.to("Reply")
    visit.press("Enter")
    assert visit.focused()["name"] == "Say something"
    rooms.shows(page, "Replying to Ann")
    visit.press("Escape")

    # Tabs by arrows.
    visit.to("Chat", "tab", key="Shift+Tab")
    visit.press("ArrowRight")
    assert visit.focused()["name"].startswith("Questions")
    visit.to("Ask the host")
    visit.type("Is it waterproof?")
    visit.press("Enter")
    host.wait_until("hawker.room.show.state.questions.length === 1", 10, "the question")

    # A poll: the card over the picture leads to it.
    call(host, "openPoll({ question: 'Which colour next?', options: ['Red', 'Blue'], multiple: false, changeable: false, results: 'live' })")
    rooms.shows(page, "Poll: have your say")
    visit.to("Poll: have your say", key="Shift+Tab")
    visit.press("Enter")
    visit.to("Red")
    album(page, "focus-on-option")
    visit.press("Space")
    host.wait_until("hawker.room.show.state.polls[0].counts[0] === 1", 10, "the vote")

    # Quality, and out again by the brand.
    visit.to("Quality", key="Shift+Tab")
    visit.press("End")
    assert page.evaluate("document.getElementById('quality').value") == "q"
    visit.to("Follow", key="Shift+Tab")
    visit.press("Enter")
    page.wait_until("hawker.room.show.state.you.follows", 10, "following")
    visit.to("Hawker", key="Shift+Tab")
    visit.press("Enter")
    page.page.wait_for_url(server.url("/"), timeout=30000)
    rooms.wait_for_state(page, "ready", 30)
    report(f"{visit.stops + on_air.stops} stops, each seen")
