"""Makes the pictures of docs/images: the front page, the watch room and the studio, live."""

from harness import rooms
from harness.measure import wait
from harness.server import REPOSITORY

IMAGES = REPOSITORY / "docs" / "images"


def test_watch_room(server, chromium, open_page):
    room = "demo"
    host = server.demo_host(room)
    try:
        page = open_page(chromium, server.watch_page(room))
        rooms.observe_video(page, timeout=30)
        rooms.wait_for_state(page, "live")
        guest = open_page(chromium, server.watch_page(room, "Noor"))
        for viewer, words in (
            (guest, "Is the jacket warm enough for winter?"), (page, "ordered one last week, yes!"),
            (guest, "mine! size M"),
        ):
            rooms.say(viewer, words)
            rooms.shows(page, words)
        wait(page, 3)
        IMAGES.mkdir(parents=True, exist_ok=True)
        page.screenshot(IMAGES / "watch.png")
    finally:
        host.kill()


def test_studio(server, chromium, open_page):
    camera = {"width": 1280, "height": 720, "fps": 30}
    page = open_page(chromium, server.studio("demo"), camera=camera)
    rooms.press(page, "go live")
    page.wait_until("(await hawkerTest.stats()).outbound.some((l) => l.framesSent > 60)", 20)
    page.screenshot(IMAGES / "studio.png")


def test_landing(server, chromium, open_page):
    page = open_page(chromium, server.url("/"))
    page.wait_until("document.body.dataset.state !== 'loading'", 10)
    page.screenshot(IMAGES / "landing.png")
