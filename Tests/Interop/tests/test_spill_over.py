"""Viewers move between WebRTC and HLS in the watch page, with the room as it is."""

import json

import pytest

from harness import rooms
from harness.measure import wait
from harness.sidecar import Sidecar


@pytest.fixture
def sidecar(server, room, evidence):
    sidecar = Sidecar(evidence, server, room)
    yield sidecar
    sidecar.stop()


def tell(page, **delivery):
    page.evaluate(f"hawkerTest.sockets.at(-1).onmessage({{ data: {json.dumps(json.dumps({'type': 'delivery', **delivery}))} }})")


@pytest.mark.flaky(reruns=0)
def test_swap(server, room, chromium, start_client, sidecar, open_page, report, album):
    publisher = start_client("ffmpeg_publish", server.whip(room), server.token(room, "host", "host"))
    publisher.wait_for("connected")
    page = open_page(chromium, server.watch_page(room), device={"bypass_csp": True})
    rooms.observe_video(page)
    page.evaluate("hawkerTest.observeStage()")
    wait(page, 5)
    album(page, "webrtc")
    report(str(page.call("seen", name="stage")))
    page.call("clear", name="stage")
    tell(page, via="hls", url=sidecar.url(), reason="full")
    page.wait_until("window.hawker.via === 'hls'", 10)
    report(str(page.call("seen", name="stage")))
    wait(page, 5)
    album(page, "hls")
    report(str(page.call("seen", name="stage")))
    report(str(page.evaluate("[...document.querySelectorAll('video')].map((v) => [v.className, v.muted, v.paused, v.readyState, v.srcObject !== null])")))
    report(page.evaluate("document.querySelector('#delay').textContent + ' / ' + document.querySelector('#live-badge').textContent"))
    page.call("clear", name="stage")
    tell(page, via="webrtc", reason="free")
    page.wait_until("window.hawker.via === 'webrtc'", 10)
    wait(page, 3)
    report(str(page.call("seen", name="stage")))
    report(str(page.evaluate("[...document.querySelectorAll('video')].map((v) => [v.className, v.muted, v.paused, v.readyState, v.srcObject !== null])")))
    for m in page.messages: report(m)
    publisher.stop()
