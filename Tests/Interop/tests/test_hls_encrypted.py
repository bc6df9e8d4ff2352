"""A room whose segments are encrypted is played by FFmpeg, with the keys its playlists name."""

import re

import av
import pytest

from harness.hls import wait_for_playlist
from harness.sidecar import Sidecar


@pytest.fixture
def sidecar(server, room, evidence):
    sidecar = Sidecar(evidence, server, room, "--encrypt", "1")
    yield sidecar
    sidecar.stop()


def test_ffmpeg_plays_segments_under_keys_that_change(server, room, start_client, sidecar, report):
    publisher = start_client("ffmpeg_publish", server.whip(room), server.token(room, "host", "host"))
    publisher.wait_for("connected")
    folder, playlist = wait_for_playlist(sidecar, 3)
    keys = re.findall(r'#EXT-X-KEY:METHOD=AES-128,URI="([^"]+)"', playlist)
    assert len(set(keys)) == len(keys) >= 3
    segment = re.search(r"^[^#\n]+\.m4s$", playlist, re.M).group(0)
    _, _, body = sidecar.get(f"{folder}/{segment}")
    assert len(body) % 16 == 0 and b"moof" not in body and b"mdat" not in body
    with av.open(sidecar.url(f"{folder}/index.m3u8"), timeout=20) as stream:
        times = []
        for frame in stream.decode(video=0):
            assert (frame.width, frame.height) == (640, 360)
            times.append(frame.time)
            if len(times) >= 150:
                break
    gaps = [b - a for a, b in zip(times, times[1:])]
    report(f"{len(times)} frames, longest gap {max(gaps) * 1000:.0f} ms")
    assert min(gaps) > 0
    publisher.stop()
