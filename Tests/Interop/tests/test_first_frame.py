"""How soon a viewer sees the live picture when keyframes are 10 s apart."""

import math
import statistics
import time

import pytest

from harness.measure import wait

JOINS = 20
KEYFRAME_SECONDS = 10


@pytest.fixture
def demo_room(server, chromium, open_page, room):
    """A room with `hawker demo host` live, and a page of the server's origin."""
    host = server.demo_host(room, "--keyframe-interval", str(KEYFRAME_SECONDS))
    page = open_page(chromium, server.url("/healthz"))
    page.watch(server, room, name="first")
    page.call("waitForFrame", name="first", timeoutMs=15000)
    yield page
    host.kill()


@pytest.mark.timeout(180)
def test_a_join_at_any_phase_is_live_within_a_second(server, demo_room, room, report):
    # Times of the first frame and of the first one within 300 ms of live, in ms after the POST.
    page, first, live = demo_room, [], []
    page.call("end", name="first")
    for number in range(JOINS):
        name = f"viewer-{number}"
        page.watch(server, room, name, name=name)
        page.call("waitForFrame", name=name, timeoutMs=5000)
        wait(page, 1.2)
        seen = page.call("seen", name=name)
        first.append(seen["firstFrameAfter"])
        live.append(seen["liveAfter"] if seen["liveAfter"] is not None else math.inf)
        page.call("end", name=name)
        # Steps that share no divisor with the keyframes': the chain joined is young and old by turns.
        wait(page, 0.2 + number * 0.37 % 1)
    report(
        f"first frame median {statistics.median(first):.0f} ms, worst {max(first):.0f} ms; "
        f"live after {', '.join(f'{t:.0f}' for t in live)} ms"
    )
    assert statistics.median(first) < 300
    assert max(live) <= 1000, live


# Nothing is measured that other processes on the machine could change: not tried again.
@pytest.mark.flaky(reruns=0)
# The players are `hawker load`: 50 pictures of 1280x720 in a browser are more than two cores decode. Its
# own publisher is in a room where nobody watches, so it is asked for nothing.
def test_50_joins_in_10_s_ask_for_at_most_5_keyframes(server, room, report):
    host = server.demo_host(room, "--keyframe-interval", str(KEYFRAME_SECONDS))
    deadline = time.monotonic() + 15
    while server.metric("hawker_joins_total") < 1:
        assert time.monotonic() < deadline, "the demo host has not joined"
        time.sleep(0.1)
    before = server.metric("hawker_keyframe_requests_total", direction="publisher")
    result = server.load(
        "--whip", server.whip(f"{room}-load"), "--whep", server.whep(room),
        "--data", str(server.data), "--viewers", "50", "--join-rate", "5", "--bitrate", "10000",
        "--duration", "1",
    )
    asked = server.metric("hawker_keyframe_requests_total", direction="publisher") - before
    host.kill()
    first = result["first_frame_ms"]
    report(
        f"{asked:.0f} keyframe requests for 50 joins in 10 s; first frame median {first['p50']:.0f} ms, "
        f"worst {first['max']:.0f} ms"
    )
    assert result["joined"] == 50, result
    assert asked <= 5
    assert result["frames_broken_joining"] == 0, result
    assert result["discontinuities"] == 0, result
