"""Viewers move between WebRTC and HLS in the watch page, with the room as it is."""

import json
import socket
import time

import pytest

from harness import network, rooms
from harness.measure import wait
from harness.sidecar import Sidecar

# Between an event's frame and the frame it is shown with.
IN_STEP_MS = 100
# Without a picture at most, while one takes the place of another.
GAP_MS = 1000


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Show:
    """A live room with H.264, its server, and the sidecar that the server sends viewers to."""

    def __init__(self, start_server, start_client, room, folder, *flags):
        address = f"127.0.0.1:{free_port()}"
        self.room = room
        self.server = start_server("--hls", f"http://{address}/hls/{{room}}/index.m3u8", *flags)
        self.publisher = start_client(
            "ffmpeg_publish", self.server.whip(room), self.server.token(room, "host", "host")
        )
        self.publisher.wait_for("connected")
        self.sidecar = Sidecar(folder, self.server, room, "--http", address)
        self.host_token = self.server.token(room, "host", "host")

    def wait_for_hls(self):
        """FFmpeg makes no keyframe when asked to: one comes after 60 frames, on a busy machine after many
        seconds."""
        until = time.monotonic() + 45
        while self.sidecar.get()[0] != 200:
            assert time.monotonic() < until, "no HLS"
            time.sleep(0.2)

    def rest(self, method, path, body):
        status, _, text = self.server.request(
            method, f"/api/v1/rooms/{self.room}{path}", json.dumps(body),
            {"Content-Type": "application/json"}, self.host_token,
        )
        assert status < 300, f"{method} {path}: {status} {text}"
        return json.loads(text)

    def watch(self, open_page, browser, identity="viewer"):
        page = open_page(browser, self.server.watch_page(self.room, identity))
        rooms.observe_video(page)
        page.evaluate("hawkerTest.observeStage()")
        return page


@pytest.fixture
def start_show(start_server, start_client, room, evidence):
    shows = []

    def start(*flags):
        shows.append(Show(start_server, start_client, room, evidence, *flags))
        shows[-1].wait_for_hls()
        return shows[-1]

    yield start
    for show in shows:
        show.sidecar.process.kill()
        show.publisher.process.kill()


def until_via(page, via, timeout=15):
    page.wait_until(f"window.hawker.via === {via!r}", timeout, f"the picture by {via}")


def ask(page, via):
    page.evaluate(f"hawker.room.watching({{ via: {via!r}, reason: 'asked' }}), null")
    until_via(page, via)


def errors(page):
    return [text for text in page.messages if text.startswith("pageerror")]


@pytest.mark.parametrize("name", ["chromium", "firefox"])
def test_a_viewer_moves_out_of_webrtc_and_back(start_show, name, request, open_page, report, album):
    # This Firefox decodes no H.264 over WebRTC, so it begins with HLS and stays there.
    browser = request.getfixturevalue(name)
    show = start_show()
    page = show.watch(open_page, browser) if name == "chromium" else open_page(
        browser, show.server.watch_page(show.room))
    if name == "firefox":
        until_via(page, "hls", 30)
        rooms.wait_for_state(page, "live")
        rooms.shows(page, "behind")
        return
    page.evaluate(
        """window.told = [], hawker.room.show.on("event", (event) => event.type === "said" && told.push(event.seq)), null"""
    )
    rooms.press(page, "sound")
    sent = []

    def say(count):
        for _ in range(count):
            sent.append(show.rest("POST", "/messages", {"text": f"{len(sent)}"})["message"])
            wait(page, 0.15)

    for via, number in (("hls", 1), ("webrtc", 2), ("hls", 3), ("webrtc", 4)):
        page.call("clear", name="stage")
        say(2)
        ask(page, via)
        say(10)
        wait(page, 2)
        seen = page.call("seen", name="stage")
        report(f"to {via}: {seen['longestGap']:.0f} ms without another picture, {seen['sounds']} sound at a time")
        album(page, via)
        assert seen["longestGap"] <= GAP_MS
        assert seen["sounds"] <= 1
        assert page.evaluate("hawker.muted") is False
        if via == "hls":
            rooms.shows(page, "behind")
            assert page.evaluate("hawkerTest.connections.every((pc) => pc.connectionState === 'closed')")
    page.wait_until(f"told.length >= {len(sent)}", 5, "every message")
    assert page.evaluate("told") == sent, "missing, twice or out of order"
    assert page.evaluate("document.querySelectorAll('video').length") == 1
    assert errors(page) == []


def test_the_studio_says_who_watches_hls_and_holds_its_resolution(
    start_server, chromium, open_page, room, evidence, album
):
    address = f"127.0.0.1:{free_port()}"
    server = start_server("--hls", f"http://{address}/hls/{{room}}/index.m3u8")
    host = open_page(chromium, server.studio(room), camera={"width": 640, "height": 360, "fps": 30})
    rooms.press(host, "go live")
    rooms.wait_for_state(host, "live", 20)
    sidecar = Sidecar(evidence, server, room, "--http", address)
    try:
        preference = (
            "hawkerTest.connections[0].getSenders().find((s) => s.track?.kind === 'video')"
            ".getParameters().degradationPreference")
        assert host.evaluate(preference) != "maintain-resolution"
        viewer = open_page(chromium, server.watch_page(room))
        until_via(viewer, "webrtc", 20)
        sidecar.playlist(lambda text: "#EXTINF" in text)
        ask(viewer, "hls")
        host.wait_until(f"{preference} === 'maintain-resolution'", 15, "the resolution held")
        host.wait_until(
            "/1 by HLS, [0-9.]+ s behind/.test(document.querySelector('#viewers-hls').textContent)", 20,
            "the gauge of tiers")
        album(host, "studio")
        ask(viewer, "webrtc")
        host.wait_until(f"{preference} === 'balanced'", 15, "the choice given back")
        assert host.evaluate("document.querySelector('#viewers-hls').textContent") == ""
        assert errors(host) == []
    finally:
        sidecar.process.kill()


def test_who_finds_no_seat_watches_hls_and_comes_back(start_show, chromium, open_page, report):
    show = start_show("--webrtc-viewers", "1")
    first = show.watch(open_page, chromium, "first")
    second = open_page(chromium, show.server.watch_page(show.room, "second"))
    until_via(second, "hls", 20)
    rooms.wait_for_state(second, "live")
    assert second.evaluate("hawkerTest.connections.length") == 0
    second.evaluate("hawkerTest.observeStage()")
    first.close()
    until_via(second, "webrtc", 20)
    report(f"a seat was free: {second.call('seen', name='stage')['longestGap']:.0f} ms without another picture")


def test_where_webrtc_does_not_get_through_the_picture_comes_by_hls(
    start_show, chromium, open_page, report
):
    show = start_show()
    with network.media_blocked(show.server.udp_port):
        page = open_page(chromium, show.server.watch_page(show.room))
        began = time.monotonic()
        until_via(page, "hls", 30)
        rooms.wait_for_state(page, "live")
        report(f"a picture by HLS after {time.monotonic() - began:.1f} s")


def test_a_pin_shows_with_its_frame_by_webrtc_and_by_hls(
    start_show, chromium, open_page, report, album
):
    show = start_show()
    listings = []
    for number in (1, 2):
        body = {"title": f"Cup {number}", "currency": "EUR", "variants": [{"sku": f"C{number}", "priceMinor": 900, "units": 5}]}
        listings.append(show.rest("PUT", f"/listings/cup-{number}", body)["listing"])
    live = show.watch(open_page, chromium, "live")
    behind = show.watch(open_page, chromium, "behind")
    ask(behind, "hls")
    for page in (live, behind):
        page.evaluate(
            """window.shown = [], new MutationObserver(() => {
              const { offer } = document.querySelector("#commerce").dataset;
              if (offer !== shown.at(-1)?.offer) shown.push({ offer, at: performance.now() });
            }).observe(document.querySelector("#commerce"), { attributes: true }), null"""
        )
    wait(live, 3)
    offsets = {"webrtc": [], "hls": []}
    for listing in (listings * 3)[:5]:
        show.rest("PUT", "/pins/1", {"listing": listing})
        for via, page in (("webrtc", live), ("hls", behind)):
            offer = f"listing{listing}"
            page.wait_until(f"shown.at(-1)?.offer === {offer!r}", 10, f"the pin by {via}")
            wait(page, 0.2)
            # 0 where it came between the last frame before it and the first one after it.
            offsets[via].append(page.evaluate(
                """(() => {
                  const pinned = hawker.room.show.state.shop.pins[0].atMs, { at } = shown.at(-1), { frames } = hawkerTest.watches.stage;
                  const next = frames.find((frame) => frame.captured >= pinned), before = frames.findLast((frame) => frame.captured < pinned);
                  return next && at > next.at ? at - next.at : at < before.at ? at - before.at : 0;
                })()"""))
    for via, found in offsets.items():
        report(f"{via}: the pin {', '.join(f'{each:+.0f}' for each in found)} ms from its frame")
    album(behind, "hls")
    assert all(abs(each) <= IN_STEP_MS for found in offsets.values() for each in found), offsets
