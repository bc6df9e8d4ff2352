"""Captions from a speech service to every viewer: by the room socket on their frame, and as subtitles in HLS."""

import json
import re
import subprocess
import time

import pytest

from harness import rooms
from harness.chromium import PHONE
from harness.measure import wait
from harness.server import REPOSITORY
from harness.sidecar import Sidecar

from test_spill_over import IN_STEP_MS, ask, start_show  # noqa: F401

ROOM = "red"


def say(server, room, text, language="en", **more):
    """Says it as a speech service does; the time the words began, in ms."""
    at = more.setdefault("mediaTimeMs", round(time.time() * 1000))
    body = {"text": text, "language": language, "durationMs": 1500, **more}
    token = server.token(room, "service", "captions")
    status, _, answer = server.request(
        "POST", f"/api/v1/rooms/{room}/captions", json.dumps(body), {"Content-Type": "application/json"}, token
    )
    assert status == 200, f"{status} {answer}"
    return at


def seconds(stamp):
    hours, minutes, rest = stamp.replace(",", ".").split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


def cues(text):
    """(start, end, text) in seconds, of WebVTT or SubRip."""
    found = re.findall(r"([\d:.,]+) --> ([\d:.,]+)\n((?:.+\n?)+)", text)
    return [(seconds(start), seconds(end), words.strip()) for start, end, words in found]


@pytest.fixture
def sidecar(server, evidence):
    sidecar = Sidecar(evidence, server, None, "--captions", "en", "--window", "60")
    yield sidecar
    sidecar.stop()


def test_subtitles_are_renditions_that_keep_the_rules_and_that_ffmpeg_reads(
    server, start_client, sidecar, report
):
    publisher = start_client("ffmpeg_publish", server.whip(ROOM), server.token(ROOM, "host", "host"))
    publisher.wait_for("connected")
    sidecar.playlist(lambda text: text.count("#EXTINF") >= 2, room=ROOM)
    checker = subprocess.Popen(
        [REPOSITORY / ".build" / "release" / "HLSCheck", sidecar.url("", ROOM)[:-1], "10"],
        stdout=subprocess.PIPE, text=True,
    )
    said = {}
    words = ["One & only", "<b>two</b> --> three", "drei\nZeilen\nhier"]
    for number in range(7):
        language, text = ("de" if number % 3 == 2 else "en"), f"{number} {words[number % 3]}"
        said[text] = (language, say(server, ROOM, text, language) / 1000)
        # What is refined is not in HLS before it stands.
        say(server, ROOM, f"{number} perhaps", language, caption=f"u{number}", partial=True)
        time.sleep(1.1)
    judged = checker.communicate(timeout=60)[0]
    report(judged.splitlines()[-1])
    assert checker.returncode == 0, judged
    listed = sidecar.text(room=ROOM)
    assert re.findall(r'TYPE=SUBTITLES.*?LANGUAGE="(\w+)"', listed) == ["en", "de"]
    variants = re.findall(r"^#EXT-X-STREAM-INF:.*$", listed, re.M)
    assert len(variants) >= 2 and all('SUBTITLES="text"' in each for each in variants)

    token = server.token(ROOM, "host", "host")
    assert server.request("POST", f"/api/v1/rooms/{ROOM}/end", "{}", {"Content-Type": "application/json"}, token)[0] == 200
    for language in ("en", "de"):
        playlist = sidecar.playlist(lambda text: "#EXT-X-ENDLIST" in text, room=ROOM, rendition=f"text-{language}", seconds=5)
        # Cue times count from the room's epoch: the first segment's date less where it begins.
        found = {}
        for name in re.findall(r"^[^#].*\.vtt$", playlist, re.M):
            for start, end, text in cues(sidecar.text(f"text-{language}/{name}", ROOM)):
                found.setdefault(text, set()).add((start, end))
        expected = {text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"): at for text, (its, at) in said.items() if its == language}
        assert set(found) == set(expected), found
        assert all(len(times) == 1 for times in found.values()), found
        epochs = [expected[text] - next(iter(times))[0] for text, times in found.items()]
        assert max(epochs) - min(epochs) <= 0.002, epochs

    # FFmpeg 5 takes no subtitles out of a multivariant playlist: it must play the rest, and read them alone.
    probe = subprocess.run(
        ["ffprobe", "-v", "error", "-show_entries", "stream=codec_type", "-of", "csv=p=0", sidecar.url(room=ROOM)],
        capture_output=True, text=True, timeout=60,
    )
    assert {"audio", "video"} <= set(probe.stdout.split()) and probe.stderr == "", probe.stdout + probe.stderr
    read = subprocess.run(
        ["ffmpeg", "-v", "error", "-copyts", "-i", sidecar.url("text-en/index.m3u8", ROOM), "-map", "0:s:0", "-f", "srt", "-"],
        capture_output=True, text=True, timeout=60,
    )
    told = cues(read.stdout)
    report(f"ffmpeg: {told}")
    # One that spans a cut is in both segments, and FFmpeg tells each.
    assert {text for _, _, text in told} == {text for text, (language, _) in said.items() if language == "en"}, read.stdout + read.stderr
    by_text = {text: start for start, _, text in told}
    assert abs((by_text["3 One & only"] - by_text["0 One & only"]) - (said["3 One & only"][1] - said["0 One & only"][1])) < 0.005


def test_a_caption_shows_with_its_frame_by_webrtc_and_by_hls(start_show, chromium, open_page, report, album):
    show = start_show()
    live = show.watch(open_page, chromium, "live")
    behind = show.watch(open_page, chromium, "behind")
    ask(behind, "hls")
    for page in (live, behind):
        assert page.evaluate("document.getElementById('captions').hidden")
        page.evaluate(
            """window.words = [], new MutationObserver(() => {
              const text = document.querySelector("#caption-lines:not([hidden])")?.textContent ?? "";
              if (text !== words.at(-1)?.text) words.push({ text, at: performance.now() });
            }).observe(document.querySelector("#caption-lines"), { attributes: true, childList: true }), null"""
        )
    wait(live, 3)
    say(show.server, show.room, "first", durationMs=500)
    for page in (live, behind):
        page.wait_until("!document.getElementById('captions').hidden", 10, "a button")
        assert page.evaluate("document.getElementById('captions').getAttribute('aria-pressed')") == "false"
        page.push("^Captions$")
    wait(live, 2)
    offsets = {"webrtc": [], "hls": []}
    for number in range(4):
        at = say(show.server, show.room, f"caption {number}", durationMs=1000)
        for via, page in (("webrtc", live), ("hls", behind)):
            page.wait_until(f"words.some((each) => each.text === 'caption {number}')", 10, f"the caption by {via}")
            wait(page, 0.2)
            if number == 2:
                album(page, f"caption-{via}")
            # 0 where it came between the last frame before it and the first one after it.
            offsets[via].append(page.evaluate(
                f"""(() => {{
                  const {{ at }} = words.find((each) => each.text === "caption {number}"), {{ frames }} = hawkerTest.watches.stage;
                  const next = frames.find((frame) => frame.captured >= {at}), before = frames.findLast((frame) => frame.captured < {at});
                  return next && at > next.at ? at - next.at : at < before.at ? at - before.at : 0;
                }})()"""))
        wait(live, 0.8)
    for via, found in offsets.items():
        report(f"{via}: the caption {', '.join(f'{each:+.0f}' for each in found)} ms from its frame")
    assert all(abs(each) <= IN_STEP_MS for found in offsets.values() for each in found), offsets
    # The choice is remembered, and a second language is a choice.
    assert live.evaluate("localStorage.getItem('hawker.captions')") == "en"
    say(show.server, show.room, "Hallo", "de", durationMs=10_000)
    say(show.server, show.room, "Hello", "en", durationMs=10_000)
    live.wait_until("document.querySelector('#caption-lines p')?.textContent === 'Hello'", 10, "the language chosen")
    live.push("^Captions$")
    live.push("^Deutsch$")
    live.wait_until("document.querySelector('#caption-lines p[lang=de]')?.textContent === 'Hallo'", 10, "the other one")
    live.push("^Captions$")
    live.push("^Off$")
    live.wait_until("document.getElementById('caption-lines').hidden", 10, "none")


def test_a_host_types_captions_and_they_fit_a_phone(server, chromium, open_page, album):
    host = open_page(chromium, server.studio(ROOM, "Ann"), camera={"width": 320, "height": 180, "fps": 10})
    rooms.wait_for_state(host, "ready", 30)
    host.push("^Go live$")
    rooms.wait_for_state(host, "live", 30)
    viewer = open_page(chromium, server.watch_page(ROOM, "Ben"), device=PHONE)
    rooms.wait_for_state(viewer, "live", 30)
    line = host.page.locator("#caption-text")
    host.page.locator("#caption-language").select_option("en")
    viewer.evaluate("localStorage.setItem('hawker.captions', 'en')")
    viewer.page.reload()
    rooms.wait_for_state(viewer, "live", 30)
    words = "This is the last one we have in blue, <b>and</b> it is made of the same wool as the other ones & lined"
    line.fill(words)
    line.press("Enter")
    viewer.wait_until(f"document.querySelector('#caption-lines p')?.textContent === {json.dumps(words)}", 10, "the caption")
    assert line.input_value() == ""
    box = viewer.evaluate("(({ left, right, top, bottom }) => ({ left, right, top, bottom }))(document.querySelector('#caption-lines p').getBoundingClientRect())")
    assert 0 <= box["left"] and box["right"] <= viewer.evaluate("innerWidth") and box["bottom"] - box["top"] > 40, box
    assert viewer.evaluate("document.querySelector('#caption-lines p').lang") == "en"
    album(viewer, "caption-phone")
    album(host, "caption-studio")
    # Shown for as long as it takes to read, and then no more.
    viewer.wait_until("document.getElementById('caption-lines').hidden", 12, "its end")
