"""A room plays as LL-HLS in real browsers, through the client library's player."""

import time

import pytest

from harness.hls import play, summary, until_live
from harness.measure import wait
from harness.sidecar import Sidecar

# Glass to glass, at parts of 320 ms.
P50_MS, P95_MS = 2000, 3000
# Of a browser alone, which asks for whole segments.
NATIVE_MS = 15_000


@pytest.fixture
def start_sidecar(server, room, evidence):
    """Starts sidecars; none outlives its test."""
    sidecars = []

    def start(*flags):
        folder = evidence / f"sidecar-{len(sidecars)}"
        folder.mkdir()
        sidecars.append(Sidecar(folder, server, room, *flags))
        return sidecars[-1]

    yield start
    for sidecar in sidecars:
        sidecar.process.kill()


@pytest.fixture
def sidecar(start_sidecar):
    return start_sidecar()


def publish(start_client, server, room):
    publisher = start_client("ffmpeg_publish", server.whip(room), server.token(room, "host", "host"))
    publisher.wait_for("connected")
    return publisher


def wait_for_segments(sidecar, count, timeout=45):
    """Until the first picture's playlist lists so many: a browser alone begins behind the newest ones."""
    until = time.monotonic() + timeout
    while True:
        folders = sidecar.folders()
        playlist = sidecar.text(f"{folders[0]}/index.m3u8") if folders else None
        if (playlist or "").count("#EXTINF") >= count:
            return
        assert time.monotonic() < until, "too few segments"
        time.sleep(0.2)


# Two minutes and half an hour go with `make long`; the same bars in a quarter of a minute stand in every run.
@pytest.mark.parametrize(
    "seconds", [15, *(pytest.param(each, marks=pytest.mark.slow) for each in (120, 1800))])
@pytest.mark.timeout(2100)
def test_browsers_play_a_second_behind(
    server, room, chromium, firefox, start_client, sidecar, open_page, report, seconds
):
    publisher = publish(start_client, server, room)
    pages = [(each.name, play(open_page, each, server, sidecar)) for each in (chromium, firefox)]
    for _, page in pages:
        until_live(page)
    before = [page.call("hlsSays") for _, page in pages]
    for _, page in pages:
        page.call("clear")
    left = seconds
    while left > 0:
        wait(pages[0][1], min(left, 20))
        left -= 20
    for (name, page), was in zip(pages, before, strict=True):
        seen, says = page.call("seen"), page.call("hlsSays")
        report(summary(name, seen))
        stalls = [state for _, state in says["states"][len(was["states"]):] if state == "stalled"]
        assert stalls == [], says["states"]
        assert seen["latency"]["p50"] <= P50_MS
        assert seen["latency"]["p95"] <= P95_MS
        assert seen["backwards"] == 0
        assert says["failed"] is None
    publisher.stop()


# On a busy machine it takes a minute until the highest rendition is trusted again: that goes with `make long`.
@pytest.mark.parametrize("returns", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_renditions_go_with_what_is_asked_and_what_the_network_carries(
    server, room, chromium, sidecar, open_page, report, returns
):
    host = open_page(chromium, server.url("/healthz"))
    host.publish(server, room, codec="video/H264", source={"width": 960, "height": 540, "fps": 15})
    # The player offers what is there when it comes: all three.
    page = open_page(chromium, server.url("/healthz"))
    page.wait_until(
        f"((await (await fetch({sidecar.url()!r})).text()).match(/^#EXT-X-STREAM-INF.*RESOLUTION/gm) ?? []).length === 3",
        30, "three renditions",
    )
    page.call("playHls", url=sidecar.url())
    says = page.call("hlsSays")
    assert len(says["heights"]) == 3 and says["heights"] == sorted(says["heights"])
    for index, width in ((0, 240), (2, 960)):
        page.call("clear")
        page.evaluate(f"void hawkerTest.sessions.viewer.player.setRendition({index})")
        page.call("waitForFrame", width=width, timeoutMs=8000)
    assert page.evaluate("hawkerTest.sessions.viewer.player.rendition") == 2
    page.evaluate("void hawkerTest.sessions.viewer.player.setRendition(null)")
    network = page.context.new_cdp_session(page.page)
    network.send("Network.enable")

    def carries(bits):
        network.send(
            "Network.emulateNetworkConditions",
            {"offline": False, "latency": 5, "downloadThroughput": bits / 8, "uploadThroughput": 1e6},
        )

    page.call("clear")
    carries(350_000)
    page.wait_until("hawkerTest.sessions.viewer.player.rendition < 2", 20, "a lower rendition")
    carries(20_000_000)
    if returns:
        page.wait_until("hawkerTest.sessions.viewer.player.rendition === 2", 90, "the highest one again")
    report(f"renditions {page.call('hlsSays')['renditions']}")
    assert page.call("seen")["backwards"] == 0


# Where a browser plays HLS alone it chooses its delay itself: Chromium stays three target durations or more behind.
@pytest.mark.parametrize("codec", ["H264", "VP8"])
def test_chromium_plays_by_itself(
    server, room, chromium, start_client, start_sidecar, open_page, report, codec
):
    if codec == "H264":
        stop = publish(start_client, server, room).stop
    else:
        host = open_page(chromium, server.url("/healthz"))
        host.publish(server, room, codec="video/VP8", source={"width": 640, "height": 360, "fps": 15})
        stop = host.close
    page = open_page(chromium, server.url("/healthz"))
    sidecar = start_sidecar()
    wait_for_segments(sidecar, 6)
    page.call("playHls", url=sidecar.url(), native=True)
    # Its first second may wait for the second segment.
    wait(page, 2)
    page.call("clear")
    begun = len(page.call("hlsSays")["states"])
    wait(page, 8)
    seen, says = page.call("seen"), page.call("hlsSays")
    report(summary(f"chromium alone, {codec}", seen))
    assert says["state"] == "playing" and says["failed"] is None
    assert "stalled" not in [state for _, state in says["states"][begun:]]
    assert seen["backwards"] == 0 and seen["fps"] >= 12
    assert seen["latency"]["p95"] <= NATIVE_MS
    stop()


# A host who is away for longer than the player has buffered.
@pytest.mark.parametrize("name", ["chromium", "firefox"])
def test_a_slate_is_played_while_the_host_is_away(
    server, room, name, request, start_client, start_sidecar, open_page, report, evidence
):
    browser = request.getfixturevalue(name)
    sidecar = start_sidecar()
    publisher = publish(start_client, server, room)
    page = play(open_page, browser, server, sidecar)
    until_live(page)
    publisher.stop()
    # The slate begins when nothing has come for two seconds; players have to have got over that.
    wait(page, 10)
    page.call("clear")
    before = page.call("hlsSays")
    wait(page, 4)
    # Its pictures bear no time code, and there are five of them a second.
    seen, says = page.call("seen"), page.call("hlsSays")
    page.screenshot(evidence / f"slate-{name}.png")
    pictures = says["shown"] - before["shown"]
    report(f"{name}: {pictures} pictures of the slate in 4 s, {says['behind']:.2f} s behind")
    assert says["state"] == "playing" and 10 <= pictures <= 30
    assert says["current"] - before["current"] > 3 and says["behind"] < 3
    assert seen["readable"] == 0
    publisher = publish(start_client, server, room)
    until_live(page)
    after = page.call("hlsSays")
    assert after["failed"] is None
    assert "stalled" not in [state for _, state in after["states"][len(before["states"]):]]
    publisher.stop()


@pytest.mark.parametrize("name", ["chromium", "firefox"])
def test_it_goes_on_after_another_publisher_and_another_sidecar(
    server, room, name, request, start_client, start_sidecar, open_page, report
):
    browser = request.getfixturevalue(name)
    first = start_sidecar()
    publisher = publish(start_client, server, room)
    page = play(open_page, browser, server, first)
    until_live(page)
    publisher.stop()
    publisher = publish(start_client, server, room)
    until_live(page)
    report(f"after another publisher: {summary(name, page.call('seen'))}")
    first.process.kill()
    start_sidecar("--http", first.address)
    until_live(page, 30)
    report(f"after another sidecar: {summary(name, page.call('seen'))}")
    assert page.call("hlsSays")["failed"] is None
    publisher.stop()
