"""A room plays as LL-HLS in real browsers, through the client library's player."""

import pytest

from harness.measure import wait
from harness.sidecar import Sidecar


@pytest.fixture
def sidecar(server, room, evidence):
    sidecar = Sidecar(evidence, server, room)
    yield sidecar
    sidecar.stop()


@pytest.fixture(params=["chromium", "firefox"])
def browser(request):
    return request.getfixturevalue(request.param)


def play(open_page, browser, server, sidecar, **options):
    page = open_page(browser, server.url("/healthz"))
    page.call("playHls", url=sidecar.url(), **options)
    return page


def test_layers(server, room, chromium, sidecar, open_page, report):
    host = open_page(chromium, server.url("/healthz"))
    host.publish(server, room, codec="video/H264", source={"width": 960, "height": 540})
    wait(host, 4)
    page = play(open_page, chromium, server, sidecar)
    for i in range(6):
        wait(page, 4)
        says = page.call("hlsSays")
        report(str(says))
        seen = page.call("seen")
        report(str(seen))
        page.call("clear")
    cdp = page.context.new_cdp_session(page.page)
    cdp.send("Network.enable")
    cdp.send("Network.emulateNetworkConditions", {"offline": False, "latency": 20, "downloadThroughput": 600_000 / 8, "uploadThroughput": 1e6})
    report("throttled")
    for i in range(5):
        wait(page, 4)
        report(str(page.call("hlsSays")))
        report(str(page.call("seen")))
        page.call("clear")
    cdp.send("Network.emulateNetworkConditions", {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1})
    report("free")
    for i in range(8):
        wait(page, 4)
        report(str(page.call("hlsSays")))
        report(str(page.call("seen")))
        page.call("clear")


def test_restart(server, room, browser, start_client, sidecar, open_page, report):
    publisher = start_client("ffmpeg_publish", server.whip(room), server.token(room, "host", "host"))
    publisher.wait_for("connected")
    page = play(open_page, browser, server, sidecar)
    wait(page, 6)
    report(str(page.call("hlsSays")))
    publisher.stop()
    report("stopped")
    publisher = start_client("ffmpeg_publish", server.whip(room), server.token(room, "host", "host"))
    publisher.wait_for("connected")
    report("connected")
    page.call("clear")
    for i in range(5):
        wait(page, 3)
        report(str(page.call("hlsSays")))
        report(str(page.call("seen")))
    for m in page.messages: report(m)
    publisher.stop()


def test_sidecar_restart(server, room, browser, start_client, evidence, open_page, report):
    (evidence / "one").mkdir(); (evidence / "two").mkdir()
    sidecar = Sidecar(evidence / "one", server, room)
    publisher = start_client("ffmpeg_publish", server.whip(room), server.token(room, "host", "host"))
    publisher.wait_for("connected")
    page = play(open_page, browser, server, sidecar)
    wait(page, 6)
    report(str(page.call("hlsSays")))
    sidecar.process.kill()
    wait(page, 2)
    second = Sidecar(evidence / "two", server, room, "--http", sidecar.address)
    page.call("clear")
    for i in range(6):
        wait(page, 3)
        report(str(page.call("hlsSays")))
        report(str(page.call("seen")))
    for m in page.messages: report(m)
    second.stop()
    publisher.stop()


@pytest.mark.parametrize("n", range(3))
def test_debug(n, server, room, firefox, start_client, sidecar, open_page, report):
    publisher = start_client("ffmpeg_publish", server.whip(room), server.token(room, "host", "host"))
    publisher.wait_for("connected")
    page = play(open_page, firefox, server, sidecar)
    for i in range(3):
        wait(page, 3)
        report(str(page.call("hlsSays")))
        report(str(page.evaluate("hawkerTest.sessions.viewer.player.debug")))
    if page.call("hlsSays")["current"] < 5:
        for each in page.evaluate("performance.getEntriesByType('resource').slice(-40).map((e) => [Math.round(e.startTime), Math.round(e.duration), e.responseStatus, e.name.split('/').slice(-2).join('/')])"):
            report(str(each))
    publisher.stop()
