"""Rooms published with H.264 and with VP8 are played as HLS by FFmpeg and GStreamer."""

import io
import re
import statistics
import subprocess
import time

import av
import numpy
import pytest

from clients import timecode
from harness.hls import media_time_errors, plays_in_gstreamer, wait_for_playlist
from harness.server import REPOSITORY
from harness.sidecar import Sidecar

FRAMES_PER_SECOND = 30


@pytest.fixture
def sidecar(server, room, evidence):
    sidecar = Sidecar(evidence, server, room)
    yield sidecar
    sidecar.stop()


def loudest(samples):
    """The loudest frequency of sound at 48 kHz."""
    spectrum = numpy.abs(numpy.fft.rfft(samples * numpy.hanning(len(samples))))
    return numpy.fft.rfftfreq(len(samples), 1 / 48_000)[spectrum[1:].argmax() + 1]


def test_an_h264_room_plays_in_ffmpeg_and_gstreamer(
    server, room, start_client, sidecar, evidence, report
):
    publisher = start_client("ffmpeg_publish", server.whip(room), server.token(room, "host", "host"))
    publisher.wait_for("connected")
    folder, playlist = wait_for_playlist(sidecar, 3)
    assert "#EXT-X-GAP" not in playlist and "GAP=YES" not in playlist
    with av.open(sidecar.url(), timeout=20) as stream:
        video = stream.streams.video[0]
        assert (video.width, video.height) == (640, 360)
        times = []
        for frame in stream.decode(video):
            times.append(frame.time)
            if len(times) >= 5 * FRAMES_PER_SECOND:
                break
    gaps = [b - a for a, b in zip(times, times[1:])]
    report(f"FFmpeg: {len(times)} frames, longest gap {max(gaps) * 1000:.0f} ms")
    assert min(gaps) > 0 and max(gaps) < 0.1
    assert "FRAME-RATE=30.000" in sidecar.text()
    with av.open(sidecar.url("sound/index.m3u8"), timeout=20) as stream:
        sound = stream.streams.audio[0]
        assert (sound.codec_context.name, sound.sample_rate) == ("aac", 48_000)
        ends, pitch = [], []
        for frame in stream.decode(sound):
            ends.append((frame.pts, frame.pts + frame.samples))
            pitch.append(frame.to_ndarray()[0])
            if len(ends) >= 200:
                break
    assert all(a[1] == b[0] for a, b in zip(ends, ends[1:])), "the sound has a hole"
    assert abs(loudest(numpy.concatenate(pitch[20:])) - 440) < 5
    plays_in_gstreamer(sidecar, 100)
    plays_as_dash(sidecar, report)
    publisher.stop()


def plays_as_dash(sidecar, report):
    """The same segments by the MPD, in FFmpeg without a complaint."""
    decoded = subprocess.run(
        [
            "ffmpeg", "-v", "warning", "-i", sidecar.url("manifest.mpd"), "-t", "3",
            "-map", "0:v:0", "-map", "0:a:0", "-fps_mode", "passthrough", "-progress", "pipe:1",
            "-f", "null", "-",
        ],
        capture_output=True, text=True, timeout=60,
    )
    frames = int(re.findall(r"^frame=\s*(\d+)", decoded.stdout, re.M)[-1])
    assert decoded.returncode == 0 and decoded.stderr == "", decoded.stderr
    assert abs(frames - 3 * FRAMES_PER_SECOND) <= 1
    report(f"DASH: {frames} frames in FFmpeg")


def test_a_blocked_playlist_comes_with_its_part(server, room, start_client, sidecar, report):
    publisher = start_client("ffmpeg_publish", server.whip(room), server.token(room, "host", "host"))
    publisher.wait_for("connected")
    folder, playlist = wait_for_playlist(sidecar, 2)
    waits = []
    for _ in range(8):
        sequence = int(re.search(r"#EXT-X-MEDIA-SEQUENCE:(\d+)", playlist).group(1))
        sequence += playlist.count("#EXTINF")
        tail = playlist[playlist.rfind("#EXTINF"):]
        part = tail.count("#EXT-X-PART:")
        hint = re.search(r'PRELOAD-HINT:TYPE=PART,URI="([^"]+)"', playlist).group(1)
        before = time.monotonic()
        status, headers, body = sidecar.get(
            f"{folder}/index.m3u8?_HLS_msn={sequence}&_HLS_part={part}"
        )
        waits.append(time.monotonic() - before)
        playlist = body.decode()
        assert status == 200 and f'URI="{hint}"' in playlist, playlist
        assert headers["Cache-Control"] == "public, max-age=2"
        status, headers, body = sidecar.get(f"{folder}/{hint}")
        assert status == 200 and "immutable" in headers["Cache-Control"]
        first = sidecar.get(f"{folder}/{hint}", Range="bytes=0-99")
        assert first[0] == 206 and first[2] == body[:100]
    report(f"waits of {[round(wait * 1000) for wait in waits]} ms")
    assert max(waits) < 0.6
    status, _, _ = sidecar.get(f"{folder}/index.m3u8?_HLS_msn=99999")
    assert status == 400
    publisher.stop()


def test_a_room_of_another_name_is_not_there(sidecar):
    sidecar.room = "other"
    status, headers, _ = sidecar.get()
    assert status == 404
    assert headers["Access-Control-Allow-Origin"] == "*"


def codes(pictures):
    """Frame numbers of the time codes of pictures, in order."""
    found = [timecode.read(picture) for picture in pictures]
    assert all(found), f"{found.count(None)} of {len(found)} pictures without a time code"
    return [number for _, number in found]


def test_a_vp8_room_plays_in_gstreamer_and_in_ffmpeg_with_its_size_rate_and_colours(
    server, room, start_client, sidecar, report
):
    publisher = start_client("aiortc_publish", server.whip(room), server.token(room, "host", "host"))
    publisher.wait_for("connected")
    _, playlist = wait_for_playlist(sidecar, 3)
    first = playlist[playlist.index("#EXTINF"):]
    assert "GAP" not in first, playlist
    with av.open(sidecar.url(), timeout=20) as stream:
        video = stream.streams.video[0]
        assert video.codec_context.name == "h264"
        assert (video.width, video.height) == (640, 360)
        times, lumas, chroma = [], [], []
        for frame in stream.decode(video):
            planes = frame.to_ndarray(format="yuv420p")
            times.append(frame.time)
            lumas.append(planes[:360])
            chroma.append(planes[360:].mean())
            if len(times) >= 5 * FRAMES_PER_SECOND:
                break
        # Both are BT.601; limited range.
        assert frame.colorspace in (5, 6) and frame.color_range == 1
    gaps = [b - a for a, b in zip(times, times[1:])]
    numbers = codes(lumas)
    steps = [b - a for a, b in zip(numbers, numbers[1:])]
    report(f"FFmpeg: longest gap {max(gaps) * 1000:.0f} ms, {steps.count(1)} of {len(steps)} in a row")
    assert min(gaps) > 0 and max(gaps) < 0.15
    assert min(steps) > 0 and steps.count(1) >= 0.97 * len(steps)
    # The publisher's picture is grey, and its gradient is around 120.
    assert max(abs(mean - 128) for mean in chroma) < 2
    shade = lumas[-1][:300].mean()
    assert abs(shade - 119.5) < 4, shade
    plays_in_gstreamer(sidecar, 60)
    status, headers, poster = sidecar.get("poster.jpg")
    assert status == 200 and headers["Content-Type"] == "image/jpeg"
    with av.open(io.BytesIO(poster)) as still:
        picture = next(still.decode(video=0))
    assert (picture.width, picture.height) == (640, 360)
    assert timecode.read(picture.to_ndarray(format="yuv420p")[:360]), "the poster is no picture"
    listed = sidecar.text("thumbnails.vtt")
    name = re.search(r"^(sprite-\S+\.jpg)#xywh=0,0,160,90$", listed, re.M).group(1)
    assert sidecar.get(name)[2].startswith(b"\xff\xd8")
    publisher.stop()


def test_a_vp8_room_keeps_the_rules_of_hls(server, room, start_client, sidecar, report):
    """Every rule of the checker holds over HTTP: Tests/HLSCheck plays and judges."""
    publisher = start_client("aiortc_publish", server.whip(room), server.token(room, "host", "host"))
    publisher.wait_for("connected")
    wait_for_playlist(sidecar, 1)
    checked = subprocess.run(
        [REPOSITORY / ".build" / "release" / "HLSCheck", sidecar.url("")[:-1], "10"],
        capture_output=True, text=True, timeout=60,
    )
    report(checked.stdout.strip().splitlines()[-1] if checked.stdout else checked.stderr[-500:])
    assert checked.returncode == 0, checked.stdout[-3000:] + checked.stderr[-1000:]
    publisher.stop()


def test_the_media_time_of_a_transcoded_picture_is_when_it_was_captured(
    server, room, start_client, sidecar, report
):
    publisher = start_client("aiortc_publish", server.whip(room), server.token(room, "host", "host"))
    publisher.wait_for("connected")
    folder, playlist = wait_for_playlist(sidecar, 3)
    errors = media_time_errors(sidecar, folder, playlist)
    report(
        f"media time less capture: {statistics.median(errors):.0f} ms, "
        f"{min(errors):.0f} to {max(errors):.0f}"
    )
    # aiortc counts frames whatever the time; when it is late, so is what is in the picture.
    assert -60 < statistics.median(errors) < 150
    publisher.stop()
