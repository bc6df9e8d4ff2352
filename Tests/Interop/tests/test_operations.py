"""What an operator does: `make run`, with `LAN=1` too."""

import os
import re
import ssl
import subprocess
import time
import urllib.error
import urllib.request

from harness import sidecar
from harness.process import Process
from harness.server import REPOSITORY, binary


def test_lan_serves_https_on_the_machines_addresses_with_links(evidence):
    """Cameras need a secure context: the certificate is good for the address of the link."""
    folders = REPOSITORY / "var"
    environment = {**os.environ, "LAN": "1", "HAWKER_BINARY": str(binary())}
    process = Process(
        [REPOSITORY / "scripts" / "run", "--data", evidence / "data"],
        evidence / "run.log", environment,
    )
    try:
        link = process.wait_for_line(re.compile(r"Watch\s+(https://10\.99\.0\.1:8080/\S+)").search, 20)
        certificate = max(folders.glob("lan-*.crt"), key=lambda path: path.stat().st_mtime)
        context = ssl.create_default_context(cafile=str(certificate))
        for host in ("10.99.0.1", "127.0.0.1"):
            page = link.group(1).replace("10.99.0.1", host)
            with urllib.request.urlopen(page, context=context, timeout=10) as answer:
                assert answer.status == 200 and "text/html" in answer.headers["Content-Type"]
        assert process.interrupt(20) == 0
    finally:
        process.kill()


def test_a_live_room_is_hls_without_being_asked_for(start_client, evidence):
    """`make run` is enough: hawker-hls starts, gets its token and finds the room."""
    environment = {
        **os.environ, "SHOP": "0", "HAWKER_BINARY": str(binary()), "HAWKER_HLS_BINARY": str(sidecar.binary()),
    }
    data = evidence / "data"
    process = Process([REPOSITORY / "scripts" / "run", "--data", data], evidence / "run.log", environment)
    try:
        playlist = process.wait_for_line(re.compile(r"HLS\s+(http://\S+)").search, 20).group(1)
        process.wait_for_line(re.compile(r"^ready http=127").match, 20)
        token = subprocess.run(
            [binary(), "token", "--room", "demo", "--role", "host", "--identity", "host", "--data", data],
            capture_output=True, text=True, check=True,
        ).stdout.strip()
        start_client("ffmpeg_publish", "http://127.0.0.1:8080/whip/demo", token).wait_for("connected")
        until, status = time.monotonic() + 15, 0
        while status != 200 and time.monotonic() < until:
            time.sleep(0.2)
            try:
                with urllib.request.urlopen(playlist.replace("ROOM", "demo"), timeout=10) as answer:
                    status = answer.status
            except urllib.error.HTTPError as refusal:
                status = refusal.status
        assert status == 200
        assert (data / "hls-token").stat().st_mode & 0o077 == 0
        assert process.interrupt(20) == 0
    finally:
        process.kill()
