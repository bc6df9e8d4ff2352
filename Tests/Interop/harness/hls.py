"""What tests of HLS ask of a sidecar's room and of pages that play it."""

import datetime
import io
import re
import subprocess
import time

import av

from clients import timecode


def wait_for_playlist(sidecar, segments, seconds=30):
    """The media playlist once it has so many whole segments, and its folder."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        status, _, body = sidecar.get()
        found = re.search(r"^((?!sound)\w+)/index\.m3u8$", body.decode(), re.M)
        # On a busy machine the sound may be there before the picture.
        if status == 200 and found:
            folder = found.group(1)
            status, _, body = sidecar.get(f"{folder}/index.m3u8")
            if status == 200 and body.decode().count("#EXTINF") >= segments:
                return folder, body.decode()
        time.sleep(0.2)
    raise AssertionError(f"no {segments} segments within {seconds} s: {status} {body[:500]}")


def program_time(playlist):
    """The media time at which the first segment begins."""
    text = re.search(r"PROGRAM-DATE-TIME:(\S+)", playlist).group(1)
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def media_time_errors(sidecar, folder, playlist, segments=2):
    """Media time less the capture time in the picture, in ms, of each legible picture of the first segments."""
    begins = program_time(playlist)
    map_, first = re.search(r'EXT-X-MAP:URI="([^"]+)"', playlist), None
    media = sidecar.get(f"{folder}/{map_.group(1)}")[2]
    for segment in re.findall(r"^(?!#)(\S+)$", playlist, re.M)[:segments]:
        media += sidecar.get(f"{folder}/{segment}")[2]
    errors = []
    with av.open(io.BytesIO(media), format="mp4") as stream:
        for frame in stream.decode(video=0):
            first = frame.time if first is None else first
            code = timecode.read(frame.to_ndarray(format="yuv420p")[:frame.height])
            if code:
                errors.append((begins + frame.time - first) * 1000 - code[0])
    return errors


def plays_in_gstreamer(sidecar, buffers):
    """Decodes so many pictures of the first stream of video that hlsdemux2 finds."""
    played = subprocess.run(
        [
            "gst-launch-1.0", "uridecodebin3", f"uri={sidecar.url()}", "!", "videoconvert", "!",
            "identity", f"eos-after={buffers}", "silent=false", "!", "fakesink", "-v",
        ],
        capture_output=True, text=True, timeout=60,
    )
    came = played.stdout.count("chain   *******")
    assert "hlsdemux2" in played.stdout
    assert played.returncode == 0 and came >= 0.9 * buffers, played.stdout[-2000:] + played.stderr[-2000:]


def play(open_page, browser, server, sidecar, **options):
    """A page of the server's origin without its policies, so that any sidecar may be asked."""
    page = open_page(browser, server.url("/healthz"))
    page.call("playHls", url=sidecar.url(), **options)
    return page


def until_live(page, timeout=20):
    """Shows what was captured only now, whatever happened before."""
    page.evaluate("window.since = Date.now()")
    page.wait_until(
        "hawkerTest.sessions.viewer.player.state === 'playing' && hawkerTest.sessions.viewer.player.behind < 2.5"
        " && hawkerTest.watches.viewer.frames.at(-1)?.captured > since", timeout, "live",
    )


def summary(name, seen):
    latency = seen["latency"]
    return (
        f"{name}: glass to glass p50 {latency['p50']:.0f} ms, p95 {latency['p95']:.0f} ms, "
        f"{seen['fps']:.1f} fps, longest gap {seen['longestGap']:.0f} ms"
    )
