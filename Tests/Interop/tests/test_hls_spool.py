"""`hawker-hls --spool`: old segments in files are what they were in memory, whatever the disk does."""

import os
import re
import subprocess
import time

from harness.sidecar import Sidecar, binary
from test_hls_kept import publish, small_disk, wait_until, whole_segments  # noqa: F401

# What is older leaves memory: the least there is.
AFTER = 12
FLAGS = ["--window", "120", "--spool-after", AFTER]


def listed(playlist):
    """The names of whole segments that are no gaps."""
    return re.findall(r"^(?:#EXTINF:[\d.]+,\n)([^#\n]+)$", playlist.replace("#EXT-X-GAP\n#EXTINF", "#GAP"), re.M)


def same_headers(headers):
    return {name: value for name, value in headers.items() if name not in ("Date", "Connection")}


def files(folder):
    return {path.name: path for path in folder.glob("hawker-hls-spool/*/*/*/*.m4s")}


def check_all_is_there(sidecar, folder):
    """Whatever the playlist names can be had, but for what left the window meanwhile."""
    playlist = sidecar.text(f"{folder}/index.m3u8")
    for name in listed(playlist):
        status = sidecar.get(f"{folder}/{name}")[0]
        if status != 200:
            assert name not in sidecar.text(f"{folder}/index.m3u8"), f"{name}: {status}"
    return listed(playlist)


def fill(disk):
    """Leaves what is reserved, but nothing for a segment."""
    free = os.statvfs(disk)
    with open(f"{disk}/filler", "wb") as filler:
        for _ in range((free.f_bavail * free.f_frsize - (16 << 20)) // 4096):
            filler.write(bytes(4096))


def test_old_segments_are_in_files_and_a_full_disk_stops_nobody(
    server, room, start_client, evidence, small_disk, report  # noqa: F811
):
    folder = evidence / "spool"
    # Of an earlier run, and somebody else's.
    stale = folder / "hawker-hls-spool" / room / "old1" / "low" / "old1-s1.m4s"
    stale.parent.mkdir(parents=True)
    stale.write_bytes(b"old")
    (folder / "mine.txt").write_text("not hers")
    sidecar = Sidecar(evidence, server, room, *FLAGS, "--spool", folder)
    small, wrapper = small_disk
    (evidence / "full").mkdir()
    full = Sidecar(evidence / "full", server, room, *FLAGS, "--spool", small, wrapper=wrapper)
    held = os.open(f"/proc/{full.process.child.pid}/root{small}", os.O_RDONLY | os.O_DIRECTORY)
    disk = f"/proc/self/fd/{held}"
    publisher = publish(start_client, server, room)
    playlist = sidecar.playlist(whole_segments(2))
    rendition = sidecar.folders()[0]
    name = listed(playlist)[0]
    _, headers, body = sidecar.get(f"{rendition}/{name}")
    _, ranged, keyframe = sidecar.get(f"{rendition}/{name}", Range="bytes=0-99")
    assert not stale.exists() and (folder / "mine.txt").exists()

    # Another process keeps away from the folder.
    other = subprocess.run(
        [binary(), "--whep", server.whep(room), "--http", "127.0.0.1:0", "--spool", folder],
        capture_output=True, text=True, timeout=15)
    assert other.returncode == 1 and "another process has its spool there" in other.stderr, other.stderr

    wait_until(lambda: full.metric("hawker_hls_spool_segments_total") >= 6, "segments in files")
    fill(disk)
    wait_until(lambda: full.metric("hawker_hls_spool_stopped") == 1, "that it stops")

    # In a file alone, byte for byte what it was.
    first_read = sidecar.metric("hawker_hls_spool_reads_total")
    wait_until(
        lambda: sidecar.get(f"{rendition}/{name}")[0] == 200
        and sidecar.metric("hawker_hls_spool_reads_total") > first_read, "a file that is read", AFTER + 15)
    status, later, again = sidecar.get(f"{rendition}/{name}")
    assert status == 200 and again == body == files(folder)[name].read_bytes()
    assert same_headers(later) == same_headers(headers)
    status, later, part = sidecar.get(f"{rendition}/{name}", Range="bytes=0-99")
    assert status == 206 and part == keyframe and same_headers(later) == same_headers(ranged)
    assert sidecar.get(f"{rendition}/{name}", **{"If-None-Match": headers["ETag"]})[0] == 304
    names = check_all_is_there(sidecar, rendition)
    assert names[0] == name, "the window has not slid yet"
    # A player begins where the window does.
    played = subprocess.run(
        ["ffmpeg", "-v", "error", "-xerror", "-live_start_index", "0", "-i",
         sidecar.url(f"{rendition}/index.m3u8"), "-t", "8", "-f", "framemd5", "-"],
        capture_output=True, text=True, timeout=30)
    assert played.returncode == 0 and played.stderr == "", played.stderr[-2000:]
    frames = len([line for line in played.stdout.splitlines() if not line.startswith("#")])
    report(f"{len(names)} segments listed, {len(files(folder))} files; {frames} pictures from the window's start")
    assert frames >= 100

    # The one whose disk is full has gone on, and lists what it has.
    count = len(check_all_is_there(full, rendition))
    os.unlink(f"{disk}/filler")
    written = full.metric("hawker_hls_spool_segments_total")
    wait_until(lambda: full.metric("hawker_hls_spool_segments_total") >= written + 4, "that it goes on")

    # Killed, and started again: nothing of the earlier run stays.
    before = files(folder)
    sidecar.process.kill()
    assert before and files(folder), "a killed process leaves its files"
    sidecar.start()
    wait_until(lambda: not any(path.exists() for path in before.values()), "that the old files go")
    sidecar.playlist(whole_segments(1))
    wait_until(lambda: full.metric("hawker_hls_spool_stopped") == 0, "that the disk is well again")
    assert len(check_all_is_there(full, rendition)) >= count
    log = full.process.output()
    assert log.count("spool-stopped") == 1 and log.count("spool-resumed") == 1, log
    publisher.stop()
    sidecar.stop()
    full.stop()
    os.close(held)
    assert [path.name for path in folder.glob("hawker-hls-spool/*")] == [".lock"], "nothing outlives the process"
    report(f"{count} segments in memory while the disk was full, then {int(written)} and more in files")
