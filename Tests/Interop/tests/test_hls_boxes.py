"""Initialization sections and segments are boxes that somebody else's parser reads to the last byte (pymp4)."""

import io
import re

import pytest
from pymp4.parser import Box

from harness.hls import wait_for_playlist
from harness.sidecar import Sidecar

KEY = "0123456789abcdef0123456789abcdef 5a17c04be9f2d68830a1b2c3d4e5f607"


def boxes(data):
    """All boxes of a file, which are all of it."""
    stream, found = io.BytesIO(data), []
    while stream.tell() < len(data):
        at = stream.tell()
        found.append(Box.parse_stream(stream))
        size = int.from_bytes(data[at : at + 4], "big")
        assert stream.tell() - at == size, f"{found[-1].type} at {at} is not {size} bytes"
    return found


def kinds(each):
    return [box.type.decode() for box in each]


def child(box, *path):
    for name in path:
        [box] = [each for each in box.children if each.type == name.encode()]
    return box


def check_initialization(data, handler):
    [ftyp, moov] = boxes(data)
    assert (ftyp.type, moov.type) == (b"ftyp", b"moov")
    assert kinds(moov.children)[:1] == ["mvhd"] and "mvex" in kinds(moov.children)
    mdia = child(moov, "trak", "mdia")
    assert kinds(mdia.children) == ["mdhd", "hdlr", "minf"]
    assert child(mdia, "hdlr").handler_type == handler
    stbl = child(mdia, "minf", "stbl")
    assert {"stsd", "stts", "stsc", "stsz", "stco"} <= set(kinds(stbl.children))
    assert len(child(stbl, "stsd").entries) == 1
    assert child(moov, "mvex", "trex").track_ID == child(moov, "trak", "tkhd").track_ID


def check_segment(data, time):
    """One fragment after the other; returns where the next one begins."""
    found = [box for box in boxes(data) if box.type not in (b"styp", b"prft", b"emsg")]
    assert kinds(found) == ["moof", "mdat"] * (len(found) // 2) and found
    for moof, mdat in zip(found[::2], found[1::2]):
        assert kinds(moof.children) == ["mfhd", "traf"]
        traf = moof.children[1]
        assert kinds(traf.children)[:3] == ["tfhd", "tfdt", "trun"]
        tfhd, tfdt, trun = (child(traf, name) for name in ("tfhd", "tfdt", "trun"))
        lengths = [each.sample_duration or tfhd.default_sample_duration for each in trun.sample_info]
        assert time is None or tfdt.baseMediaDecodeTime == time
        assert trun.sample_count == len(trun.sample_info)
        assert sum(each.sample_size for each in trun.sample_info) == len(mdat.data)
        time = tfdt.baseMediaDecodeTime + sum(lengths)
    return time


@pytest.mark.parametrize("protected", [False, True])
def test_every_box_is_read_to_its_last_byte(server, room, start_client, evidence, tmp_path, report, protected):
    key = tmp_path / "content.key"
    key.write_text(KEY)
    key.chmod(0o600)
    sidecar = Sidecar(
        evidence, server, room, *(["--protect", "cbcs", "--content-key", key] if protected else []))
    publisher = start_client("ffmpeg_publish", server.whip(room), server.token(room, "host", "host"))
    try:
        publisher.wait_for("connected")
        picture, _ = wait_for_playlist(sidecar, 3)
        for folder, handler in ((picture, b"vide"), ("sound", b"soun")):
            playlist = sidecar.text(f"{folder}/index.m3u8")
            init = re.search(r'#EXT-X-MAP:URI="([^"]+)"', playlist).group(1)
            check_initialization(sidecar.get(f"{folder}/{init}")[2], handler)
            # pymp4 takes every `senc` to have a vector for each sample; FFmpeg reads these (test_hls_protected).
            if protected and folder == picture:
                continue
            time, names = None, re.findall(r"^[^#\n]+\.m4s$", playlist, re.M)[:3]
            for name in names:
                time = check_segment(sidecar.get(f"{folder}/{name}")[2], time)
            report(f"{folder}: {len(names)} segments")
    finally:
        sidecar.stop()
        publisher.stop()
