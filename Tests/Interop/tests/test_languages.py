"""Another language, and one that is written from the right: every word comes from strings.js, and the longest still fit.

The language is made of the English strings: other letters, a third longer, right to left. What is still in Latin letters on
the page afterwards was not in strings.js; room, people and texts of the test have digits and Hebrew letters only.
"""

import json
import re

import pytest

from harness import rooms
from harness.chromium import DESKTOP, PHONE
from harness.server import REPOSITORY

ROOM = "613"
CAMERA = {"width": 320, "height": 180, "fps": 10}


def foreign(words):
    """Other letters, and a third more of them; what is filled in stays."""
    parts = re.split(r"(\{\w+\})", words)
    turned = "".join(
        part if part.startswith("{")
        else "".join(chr(0x5D0 + (ord(c.lower()) - 97) % 22) if c.isascii() and c.isalpha() else c for c in part)
        for part in parts
    )
    length = sum(len(part) for part in parts if not part.startswith("{"))
    return turned + ("ם" * (length // 3) if length > 3 else "")


def foreign_strings():
    source = (REPOSITORY / "web" / "shared" / "strings.js").read_text()
    lines = []
    for line in source.splitlines():
        found = re.fullmatch(r'  ("[\w.-]+"): ("(?:[^"\\]|\\.)*"),', line)
        lines.append(
            f"  {found[1]}: {json.dumps(foreign(json.loads(found[2])), ensure_ascii=False)}," if found else line
        )
    turned = "\n".join(lines)
    assert 'tag: "en", dir: "ltr"' in turned
    return turned.replace('tag: "en", dir: "ltr"', 'tag: "he", dir: "rtl"')


LEFT_OVER = """(() => {
  const found = [];
  const visible = (e) => e.checkVisibility({ contentVisibilityAuto: false });
  // Cameras are named by the computer, an address is an address, hashes are numbers.
  const names = "noscript, script, style, code, #camera option, #microphone option, input, textarea";
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const e = node.parentElement;
    if (e.closest(names) || !visible(e)) continue;
    if (/[A-Za-z]{2,}/.test(node.textContent)) found.push(`${e.tagName}.${e.className}: ${node.textContent.slice(0, 80)}`);
  }
  for (const e of document.querySelectorAll("[aria-label], [title], [placeholder], [alt]")) {
    for (const name of ["aria-label", "title", "placeholder", "alt"]) {
      if (/[A-Za-z]{2,}/.test(e.getAttribute(name) ?? "")) found.push(`${e.tagName}[${name}]: ${e.getAttribute(name)}`);
    }
  }
  if (/[A-Za-z]{2,}/.test(document.title)) found.push(`title: ${document.title}`);
  return [...new Set(found)];
})()"""

TOO_WIDE = """(() => {
  const found = [];
  if (document.documentElement.scrollWidth > innerWidth + 1) found.push(`the page: ${document.documentElement.scrollWidth} of ${innerWidth}`);
  for (const e of document.querySelectorAll("button, .button, [role=tab], h1, h2, h3, p, span, label, dt, dd, th, td, a, strong, summary, li")) {
    if (!e.checkVisibility({ contentVisibilityAuto: false }) || e.closest(".visually-hidden, .cut, .skip, #floats, canvas, dialog:not([open])")) continue;
    const style = getComputedStyle(e);
    if (style.position === "absolute" && style.clipPath !== "none") continue;
    const text = (e.textContent ?? "").trim();
    if (!text) continue;
    if (style.overflowX !== "visible" && style.textOverflow !== "ellipsis" && style.overflowX !== "auto" && e.scrollWidth > e.clientWidth + 1) found.push(`${e.tagName}.${e.className} is cut: ${text.slice(0, 50)}`);
    // Out of its own box, where words of a button stand over the neighbour's.
    if (style.overflowX === "visible" && e.matches("button, .button") && e.scrollWidth > e.clientWidth + 2) found.push(`${e.tagName}.${e.className} is too small: ${text.slice(0, 50)}`);
    const box = e.getBoundingClientRect();
    const scroller = e.closest(".tabs, .scroll, .scrolls, .chat-scroll, .desk");
    if (!scroller && box.width > 0 && (box.left < -1 || box.right > innerWidth + 1)) found.push(`${e.tagName}.${e.className} leaves the screen: ${text.slice(0, 50)}`);
  }
  // What one presses is not under something else.
  for (const e of (document.querySelector("dialog[open]") ?? document).querySelectorAll("button, a.button, textarea, input, select")) {
    const box = e.getBoundingClientRect();
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    if (!e.checkVisibility({ opacityProperty: true }) || e.disabled || box.width === 0 || x < 0 || y < 0 || x > innerWidth || y > innerHeight) continue;
    const at = document.elementFromPoint(x, y);
    const over = at && at !== e && !e.contains(at) && !at.contains(e) && !at.closest("label")?.contains(e);
    // Behind a sheet, and what scrolls under its edge, is another matter.
    if (over && !e.closest(".tools, .tabs, .scrolls, .desk") && !document.querySelector(".panel.sheet")) {
      found.push(`${e.tagName}#${e.id}.${e.className} lies under ${at.tagName}#${at.id}.${at.className}`);
    }
  }
  return [...new Set(found)];
})()"""


@pytest.mark.timeout(300)
@pytest.mark.parametrize("device", [pytest.param(DESKTOP, id="desktop"), pytest.param(PHONE, id="phone")])
def test_every_word_can_be_another_languages_and_run_from_the_right(
    demo_shop, chromium, open_page, album, device
):
    server = demo_shop.server
    strings = foreign_strings()
    problems = {}

    def opened(url, camera=None):
        page = open_page(chromium, None, camera=camera, device=device)
        page.context.route(
            "**/assets/shared/strings.js*",
            lambda route: route.fulfill(status=200, content_type="text/javascript", body=strings),
        )
        page.goto(url)
        return page

    def check(page, name):
        album(page, name)
        assert page.evaluate("[document.documentElement.dir, document.documentElement.lang]") == ["rtl", "he"]
        found = page.evaluate(LEFT_OVER) + page.evaluate(TOO_WIDE)
        if found:
            problems[name] = found

    def press(page, selector):
        page.page.locator(selector).filter(visible=True).first.click(timeout=15000)

    def call(page, command):
        return page.evaluate(f"hawker.room.{command}.then((done) => done ?? null)")

    landing = opened(server.url("/"))
    rooms.wait_for_state(landing, "ready")
    check(landing, "landing-empty")
    viewer = opened(server.watch_page(ROOM, "102"))
    rooms.wait_for_state(viewer, "waiting", 20)
    check(viewer, "watch-waiting")
    host = opened(server.studio(ROOM, "101") .replace("#", "?source=canvas#"))
    rooms.wait_for_state(host, "ready", 30)
    check(host, "studio-ready")
    press(host, "#go")
    rooms.wait_for_state(host, "live", 30)
    rooms.wait_for_state(viewer, "live", 40)

    call(host, "setRoom({ title: 'מבצע סתיו', description: 'שלום' })")
    call(viewer, "say('שלום 123')")
    call(host, "say('כן!')")
    call(host, "pinMessage(hawker.room.show.state.messages[0].id)")
    call(host, "openPoll({ question: 'מה?', options: ['א', 'ב'], multiple: true, changeable: true, results: 'afterVote', closesAfterSeconds: 900 })")
    call(host, "openGiveaway({ prize: 'ספר', rule: 'followers', winners: 2, closesAfterSeconds: 900 })")
    call(viewer, "ask('מה זה?')")
    call(host, "announce('שלום לכולם')")
    host.wait_until("hawker.room.show.state.questions.length === 1", 10)
    host.wait_until("document.querySelectorAll('#layers tr').length >= 2", 15)
    check(viewer, "watch-live")
    for name in ("questions", "activities"):
        # On a phone the panel comes by the menu over the picture; the tabs are in it.
        if device is PHONE and not viewer.evaluate("document.getElementById('panel').classList.contains('sheet')"):
            press(viewer, "#more")
            check(viewer, "watch-menu")
            press(viewer, "dialog[open] button")
        press(viewer, f"#tab-{name}")
        check(viewer, f"watch-{name}")
    if device is PHONE:
        press(viewer, "#sheet-close")
    for name in ("chat", "questions", "polls", "giveaways", "people", "show"):
        press(host, f"#tab-{name}")
        host.wait_until("document.querySelector('#people-panel h3 + .list') !== null", 5)
        check(host, f"studio-{name}")
    host.page.locator("#people-panel .audit b").first.wait_for(state="attached")
    for tab, button in (("polls", "#new-poll"), ("giveaways", "#new-giveaway")):
        press(host, f"#tab-{tab}")
        press(host, button)
        check(host, f"studio{button.replace('#', '-')}")
        host.page.keyboard.press("Escape")
    landing.reload()
    rooms.wait_for_state(landing, "ready")
    check(landing, "landing-live")

    # The shop: a drop runs, something is to be paid, something in the cart.
    call(host, "shop.putListing({ reference: '1', title: 'כד', description: 'גדול', currency: 'EUR', variants: [{ sku: '1', title: 'כחול', priceMinor: 2450, compareAtMinor: 3900, units: 5 }, { sku: '2', title: 'אדום', priceMinor: 2600, units: 5 }] })")
    call(host, "shop.putListing({ reference: '2', title: 'ספל', currency: 'EUR', variants: [{ sku: '3', priceMinor: 120000, compareAtMinor: 150000, units: 9 }] })")
    call(host, "shop.putVoucher({ code: '10', kind: 'percent', value: 10 })")
    call(host, "shop.pinListing(1, hawker.room.show.state.shop.listings[1].id)")
    call(host, "shop.pinListing(2, hawker.room.show.state.shop.listings[0].id)")
    call(viewer, "shop.setCart('1', 2)")
    call(viewer, "shop.checkout()")
    viewer.wait_until("hawker.room.show.state.shop.you.orders[0]?.paymentURL", 20)
    check(viewer, "watch-pinned")
    call(viewer, "shop.setCart('1', 1)")
    call(viewer, "shop.setCart('2', 2)")
    call(viewer, "shop.applyVoucher('10')")
    call(host, "shop.scheduleDrop({ sku: '3', quantity: 2, priceMinor: 1500, countdownSeconds: 10, durationSeconds: 900 })")
    # The card comes with its frame: until then the pinned listing's button stands there.
    viewer.page.locator("#commerce .act button[aria-disabled]").first.wait_for(timeout=10000)
    viewer.page.locator("#commerce .act button:not([aria-disabled])").first.wait_for(timeout=30000)
    press(viewer, "#commerce .act button")
    viewer.wait_until("hawker.room.show.state.shop.you.holds.length === 1", 20)
    check(viewer, "watch-held")
    press(viewer, "#bag" if device is PHONE else "#tab-shop")
    check(viewer, "watch-shop")
    if device is PHONE:
        press(viewer, "#sheet-close")
    else:
        press(viewer, "#tab-chat")
    press(viewer, "#gift")
    check(viewer, "watch-gifts")
    viewer.page.keyboard.press("Escape")
    press(host, "#tab-shop")
    for name in ("products", "orders", "coins", "vouchers"):
        press(host, f"#seller-{name}-tab")
        host.wait_until(f"!document.querySelector('#seller-{name}').hidden", 5)
        check(host, f"studio-shop-{name}")
    press(host, "#seller-products-tab")
    for number, name in enumerate(("drop", "auction", "stock", "edit")):
        press(host, ".seller-row button:last-child")
        check(host, "studio-shop-menu") if number == 0 else None
        host.page.locator("dialog[open] button").nth(number).click()
        check(host, f"studio-{name}")
        host.page.keyboard.press("Escape")
    call(host, "inviteToStage('102')")
    viewer.wait_until("document.querySelector('dialog[open]') !== null", 10, "the invitation")
    check(viewer, "watch-invited")
    viewer.page.keyboard.press("Escape")
    call(host, "ban('102', { device: false })")
    rooms.wait_for_state(viewer, "banned")
    check(viewer, "watch-banned")
    call(host, "endRoom()")
    host.wait_until("hawker.room.show.state?.phase === 'ended'", 10)
    check(host, "studio-ended")
    listing = "\n".join(f"{name}: {line}" for name, lines in problems.items() for line in lines)
    assert not problems, listing
