"""`hawker-hls --server`: every live room, each for itself, and what happens when things end or die."""

import time

import pytest

from harness.sidecar import Sidecar


@pytest.fixture
def sidecar(server, evidence):
    sidecar = Sidecar(evidence, server)
    yield sidecar
    sidecar.stop()


def publish(start_client, server, room):
    publisher = start_client("ffmpeg_publish", server.whip(room), server.token(room, "host", "host"))
    publisher.wait_for("connected")
    return publisher


def test_every_live_room_is_there_and_no_other(server, start_client, sidecar):
    assert sidecar.get(room="red")[0] == 404
    publishers = [publish(start_client, server, room) for room in ("red", "blue")]
    for room in ("red", "blue"):
        sidecar.playlist(lambda text: text.count("#EXTINF") >= 2, room=room)
    assert sidecar.get(room="green")[0] == 404
    red, blue = (sidecar.text(f"{sidecar.folders(room)[0]}/index.m3u8", room) for room in ("red", "blue"))
    assert red != blue
    for publisher in publishers:
        publisher.stop()
