"""`hawker-hls --keep`: what stays of a show that ended, of one whose process was killed, and on a full disk."""

import datetime
import io
import json
import os
import re
import shutil
import subprocess
import time

import av
import pytest

from harness.sidecar import Sidecar, binary

FRAME = 1 / 30


def publish(start_client, server, room):
    publisher = start_client("ffmpeg_publish", server.whip(room), server.token(room, "host", "host"))
    publisher.wait_for("connected")
    return publisher


def whole_segments(count):
    return lambda text: text.count("#EXTINF") >= count


def wait_until(condition, what, seconds=20):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if value := condition():
            return value
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} s: {what}")


def milliseconds(date):
    return round(datetime.datetime.fromisoformat(date.replace("Z", "+00:00")).timestamp() * 1000)


def end_of(playlist, tag):
    """When the last thing called `tag` ends, in ms of media time; parts and segments follow a date."""
    time_, end = 0, 0
    for line in playlist.splitlines():
        if found := re.match(r"#EXT-X-PROGRAM-DATE-TIME:(\S+)", line):
            time_ = milliseconds(found.group(1))
        if found := re.match(rf"{tag}:(?:DURATION=)?([\d.]+)", line):
            time_ += float(found.group(1)) * 1000
            end = time_
    return end


def probe(url, *flags):
    """What ffprobe reads of all frames; it has nothing to complain about."""
    done = subprocess.run(
        ["ffprobe", "-v", "warning", *flags, "-count_frames", "-show_entries",
         "stream=codec_type,nb_read_frames:format=duration", "-of", "json", url],
        capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stderr == "", done.stderr[-3000:]
    found = json.loads(done.stdout)
    streams = {stream["codec_type"]: stream for stream in found["streams"]}
    return streams, float(found["format"]["duration"])


def pictures(folder):
    """How many a rendition's files have."""
    count = 0
    for segment in folder.glob("*.m4s"):
        head = folder / f"{segment.name.split('-')[0]}-i0.mp4"
        with av.open(io.BytesIO(head.read_bytes() + segment.read_bytes()), format="mp4") as stream:
            count += sum(1 for packet in stream.demux(video=0) if packet.size)
    return count


def make_mp4(output, *shows):
    done = subprocess.run([binary(), "mp4", *shows, "-o", output], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    head = open(output, "rb").read(200)
    # What a player needs comes first.
    assert head.find(b"moov") in range(4, 100)
    return probe(str(output)), done.stderr


def entries(playlist):
    """(name, seconds, whether it is a gap) of each segment."""
    return [
        (name, float(seconds), "#EXT-X-GAP" in tags)
        for tags, seconds, name in re.findall(r"((?:#(?!EXTINF).*\n)*)#EXTINF:([\d.]+),\n([^#\n]+)", playlist)
    ]


def test_what_was_killed_and_what_ended_is_kept(server, room, start_client, evidence, report):
    folder = evidence / "kept"
    sidecar = Sidecar(evidence, server, room, "--keep", folder)
    publisher = publish(start_client, server, room)
    sidecar.playlist(whole_segments(3))
    # In the middle of a segment.
    live = sidecar.playlist(lambda text: text.rstrip().rsplit(".m4s\n", 1)[1].count("#EXT-X-PART:") >= 3)
    sidecar.process.kill()
    assert not list(folder.glob("*/*/show.json")), "a show that goes on is no kept one"
    before = time.monotonic()
    sidecar.start()
    shows = wait_until(lambda: json.loads(sidecar.text("kept/index.json"))["shows"], "the killed show")
    report(f"there after {time.monotonic() - before:.1f} s")
    first = shows[0]["show"]
    playlist = sidecar.text(f"kept/{first}/{sidecar_folder(folder / room / first)}/index.m3u8")
    lost = end_of(live, "#EXT-X-PART") - end_of(playlist, "#EXTINF")
    report(f"killed: {lost:.0f} ms of what was served is not kept")
    assert lost <= 2500 and "#EXT-X-PLAYLIST-TYPE:VOD" in playlist
    assert playlist.endswith("#EXT-X-ENDLIST\n") and "GAP" not in playlist
    # The room goes on, and is another show.
    sidecar.playlist(whole_segments(3))
    sidecar.stop()
    publisher.stop()
    sidecar.start()
    shows = json.loads(sidecar.text("kept/index.json"))["shows"]
    assert len(shows) == 2 and shows[1]["show"] == first and shows[0]["startsAtMs"] > shows[1]["startsAtMs"]
    for number, show in enumerate(shows):
        status, headers, _ = sidecar.get(f"kept/{show['url']}")
        assert status == 200 and "immutable" in headers["Cache-Control"]
        streams, duration = probe(sidecar.url(f"kept/{show['url']}"))
        frames = int(streams["video"]["nb_read_frames"])
        kept = folder / room / show["show"]
        (movie, seconds), said = make_mp4(evidence / f"{number}.mp4", kept)
        # DASH has the same show.
        manifest = f"kept/{show['show']}/manifest.mpd"
        assert sidecar.get(manifest)[1]["Content-Type"] == "application/dash+xml"
        # By the picture alone: with two streams FFmpeg 5 may leave out the last packet of the one that ends later.
        dash, whole_seconds = probe(sidecar.url(manifest), "-select_streams", "v")
        assert int(dash["video"]["nb_read_frames"]) == frames and 0 <= duration - whole_seconds < 1
        report(f"{show['show']}: {duration:.3f} s, {frames} frames; MP4 {seconds:.3f} s; {said.strip()}")
        # A busy machine publishes fewer frames; what there is of them is all there. A show that was joined in its
        # middle begins with up to two seconds of frames since the last keyframe, a hundredth of a second long.
        most = (show["durationMs"] / 1000 + 2.1) / FRAME
        assert frames == pictures(kept / sidecar_folder(kept)) <= most
        assert int(movie["video"]["nb_read_frames"]) == frames
        assert abs(seconds - duration) <= FRAME and abs(seconds - show["durationMs"] / 1000) <= FRAME
        decode = subprocess.run(
            # Times as they are: rounded to a frame's length, those of a beginning would be equal.
            ["ffmpeg", "-v", "warning", "-xerror", "-i", evidence / f"{number}.mp4", "-fps_mode", "passthrough",
             "-enc_time_base", "-1", "-f", "null", "-"],
            capture_output=True, text=True, timeout=60)
        assert decode.returncode == 0 and decode.stderr == "", decode.stderr[-2000:]
        assert sidecar.get(f"kept/{show['show']}/poster.jpg")[2].startswith(b"\xff\xd8")
        # The last small picture of a killed show has no end, so it is not listed.
        listed = sidecar.text(f"kept/{show['show']}/thumbnails.vtt")
        assert listed.startswith("WEBVTT") and ("#xywh=0,0," in listed or show["show"] == first)
    # Both together, with what lies between them as a still.
    (movie, seconds), said = make_mp4(evidence / "both.mp4", *(folder / room / show["show"] for show in shows[::-1]))
    whole = (shows[0]["startsAtMs"] - shows[1]["startsAtMs"] + shows[0]["durationMs"]) / 1000
    assert abs(seconds - whole) < 2 * FRAME and "no media" in said, said
    assert sidecar.get("kept/../../etc/passwd")[0] in (400, 404)
    assert sidecar.get(f"kept/{first}/show.json")[0] == 404
    sidecar.stop()


def sidecar_folder(show):
    """The folder of the picture's rendition."""
    return next(path.name for path in sorted(show.iterdir()) if path.is_dir() and path.name != "sound")


@pytest.fixture
def small_disk(evidence):
    """A folder that is a disk of 64 MB for whoever runs in the wrapper, and the wrapper."""
    folder = evidence / "disk"
    folder.mkdir()
    script = 'mount -t tmpfs -o size=64m kept "$0" && exec "$@"'
    return folder, ["unshare", "--mount", "sh", "-ec", script, str(folder)]


def test_a_full_disk_makes_gaps_and_the_show_goes_on(server, room, start_client, evidence, small_disk, report):
    folder, wrapper = small_disk
    sidecar = Sidecar(evidence, server, room, "--encrypt", "1", "--keep", folder, wrapper=wrapper)
    # The disk as the process sees it; held, it outlives the process.
    held = os.open(f"/proc/{sidecar.process.child.pid}/root{folder}", os.O_RDONLY | os.O_DIRECTORY)
    disk = f"/proc/self/fd/{held}"
    publisher = publish(start_client, server, room)
    wait_until(lambda: sidecar.metric("hawker_hls_kept_segments_total") >= 4, "segments")
    free = os.statvfs(disk)
    with open(f"{disk}/filler", "wb") as filler:
        # What is reserved stays, but not for a segment.
        for _ in range((free.f_bavail * free.f_frsize - (16 << 20)) // 4096):
            filler.write(bytes(4096))
    wait_until(lambda: sidecar.metric("hawker_hls_keep_stopped") == 1, "that it stops")
    newest = sidecar.playlist(whole_segments(3))
    wait_until(lambda: sidecar.metric("hawker_hls_kept_lost_segments_total") >= 2, "gaps")
    os.unlink(f"{disk}/filler")
    wait_until(lambda: sidecar.metric("hawker_hls_keep_stopped") == 0, "that it goes on")
    kept = sidecar.metric("hawker_hls_kept_segments_total")
    wait_until(lambda: sidecar.metric("hawker_hls_kept_segments_total") >= kept + 3, "more segments")
    assert sidecar.text(f"{sidecar.folders()[0]}/index.m3u8") != newest
    sidecar.stop()
    publisher.stop()
    log = sidecar.process.output()
    assert log.count("keep-stopped") == 1 and log.count("keep-resumed") == 1, log
    copy = evidence / "copy"
    shutil.copytree(disk, copy, symlinks=True)
    os.close(held)
    show = next(path.parent for path in copy.glob("*/*/show.json"))
    assert not list(copy.rglob("*.draft"))
    gaps = 0
    for rendition in ("sound", sidecar_folder(show)):
        text = (show / rendition / "index.m3u8").read_text()
        assert text.endswith("#EXT-X-ENDLIST\n")
        for name, _, is_gap in entries(text):
            assert is_gap != (show / rendition / name).exists(), name
            gaps += is_gap
    assert gaps >= 2
    # Encrypted rooms are kept encrypted, with keys for their owner.
    keys = list(show.glob("*/*.key"))
    assert len(keys) >= 8 and all(key.stat().st_mode & 0o777 == 0o600 for key in keys)
    assert not any(b"moof" in segment.read_bytes() for segment in show.glob("*/*.m4s"))
    assert json.loads((show / "show.json").read_text())["gapMs"] > 1000
    (movie, seconds), said = make_mp4(evidence / "full.mp4", show)
    report(f"{gaps} gaps; MP4 of {seconds:.1f} s: {said.strip()}")
    assert "no media" in said
