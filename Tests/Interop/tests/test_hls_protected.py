"""A room whose samples are protected (CENC cbcs): FFmpeg reads it with the key, and nobody without."""

import base64
import http.server
import json
import os
import re
import subprocess
import threading

import pytest

from harness.hls import wait_for_playlist
from harness.sidecar import Sidecar, binary
from test_spill_over import free_port

KID = "0123456789abcdef0123456789abcdef"
KEY = "5a17c04be9f2d68830a1b2c3d4e5f607"


@pytest.fixture
def key_file(tmp_path):
    path = tmp_path / "content.key"
    path.write_text(f"# for tests\n{KID} {KEY}\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def sidecar(server, room, evidence, key_file):
    sidecar = Sidecar(evidence, server, room, "--protect", "cbcs", "--content-key", key_file)
    yield sidecar
    sidecar.stop()


def decode(file, *flags):
    """(frames, complaints) of FFmpeg. Through a pipe: with a file to seek in, FFmpeg 5.1 reads every fragment's header
    first and takes the last one's subsamples for all."""
    done = subprocess.run(
        ["ffmpeg", "-v", "warning", *flags, "-i", "pipe:0", "-f", "null", "-progress", "-", "-"],
        input=file.read_bytes(), capture_output=True, timeout=60,
    )
    done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode(errors="replace")
    return int((re.findall(r"^frame=\s*(\d+)", done.stdout, re.M) or ["0"])[-1]), done.stderr.strip()


def save(sidecar, folder, path):
    """The segments of a playlist after its initialization section, as one file; how many samples they have."""
    playlist = sidecar.text(f"{folder}/index.m3u8")
    init = re.search(r'#EXT-X-MAP:URI="([^"]+)"', playlist).group(1)
    bodies = [sidecar.get(f"{folder}/{init}")[2]]
    for name in re.findall(r"^[^#\n]+\.m4s$", playlist, re.M)[:3]:
        bodies.append(sidecar.get(f"{folder}/{name}")[2])
    path.write_bytes(b"".join(bodies))
    samples = 0
    for body in bodies[1:]:
        for found in re.finditer(b"trun", body):
            samples += int.from_bytes(body[found.end() + 4 : found.end() + 8], "big")
    return samples


def test_ffmpeg_decodes_with_the_key_and_not_without(
    server, room, start_client, sidecar, evidence, report
):
    publisher = start_client("ffmpeg_publish", server.whip(room), server.token(room, "host", "host"))
    publisher.wait_for("connected")
    folder, playlist = wait_for_playlist(sidecar, 3)
    assert playlist.count("#EXT-X-KEY:METHOD=SAMPLE-AES,") == 1 and KEY not in playlist
    picture, sound = evidence / "picture.mp4", evidence / "sound.mp4"
    samples = save(sidecar, folder, picture)
    frames, complaints = decode(picture, "-decryption_key", KEY)
    assert complaints == "" and frames == samples > 100
    report(f"FFmpeg: {frames} frames of {samples} samples")
    blind, complaints = decode(picture)
    assert complaints != "", f"{blind} frames without the key"
    _, complaints = decode(picture, "-decryption_key", KEY[::-1])
    assert complaints != ""
    save(sidecar, "sound", sound)
    assert decode(sound, "-decryption_key", KEY)[1] == ""
    assert decode(sound)[1] != ""
    # The same samples by DASH.
    manifest = sidecar.text("manifest.mpd")
    assert manifest.count('value="cbcs" cenc:default_KID="01234567-89ab-cdef-0123-456789abcdef"') == 2
    played = subprocess.run(
        ["ffmpeg", "-v", "warning", "-cenc_decryption_key", KEY, "-i", sidecar.url("manifest.mpd"),
         "-t", "3", "-map", "0:v:0", "-map", "0:a:0", "-fps_mode", "passthrough", "-progress", "pipe:1",
         "-f", "null", "-"],
        capture_output=True, text=True, timeout=60,
    )
    assert played.returncode == 0 and played.stderr == "", played.stderr
    assert int(re.findall(r"^frame=\s*(\d+)", played.stdout, re.M)[-1]) >= 85
    publisher.stop()


def to_base64url(digits):
    return base64.urlsafe_b64encode(bytes.fromhex(digits)).decode().rstrip("=")


def test_chromium_plays_with_a_licence_and_says_why_it_does_not_without(
    server, room, chromium, start_client, sidecar, open_page, report
):
    publisher = start_client("ffmpeg_publish", server.whip(room), server.token(room, "host", "host"))
    publisher.wait_for("connected")
    wait_for_playlist(sidecar, 2)
    page = open_page(chromium, server.url("/healthz"))
    page.call("playHls", url=sidecar.url(), key={"kid": to_base64url(KID), "key": to_base64url(KEY)})
    page.call("playHls", name="blind", url=sidecar.url(), awaited=False)
    # Pixels of protected frames can't be read, but a frame that was not decrypted ends the player with an error.
    page.wait_until(
        "hawkerTest.sessions.viewer.player.state === 'playing' && hawkerTest.hlsSays().shown > 90", 20, "frames")
    says = page.call("hlsSays")
    assert says["failed"] is None and says["behind"] < 3
    # Picture and sound name one key: it is asked for once.
    assert [each["kids"] for each in says["asked"]] == [[to_base64url(KID)]]
    report(f"{says['shown']} frames, {says['dropped']} dropped, {says['behind']:.2f} s behind")
    page.wait_until("hawkerTest.sessions.blind.log.failed", 10, "a reason")
    blind = page.call("hlsSays", name="blind")
    assert blind["failed"].startswith("protected: ") and blind["shown"] == 0
    publisher.stop()


@pytest.fixture
def licence_service():
    """(its URL, what it was asked): a ClearKey service that any page may ask, for who has a token of the room."""
    asked = []

    class Service(http.server.BaseHTTPRequestHandler):
        def answer(self, status, body=b""):
            self.send_response(status)
            for name in ("Origin", "Headers"):
                self.send_header(f"Access-Control-Allow-{name}", "*" if name == "Origin" else "authorization, content-type")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_OPTIONS(self):
            self.answer(204)

        def do_POST(self):
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            _, _, token = self.headers["Authorization"].partition("Bearer ")
            claims = token.split(".")[1]
            claims = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
            asked.append({"path": self.path, "kids": message["kids"], "subject": claims["sub"]})
            key = {"kty": "oct", "kid": to_base64url(KID), "k": to_base64url(KEY)}
            self.answer(200, json.dumps({"keys": [key], "type": message["type"]}).encode())

        def log_message(self, *_):
            pass

    service = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=service.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{service.server_port}", asked
    service.shutdown()
    service.server_close()
    thread.join()


def test_the_watch_page_gets_the_key_of_the_service_that_the_server_names(
    start_server, room, chromium, start_client, open_page, evidence, key_file, licence_service, report
):
    origin, asked = licence_service
    address = f"127.0.0.1:{free_port()}"
    server = start_server(
        "--hls", f"http://{address}/hls/{{room}}/index.m3u8",
        # A browser without the first system takes the next.
        "--hls-licences", f"org.example.none={origin}/none,org.w3.clearkey={origin}/keys/{{room}}",
    )
    publisher = start_client("ffmpeg_publish", server.whip(room), server.token(room, "host", "host"))
    publisher.wait_for("connected")
    sidecar = Sidecar(
        evidence, server, room, "--http", address, "--protect", "cbcs", "--content-key", key_file)
    try:
        wait_for_playlist(sidecar, 2)
        page = open_page(chromium, server.watch_page(room, "anna"))
        page.wait_until("window.hawker?.via === 'webrtc'", 15, "WebRTC")
        page.evaluate("hawker.room.watching({ via: 'hls', reason: 'asked' }), null")
        page.wait_until("window.hawker.via === 'hls'", 20, "a frame by HLS")
        shown = "document.querySelector('video').getVideoPlaybackQuality().totalVideoFrames"
        before = page.evaluate(shown)
        page.wait_until(f"{shown} > {before} + 60", 15, "frames")
        assert asked == [{"path": f"/keys/{room}", "kids": [to_base64url(KID)], "subject": "anna"}]
        assert [text for text in page.messages if text.startswith("pageerror")] == []
        report(f"asked once, {page.evaluate(shown)} frames")
    finally:
        sidecar.stop()
        publisher.stop()


@pytest.mark.parametrize(
    "flags, said",
    [
        (["--protect", "cenc", "--content-key", "KEY"], "--protect: cbcs, not cenc"),
        (["--protect", "cbcs"], "--protect needs --content-key FILE"),
        (["--content-key", "KEY"], "are of --protect cbcs"),
        (["--protect", "cbcs", "--content-key", "KEY", "--encrypt", "2"], "either --protect or --encrypt"),
        (["--protect", "cbcs", "--content-key", "KEY", "--keep", "."], "either --protect or --keep"),
        (["--protect", "cbcs", "--content-key", "NONE"], "--content-key: can't read"),
        (["--protect", "cbcs", "--content-key", "EXPOSED"], "chmod 600"),
        (["--protect", "cbcs", "--content-key", "WRONG"], "needs KID KEY or KID KEY IV"),
        (["--protect", "cbcs", "--content-key", "KEY", "--licences", "WRONG"], "line 1 of"),
        (["--transcode", "never"], "--transcode: always or watched, not never"),
        (["--transcode", "watched", "--keep", "."], "--transcode watched: not with --keep"),
        (["--transcode", "watched", "--window", "61"], "--transcode watched: not with --keep"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(flags, said, key_file, tmp_path):
    files = {"KEY": key_file, "NONE": tmp_path / "none"}
    for name, text, mode in [("EXPOSED", key_file.read_text(), 0o640), ("WRONG", "abc\n", 0o600)]:
        files[name] = tmp_path / name
        files[name].write_text(text)
        os.chmod(files[name], mode)
    done = subprocess.run(
        [binary(), "--server", "http://127.0.0.1:1", "--http", "127.0.0.1:0",
         *[files.get(flag, flag) for flag in flags]],
        capture_output=True, text=True, timeout=10,
    )
    assert done.returncode == 2 and said in done.stderr
