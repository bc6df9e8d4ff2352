"""Real browsers by plain WHIP and WHEP: no page of ours, so a failure here is the server's."""

import pytest

from harness import network
from harness.measure import Stretch, assert_smooth, assert_tone, summary, wait

SOURCE = {"width": 960, "height": 540, "fps": 30}
SMALL = {"width": 640, "height": 360, "fps": 30}


@pytest.fixture
def bare(server, open_page):
    """Opens a page of the server's origin that runs nothing by itself."""
    return lambda browser: open_page(browser, server.url("/healthz"))


def start(server, room, host, *viewers, simulcast=True, source=SOURCE, **options):
    host.publish(server, room, source=source, simulcast=simulcast, **options)
    for number, viewer in enumerate(viewers):
        viewer.watch(server, room, f"viewer-{number}")
    for viewer in viewers:
        viewer.call("waitForFrame", timeoutMs=10000)


def test_chromium_to_chromium_with_one_encoding(server, chromium, bare, room, report):
    host, viewer = bare(chromium), bare(chromium)
    start(server, room, host, viewer, simulcast=False, source=SMALL)
    wait(viewer, 3)
    stretch = Stretch(host, [viewer])
    wait(viewer, 8)
    [result] = stretch.end()
    report(summary(result))
    assert_smooth(result)
    assert result["fps"] >= 24
    assert result["latency"]["p50"] < 250
    assert_tone(viewer)


def test_all_three_layers_flow_within_5_s_of_going_live(server, chromium, bare, room):
    host = bare(chromium)
    start(server, room, host)
    host.wait_until(
        "(await hawkerTest.stats({name: 'host'})).outbound.filter(l => l.fps > 0).length === 3",
        5, "three layers",
    )
    assert set(host.layers("host")) == {"q", "h", "f"}


def test_two_browsers_watch_simulcast_smoothly(server, chromium, firefox, bare, room, report):
    host, chromium_viewer, firefox_viewer = bare(chromium), bare(chromium), bare(firefox)
    viewers = [chromium_viewer, firefox_viewer]
    start(server, room, host, *viewers)
    for viewer in viewers:
        viewer.call("waitForFrame", width=SOURCE["width"], timeoutMs=20000)
    stretch = Stretch(host, viewers, host_session="host")
    wait(host, 10)
    results = stretch.end()
    for name, result in zip(("chromium", "firefox"), results, strict=True):
        report(f"{name}: {summary(result)}")
    for result in results:
        assert_smooth(result)
        assert result["widths"] == [SOURCE["width"]]
        assert result["fps"] >= 24
        assert result["latency"]["p50"] < 250
    for viewer in viewers:
        assert_tone(viewer)


def test_firefox_publishes_and_chromium_watches(server, chromium, firefox, bare, room, report):
    host, viewer, silent = bare(firefox), bare(chromium), bare(chromium)
    start(server, room, host, viewer, simulcast=False, source=SMALL)
    # Without a sound card a Firefox that gets too little of the processor sends too little sound (85 to
    # 98 packets in 2 s here), and Chromium holds the picture back for it. So delay is measured where
    # only the picture is watched, everything else where both are.
    silent.watch(server, room, "silent", kinds=["video"])
    # A Firefox that has just started encodes smaller for a few seconds, server or not.
    for page in (viewer, silent):
        page.call("waitForFrame", width=SMALL["width"], timeoutMs=20000)
    wait(viewer, 3)
    stretch = Stretch(host, [viewer, silent])
    wait(viewer, 8)
    results = stretch.end()
    for name, result in zip(("with sound", "picture only"), results, strict=True):
        report(f"{name}: {summary(result)}")
        assert_smooth(result)
    assert results[1]["latency"]["p50"] < 250
    assert_tone(viewer)


def test_a_pinned_layer_has_its_size(server, chromium, bare, room):
    host = bare(chromium)
    start(server, room, host)
    for layer, scale in (("q", 4), ("h", 2), ("f", 1)):
        viewer = bare(chromium)
        viewer.watch(server, room, f"viewer-{layer}", query={"layer": layer})
        seen = viewer.call("waitForFrame", timeoutMs=10000, count=5)
        assert seen["width"] == SOURCE["width"] // scale
        viewer.close()


def test_a_host_who_publishes_again_is_seen_within_3_s(server, chromium, firefox, bare, room):
    host, viewers = bare(chromium), [bare(chromium), bare(firefox)]
    start(server, room, host, *viewers, simulcast=False, source=SMALL)
    host.call("vanish", name="host")
    wait(host, 1)
    for viewer in viewers:
        viewer.call("clear")
    host.publish(server, room, source=SMALL, simulcast=False)
    for viewer in viewers:
        viewer.call("waitForFrame", timeoutMs=3000)


def test_a_second_post_of_the_same_host_replaces_the_first_at_once(server, chromium, bare, room):
    first, second, viewer = bare(chromium), bare(chromium), bare(chromium)
    start(server, room, first, viewer, simulcast=False, source=SMALL)
    second.publish(server, room, source={"width": 320, "height": 180}, simulcast=False)
    viewer.call("waitForFrame", width=320, timeoutMs=3000)
    viewer.call("clear")
    wait(viewer, 1)
    assert viewer.call("seen")["widths"] == [320]


def test_a_viewer_who_comes_before_the_host_sees_the_host(server, chromium, bare, room):
    host, viewer = bare(chromium), bare(chromium)
    viewer.watch(server, room)
    host.publish(server, room, source=SMALL, simulcast=False)
    viewer.call("waitForFrame", timeoutMs=5000)


def test_tcp_carries_everything_where_udp_is_blocked(server, chromium, bare, room, report):
    host, viewer = bare(chromium), bare(chromium)
    with network.udp_blocked():
        start(server, room, host, viewer, simulcast=False, source=SMALL)
        stretch = Stretch(host, [viewer])
        wait(viewer, 6)
        [result] = stretch.end()
        pair = viewer.call("stats", name="viewer")["pair"]
    report(summary(result))
    assert pair["remoteProtocol"] == "tcp"
    assert_smooth(result)


def test_firefox_watches_over_tcp(server, chromium, firefox, bare, room):
    host, viewer = bare(chromium), bare(firefox)
    with network.udp_blocked():
        start(server, room, host, viewer, simulcast=False, source=SMALL)
        wait(viewer, 3)
        assert viewer.call("seen")["longestGap"] < 500


def test_ipv6_carries_everything_where_ipv4_has_no_udp(server, chromium, bare, room):
    host, viewer = bare(chromium), bare(chromium)
    with network.udp_blocked_on_ipv4():
        start(server, room, host, viewer, simulcast=False, source=SMALL)
        pair = viewer.call("stats", name="viewer")["pair"]
        assert (pair["remoteProtocol"], pair["remoteAddress"]) == ("udp", "fd99::1")


@pytest.mark.parametrize("browser_name", ["chromium", "firefox"])
def test_an_ice_restart_keeps_the_picture(server, chromium, bare, room, request, browser_name):
    host, viewer = bare(chromium), bare(request.getfixturevalue(browser_name))
    start(server, room, host, viewer, simulcast=False, source=SMALL)
    etag = viewer.evaluate("hawkerTest.sessions.viewer.etag")
    viewer.call("clear")
    restarted = viewer.call("restartIce", name="viewer")
    wait(viewer, 3)
    assert restarted["etag"] not in (None, etag)
    assert viewer.call("seen")["longestGap"] < 500


def test_loss_of_3_percent_is_repaired(server, chromium, bare, room, report):
    host, viewer = bare(chromium), bare(chromium)
    start(server, room, host, viewer, simulcast=False, source=SMALL)
    wait(viewer, 2)
    with network.udp_lossy(30):
        wait(viewer, 1)
        stretch = Stretch(host, [viewer])
        wait(viewer, 8)
        [result] = stretch.end()
    report(summary(result))
    assert viewer.video("viewer")["nack"] > 0
    assert result["decoded"] >= 0.95 * result["encoded"], result
    assert result["longestGap"] < 500, result


@pytest.mark.parametrize("codec", ["video/H264", "video/VP9", "video/AV1"])
def test_other_codecs_are_forwarded(server, chromium, bare, room, codec):
    host, viewer = bare(chromium), bare(chromium)
    start(server, room, host, viewer, simulcast=False, source=SMALL, codec=codec)
    seen = viewer.call("waitForFrame", timeoutMs=10000, count=30)
    assert seen["readable"] > 0


def test_deleting_the_session_ends_it(server, chromium, bare, room):
    host, viewer = bare(chromium), bare(chromium)
    start(server, room, host, viewer, simulcast=False, source=SMALL)
    assert viewer.call("end", name="viewer") in (200, 204)
    assert host.call("end", name="host") in (200, 204)
