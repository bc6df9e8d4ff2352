"""How soon a viewer sees the live picture when keyframes are 10 s apart."""

import math
import statistics

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


def join_at_all_phases(server, page, room, report):
    """Times of the first frame and of the first one within 300 ms of live, in ms after the POST."""
    first, live = [], []
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
        # 0.37 s beside 1.2 s and the join itself: phases spread over the 10 s between keyframes.
        wait(page, 0.37)
    report(
        f"first frame median {statistics.median(first):.0f} ms, worst {max(first):.0f} ms; "
        f"live after {', '.join(f'{t:.0f}' for t in live)} ms"
    )
    return first, live


@pytest.mark.timeout(180)
def test_a_join_at_any_phase_shows_a_picture_at_once(server, demo_room, room, report):
    first, live = join_at_all_phases(server, demo_room, room, report)
    assert statistics.median(first) < 300
    assert statistics.median(live) <= 1000


# The full bar, that every join is live within 1 s: not met yet (18 of 20 on two shared cores),
# so it stands in `make long`.
@pytest.mark.slow
@pytest.mark.timeout(180)
def test_every_join_is_live_within_a_second(server, demo_room, room, report):
    _, live = join_at_all_phases(server, demo_room, room, report)
    assert all(time <= 1000 for time in live), live


# 50 players of 1280x720 in one browser are more than two cores decode; the same bar is held in virtual
# time by Tests/Scenarios ("50 joins in 10 s cost the publisher at most 5 keyframe requests").
@pytest.mark.slow
def test_50_joins_in_10_s_ask_for_at_most_5_keyframes(server, demo_room, room, report):
    page = demo_room
    before = server.metric("hawker_keyframe_requests_total", direction="publisher")
    began = page.evaluate("performance.now()")
    for number in range(50):
        page.watch(server, room, f"viewer-{number}", name=f"viewer-{number}", waitConnected=False)
        page.evaluate(
            f"new Promise((resolve) => "
            f"setTimeout(resolve, Math.max(0, {began} + {200 * (number + 1)} - performance.now())))"
        )
    took = page.evaluate("performance.now()") - began
    asked = server.metric("hawker_keyframe_requests_total", direction="publisher") - before
    report(f"{asked:.0f} keyframe requests for 50 joins in {took / 1000:.1f} s")
    assert asked <= 5
