"""`hawker-hls` beside somebody else's server: plain WHEP, one layer, no room socket."""

import subprocess
import types

from harness.sidecar import Sidecar


def test_a_room_of_another_whep_server_plays(start_client, room, evidence, report):
    other = start_client("aiortc_whep_server", f"/whep/{room}", "none")
    url = other.wait_for("ready")["url"]
    server = types.SimpleNamespace(whep=lambda _: url, token=lambda *_: "none")
    sidecar = Sidecar(evidence, server, room)
    try:
        text = sidecar.playlist(lambda text: text.count("#EXTINF") >= 3)
        assert "#EXT-X-PRELOAD-HINT" in text
        shown = subprocess.run(
            ["ffprobe", "-v", "warning", "-show_entries", "stream=codec_name,width", "-of", "csv=p=0", sidecar.url()],
            capture_output=True, text=True, timeout=30,
        )
        assert shown.stderr == "", shown.stderr
        assert {"h264,640", "aac"} <= {line.strip(",") for line in shown.stdout.split()}, shown.stdout
    finally:
        sidecar.stop()
    # It has taken leave.
    assert other.process.output().count('"DELETE ') == 1
    other.stop()
