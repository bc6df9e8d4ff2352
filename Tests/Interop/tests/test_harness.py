"""Proves browsers, clients, time code and network without a Hawker server."""

import pytest

from harness.accessibility import Keys, violations
from harness import network

pytestmark = pytest.mark.standalone


def loop_in(browser, open_page, blank, report):
    page = open_page(browser, blank)
    result = page.call("loopback", source={"width": 640, "height": 360})
    addresses = {line.split()[4] for line in result["candidates"]}
    assert addresses <= set(network.MEDIA_ADDRESSES), f"gathered {addresses}"
    page.call("waitForFrame", name="loopback", timeoutMs=10000)
    page.call("clear", name="loopback")
    page.evaluate("new Promise((resolve) => setTimeout(resolve, 4000))")
    seen = page.call("seen", name="loopback")
    report(
        f"{browser.name}: {seen['width']}x{seen['height']} at {seen['fps']:.1f} fps, glass to glass "
        f"p50 {seen['latency']['p50']:.0f} ms, p95 {seen['latency']['p95']:.0f} ms"
    )
    assert seen["fps"] > 20
    assert seen["readable"] >= 0.95 * seen["count"]
    assert 0 < seen["latency"]["p50"] < 250
    assert seen["backwards"] == 0
    tone = page.call("loudestFrequency", name="loopback")
    assert tone is not None and abs(tone - 440) < 20


def test_chromium_sends_to_itself_and_the_time_code_is_read(chromium, open_page, blank, report):
    loop_in(chromium, open_page, blank, report)


def test_firefox_sends_to_itself_and_the_time_code_is_read(firefox, open_page, blank, report):
    loop_in(firefox, open_page, blank, report)


def test_blocking_udp_blocks_a_browser(chromium, open_page, blank):
    page = open_page(chromium, blank)
    with network.udp_blocked():
        with pytest.raises(Exception, match="timed out waiting for a connection|failed"):
            page.call("loopback", source={"audio": False})


def test_a_page_error_fails_the_test(firefox, open_page, blank):
    page = open_page(firefox, blank)
    with pytest.raises(AssertionError, match="no <video> matches"):
        page.call("observe")


def test_gstreamer_has_what_the_clients_use():
    import gi

    gi.require_version("Gst", "1.0")
    gi.require_version("GstWebRTC", "1.0")
    gi.require_version("GstSdp", "1.0")
    from gi.repository import Gst

    Gst.init(None)
    needed = ["webrtcbin", "nicesrc", "dtlsenc", "srtpenc", "vp8enc", "vp8dec", "opusenc", "opusdec"]
    assert [name for name in needed if Gst.ElementFactory.find(name) is None] == []


def test_ffmpeg_has_the_whip_muxer():
    import av

    assert "whip" in av.formats_available
    assert {"libx264", "libopus"} <= set(av.codecs_available)


@pytest.mark.standalone
def test_axe_and_the_keyboard_notice_what_is_wrong(chromium, open_page, blank):
    page = open_page(chromium, blank)
    page.evaluate(
        "void (document.body.innerHTML = `<img src='data:,'><p style='color: #999; background: #aaa'>words</p>"
        "<button style='outline: none'>seen by nobody</button>`)"
    )
    found = " ".join(violations(page))
    for rule in ("image-alt", "color-contrast", "html-has-lang"):
        assert rule in found, found
    with pytest.raises(AssertionError, match="not visible"):
        Keys(page).to("seen by nobody")
