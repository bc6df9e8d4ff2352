"""`hawker-hls --push`: a room in S3-compatible storage, and a store that is away, or does not believe us."""

import json
import pathlib
import re
import subprocess
import time

import pytest

from harness.object_store import ObjectStore
from harness.sidecar import Sidecar, binary
from test_hls_kept import probe, publish, wait_until


@pytest.fixture
def store(evidence):
    store = ObjectStore(evidence)
    yield store
    store.stop()


def segments(text):
    return re.findall(r"^[^#\n]+\.m4s$", text or "", re.M)


def first_sequence(text):
    return int(re.search(r"#EXT-X-MEDIA-SEQUENCE:(\d+)", text).group(1))


def said(sidecar, part):
    return [line for line in sidecar.process.output().splitlines() if part in line]


class Watch:
    """Looks at everything in the bucket, as players do: what is named is there, and nothing goes back."""

    def __init__(self, store, room):
        self.store, self.room, self.last, self.count = store, room, {}, 0

    def look(self):
        there = self.store.names()
        lists = [name for name in there if re.search(r"index\.m3u8$", name)]
        # Read first, then what is there: an object that is named was put before.
        texts = {name: self.store.text(name) for name in lists}
        manifest = self.store.text(f"{self.room}/manifest.mpd")
        there = self.store.names()
        for name, text in texts.items():
            folder = name.rpartition("/")[0]
            named = set(re.findall(r'URI="([^"]+)"', text)) | set(re.findall(r"^[^#\n]+$", text, re.M))
            gone = {f"{folder}/{each}" for each in named} - there
            assert not gone, f"{name} names {gone}"
            if "#EXT-X-MEDIA-SEQUENCE" in text:
                last = first_sequence(text) + len(segments(text))
                assert last >= self.last.get(name, 0), f"{name} goes back"
                self.last[name] = last
                assert not re.search("PART|CAN-|PRELOAD|REPORT|SKIP", text), text
        for template, start, count in re.findall(
                r'media="([^"]+)" startNumber="(\d+)">\n<SegmentTimeline>\n((?:<S [^\n]*\n)+)', manifest or ""):
            for number in range(int(start), int(start) + count.count("<S ")):
                name = f"{self.room}/" + template.replace("$Number$", str(number))
                assert name in there, f"the manifest names {name}"
        self.count += 1
        return texts


def test_a_room_in_a_store_that_goes_away_and_comes_back(server, room, start_client, store, evidence, report):
    sidecar = Sidecar(
        evidence, server, room, "--window", "12", "--push", store.url, "--push-credentials", store.credentials)
    publisher = publish(start_client, server, room)
    live = sidecar.playlist(lambda text: len(segments(text)) >= 3)
    folder = sidecar.folders()[0]
    name = f"{room}/{folder}/index.m3u8"
    watch = Watch(store, room)
    wait_until(lambda: watch.look() and len(segments(store.text(name))) >= 3, "three segments in the store")
    # Types, and for how long they may be kept.
    for key, kind, cache in (
        (f"{room}/index.m3u8", "application/vnd.apple.mpegurl", "public, max-age=1"),
        (name, "application/vnd.apple.mpegurl", "public, max-age=1"),
        (f"{room}/{folder}/iframes.m3u8", "application/vnd.apple.mpegurl", "public, max-age=1"),
        (f"{room}/manifest.mpd", "application/dash+xml", "public, max-age=1"),
        (f"{room}/{folder}/{segments(live)[0]}", "video/mp4", "public, max-age=3600, immutable"),
        (f"{room}/poster.jpg", "image/jpeg", "public, max-age=1"),
    ):
        headers, _ = wait_until(lambda key=key: store.get(key), key)
        assert (headers["content-type"], headers["cache-control"]) == (kind, cache), key
    # The same bytes as here.
    assert store.get(f"{room}/{folder}/{segments(live)[0]}")[1] == sidecar.get(f"{folder}/{segments(live)[0]}")[2]
    # FFmpeg plays it while it goes on.
    done = subprocess.run(
        ["ffmpeg", "-v", "warning", "-i", f"{store.origin}/{room}/index.m3u8", "-t", "3", "-f", "null", "-"],
        capture_output=True, text=True, timeout=30)
    assert done.returncode == 0 and done.stderr == "", done.stderr[-2000:]

    # The store goes away. Whoever watches here does not notice.
    before = store.text(name)
    store.gate.shut()
    wait_until(lambda: said(sidecar, "push-stopped: "), "a named error")
    assert sidecar.metric("hawker_hls_push_stopped") == 1
    newest, changed, longest, until = None, time.monotonic(), 0, time.monotonic() + 4
    while time.monotonic() < until:
        parts = re.findall(r'#EXT-X-PART:.*?URI="([^"]+)"', sidecar.text(f"{folder}/index.m3u8"))
        if parts[-1] != newest:
            longest = max(longest, time.monotonic() - changed if newest else 0)
            newest, changed = parts[-1], time.monotonic()
        time.sleep(0.02)
    report(f"with the store away the longest time between two parts was {longest * 1000:.0f} ms")
    assert longest < 1.0
    assert store.text(name) == before
    store.gate.open()
    back = time.monotonic()
    wait_until(lambda: said(sidecar, "push-resumed"), "it is tried again", 30)

    def caught_up():
        here, there = sidecar.text(f"{folder}/index.m3u8"), watch.look()[name]
        return segments(there)[-1:] == segments(here)[-1:] and there

    text = wait_until(caught_up, "the store has what is here", 30)
    report(f"it had everything {time.monotonic() - back:.1f} s after it was back")
    # It was away for less than a window: nothing is missing.
    assert "GAP" not in text and said(sidecar, "push-lost") == []
    numbers = [int(each.rsplit("-s")[1][:-4]) for each in segments(text)]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert len(said(sidecar, "push-stopped")) <= 3, "it is said when it changes, not each time"
    for _ in range(5):
        watch.look()
        time.sleep(0.2)

    # The end.
    sidecar.stop()
    publisher.stop()
    for each in watch.look().values():
        assert "#EXT-X-MEDIA-SEQUENCE" not in each or each.endswith("#EXT-X-ENDLIST\n")
    streams, duration = probe(f"{store.origin}/{room}/{folder}/index.m3u8")
    assert int(streams["video"]["nb_read_frames"]) > duration * 25
    assert 'type="static"' in store.text(f"{room}/manifest.mpd")
    report(f"{watch.count} looks at the bucket; {len(store.names())} objects in the end")


def test_wrong_credentials_are_named_and_read_again(server, room, start_client, store, evidence):
    refused = subprocess.run(
        [binary(), "--whep", server.whep(room), "--http", "127.0.0.1:0", "--encrypt", "3", "--push", store.url,
         "--push-credentials", store.credentials], capture_output=True, text=True, timeout=20)
    assert refused.returncode == 2 and "push-encrypted" in refused.stderr
    wrong = store.write_credentials("wrong", "not-the-secret-of-anybody")
    sidecar = Sidecar(evidence, server, room, "--push", store.url, "--push-credentials", wrong)
    publisher = publish(start_client, server, room)
    sidecar.playlist(lambda text: len(segments(text)) >= 2)
    line = wait_until(lambda: said(sidecar, "push-stopped"), "a named error")[0]
    assert "403 SignatureDoesNotMatch" in json.loads(line)["what"]
    assert not store.names()
    # Neither the log nor the process list has what was wrong.
    arguments = pathlib.Path(f"/proc/{sidecar.process.child.pid}/cmdline").read_text()
    assert "not-the-secret" not in sidecar.process.output() + arguments
    store.write_credentials("wrong", store.secret)
    wait_until(lambda: said(sidecar, "push-resumed") and f"{room}/index.m3u8" in store.names(), "it works", 30)
    sidecar.stop()
    publisher.stop()
    assert store.secret not in sidecar.process.output() + arguments
