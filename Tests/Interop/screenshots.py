"""Makes the pictures of docs/images: the front page, the watch room on a desktop and a phone, and the studio, live."""

import json
import pathlib
import time

import pytest

from harness import rooms
from harness.chromium import PHONE
from harness.measure import wait
from harness.server import REPOSITORY

IMAGES = REPOSITORY / "docs" / "images"
SCENE = (pathlib.Path(__file__).parent / "pages" / "scene.js").read_text()
ROOM = "kiln"
HOST = "Ann Bergström"
DARK = {"color_scheme": "dark"}
TALK = [
    ("Noor", "Hello from Lisbon!"), ("Mateo", "That glaze is gorgeous 😍"), ("Ingrid", "Is the blue one still available?"),
    ("Kofi", "I bought two last week, even nicer in person"), ("Priya", "mine!"), ("Yuki", "Do you ship to Canada?"),
    ("Liam", "love the tall vase 🔥"), ("Sofia", "35"), ("Wei", "first time here, hi everyone 👋"),
]


def token_of(server, room, role, name):
    return server.token(room, role, name.split()[0], "--name", name)


def rest(server, method, path, body, identity=HOST, role="host", room=ROOM):
    token = token_of(server, room, role, identity)
    status, _, text = server.request(
        method, f"/api/v1/rooms/{room}{path}", json.dumps(body), {"Content-Type": "application/json"}, token)
    assert status < 300, f"{method} {path}: {status} {text}"
    return json.loads(text) if text else None


def go_live(server, chromium, open_page, room, host):
    """A studio whose camera is a painted scene."""
    page = open_page(chromium, None, device=DARK)
    page.context.add_init_script(script=SCENE)
    page.goto(server.url(f"/studio/{room}#token={token_of(server, room, 'host', host)}"))
    page.push("^Go live$")
    rooms.wait_for_state(page, "live", 30)
    return page


@pytest.mark.timeout(240)
def test_pictures(server, chromium, open_page):
    IMAGES.mkdir(parents=True, exist_ok=True)
    host = go_live(server, chromium, open_page, ROOM, HOST)
    rest(server, "PATCH", "/settings", {"title": "Spring kiln opening"})
    for identity, _ in TALK:
        rest(server, "PUT", "/follow", {"on": True}, identity, "viewer")
    viewer = open_page(chromium, server.watch_page(ROOM, "Hanna"), device=DARK)
    phone = open_page(chromium, server.watch_page(ROOM, "Tunde"), device={**PHONE, **DARK})
    for identity, words in TALK:
        rest(server, "POST", "/messages", {"text": words}, identity, "viewer")
    rest(server, "POST", "/messages", {"text": "All of it is food safe, and we ship everywhere."})
    rooms.shows(host, "food safe")
    rest(server, "PUT", "/pin", {"message": host.evaluate("hawker.room.show.state.messages.at(-1).id")})
    rest(server, "POST", "/polls", {"question": "Which glaze next?", "options": ["Celadon", "Tenmoku", "Shino"], "multiple": False, "changeable": True, "results": "live"})
    poll = host.wait_until("hawker.room.show.state.polls[0]?.id", 10, "the poll")
    for index, (identity, _) in enumerate(TALK):
        rest(server, "PUT", f"/polls/{poll}/vote", {"options": [index * index % 5 % 3]}, identity, "viewer")
    rest(server, "POST", "/giveaways", {"prize": "Hand-thrown espresso cup", "rule": "everyone", "winners": 1})
    for page in (viewer, phone):
        rooms.wait_for_state(page, "live", 30)
        rooms.press(page, "sound")
    for page in (viewer, phone):
        page.wait_until("hawker.stats?.height >= 360", 30, "the large picture")
        page.page.mouse.move(400, 700)
    for emoji in ("❤️", "👏", "❤️"):
        rest(server, "POST", "/reactions", {"emoji": emoji, "count": 6}, "Noor", "viewer")
    wait(viewer, 1)
    viewer.screenshot(IMAGES / "watch.png")
    phone.screenshot(IMAGES / "watch-phone.png")
    host.push("^Polls$", role="tab")
    wait(host, 4)
    host.screenshot(IMAGES / "studio.png")


@pytest.mark.timeout(240)
def test_front_page(server, chromium, open_page):
    for room, host, title in (
        (ROOM, HOST, "Spring kiln opening"), ("sneakers", "Marcus", "Sneaker Sunday: 90s runners"), ("vinyl", "Yuki", "Vinyl rarities"),
    ):
        go_live(server, chromium, open_page, room, host)
        rest(server, "PATCH", "/settings", {"title": title}, host, room=room)
    now = time.time() * 1000
    for number, (room, host, title) in enumerate((("denim", "Priya", "Vintage denim, size 28 to 40"), ("plants", "Sofia", "Plants of the week"))):
        at = int(now + (3 + 26 * number) * 3600e3)
        rest(server, "PUT", "/schedule", {"title": title, "startsAtMs": at}, host, room=room)
    page = open_page(chromium, server.url("/"), device=DARK)
    rooms.wait_for_state(page, "ready")
    rooms.shows(page, "Plants of the week")
    page.screenshot(IMAGES / "landing.png")
