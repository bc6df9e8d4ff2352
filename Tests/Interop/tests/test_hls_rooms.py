"""`hawker-hls --server`: every live room, its events on their frames, and what happens when things end or die."""

import base64
import datetime
import json
import re
import subprocess
import time

import pytest

from harness.server import REPOSITORY
from harness.sidecar import Sidecar


@pytest.fixture
def sidecar(server, evidence):
    sidecar = Sidecar(evidence, server)
    yield sidecar
    sidecar.stop()


def publish(start_client, server, room, who="host"):
    publisher = start_client("ffmpeg_publish", server.whip(room), server.token(room, "host", who))
    publisher.wait_for("connected")
    return publisher


def whole_segments(count):
    return lambda text: text.count("#EXTINF") >= count


def command(server, room, method, path, body):
    token = server.token(room, "host", "host")
    status, _, text = server.request(
        method, f"/api/v1/rooms/{room}{path}", json.dumps(body), {"Content-Type": "application/json"}, token
    )
    assert status == 200, f"{path}: {status} {text}"
    return json.loads(text)


def milliseconds(date):
    return round(datetime.datetime.fromisoformat(date.replace("Z", "+00:00")).timestamp() * 1000)


def ranges(playlist):
    """(id, class, start in ms, message) of each date range, in the playlist's order."""
    found = []
    for line in re.findall(r"^#EXT-X-DATERANGE:(.*)$", playlist, re.M):
        values = dict(re.findall(r'([A-Z-]+)="([^"]*)"', line))
        text = values["X-HAWKER"] + "=" * (-len(values["X-HAWKER"]) % 4)
        message = json.loads(base64.urlsafe_b64decode(text))
        found.append((values["ID"], values["CLASS"], milliseconds(values["START-DATE"]), message))
    return found


def dates(playlist):
    return [milliseconds(date) for date in re.findall(r"PROGRAM-DATE-TIME:(\S+)", playlist)]


def put_scarf(server, room, units):
    command(
        server, room, "PUT", "/listings/scarf",
        {
            "title": "Scarf", "currency": "EUR",
            "variants": [{"sku": "SCARF", "title": "Blue", "priceMinor": 2500, "units": units}],
        },
    )


def test_rooms_their_events_and_their_end(server, start_client, sidecar, report):
    assert sidecar.get(room="red")[0] == 404
    for room in ("red", "blue"):
        publish(start_client, server, room)
    runs = set()
    for room in ("red", "blue"):
        runs.add(re.search(r'MAP:URI="(\w+)-i', sidecar.playlist(whole_segments(2), room=room)).group(1))
    # Names of files are one show's: caches keep them, and keys are made of them.
    assert len(runs) == 2
    assert sidecar.get(room="green")[0] == 404
    put_scarf(server, "red", 2)
    listing = json.loads(server.request("GET", "/api/v1/rooms/red", token=server.token("red", "host", "host"))[2])
    listing = listing["listings"][0]["id"]
    # What the host saw half a second ago.
    seen = round(time.time() * 1000) - 500
    pin = command(server, "red", "PUT", "/pins/1", {"listing": listing, "mediaTimeMs": seen})
    command(server, "red", "PATCH", "/variants/SCARF", {"priceMinor": 2000})
    command(server, "red", "PATCH", "/variants/SCARF", {"units": 0})
    playlist = sidecar.playlist(lambda text: "hawker.sold-out" in text, room="red", seconds=5)
    told = ranges(playlist)
    assert [each[1] for each in told if each[1] != "hawker.sold-out"] == [
        "hawker.price", "hawker.pin", "hawker.price", "hawker.price",
    ]
    number, _, start, message = next(each for each in told if each[1] == "hawker.pin")
    assert (number, start) == (str(pin["cursor"]), seen)
    assert message["type"] == "listingPinned" and message["pin"]["listing"] == listing
    assert min(dates(playlist)) < seen < max(dates(playlist)) + 2500
    # The same event in the media, at the same time.
    folder = sidecar.folders("red")[0]
    parts = re.findall(r'URI="([^"]+-p\d+\.m4s)"', sidecar.text(f"{folder}/index.m3u8", "red"))
    boxes = [sidecar.get(f"{folder}/{part}", "red")[2] for part in parts]
    assert any(b"emsg" in box and b"hawker.pin" in box and b"urn:hawker:event" in box for box in boxes)
    assert "DATERANGE" not in sidecar.text(f"{sidecar.folders('blue')[0]}/index.m3u8", "blue")
    # An end is told at once, and stays to be read.
    before = time.monotonic()
    command(server, "red", "POST", "/end", {})
    ended = sidecar.playlist(lambda text: "#EXT-X-ENDLIST" in text, room="red", seconds=5)
    report(f"the end was told after {(time.monotonic() - before) * 1000:.0f} ms")
    assert "PRELOAD-HINT" not in ended and len(ranges(ended)) == len(told)
    time.sleep(2)
    assert sidecar.text(f"{folder}/index.m3u8", "red") == ended
    plays_as_dash(sidecar.url("manifest.mpd", "red"), report)
    assert "#EXT-X-ENDLIST" not in sidecar.playlist(whole_segments(2), room="blue")


def plays_as_dash(manifest, report):
    """The whole show by its MPD in GStreamer; of a live one it buffers thirty seconds first."""
    played = subprocess.run(
        [
            "gst-launch-1.0", "-v", "urisourcebin", f"uri={manifest}", "parse-streams=true", "!",
            "identity", "eos-after=100", "silent=false", "!", "fakesink",
        ],
        capture_output=True, text=True, timeout=60,
    )
    buffers = played.stdout.count("chain   *******")
    report(f"DASH: {buffers} buffers in GStreamer")
    assert played.returncode == 0 and buffers >= 90, played.stdout[-2000:] + played.stderr[-2000:]


def test_it_outlives_its_publisher_and_its_server(server, start_client, sidecar, report):
    """Every rule of the checker holds meanwhile, over HTTP: Tests/HLSCheck plays and judges."""
    publisher = publish(start_client, server, "red")
    first = sidecar.playlist(whole_segments(2), room="red")
    checker = subprocess.Popen(
        [REPOSITORY / ".build" / "release" / "HLSCheck", sidecar.url("", "red")[:-1], "18"],
        stdout=subprocess.PIPE, text=True,
    )
    publisher.stop()
    # Another host.
    publisher = publish(start_client, server, "red", "second")
    again = sidecar.playlist(lambda text: dates(text)[-1] > dates(first)[-1] + 6000, room="red")
    assert "#EXT-X-ENDLIST" not in again and set(dates(first)[1:]) <= set(dates(again))
    judged = checker.communicate(timeout=60)[0]
    report(judged.splitlines()[-1])
    assert checker.returncode == 0, judged
    # The same encoder with the same settings, but another host.
    assert int(re.search(r"timelines=(\d+)", judged).group(1)) >= 2, judged
    before = sidecar.playlist(whole_segments(2), room="red")
    server.crash()
    publisher.process.kill()
    publish(start_client, server, "red", "second")
    after = sidecar.playlist(
        lambda text: dates(text)[-1] > dates(before)[-1] + 8000 and "GAP=YES" not in text[-600:],
        room="red", seconds=40,
    )
    assert "#EXT-X-ENDLIST" not in after and "#EXT-X-DISCONTINUITY\n" in after
    # The room socket is there again, too.
    put_scarf(server, "red", 1)
    sidecar.playlist(lambda text: "hawker.price" in text, room="red", seconds=10)
