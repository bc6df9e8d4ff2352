"""`hawker-hls` reaches its server, and its store, by TLS, and believes only who it was told to believe."""

import subprocess
import time
import types

from harness.object_store import Gate, ObjectStore
from harness.sidecar import Sidecar
from test_hls_kept import publish, wait_until
from test_hls_push import said, segments


def make_certificate(folder, name):
    """(certificate, key) of localhost, its own root."""
    made = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost", "-out", made[0], "-keyout", made[1]],
        check=True, capture_output=True, timeout=20)
    return made


def by_tls(server, port):
    return types.SimpleNamespace(origin=f"https://localhost:{port}", token=server.token)


def test_a_server_and_a_store_by_https(server, room, start_client, evidence, report):
    ours, other = make_certificate(evidence, "ours"), make_certificate(evidence, "other")
    gate = Gate(int(server.address.rsplit(":")[1]), other)
    store = ObjectStore(evidence, ours)
    sidecar = Sidecar(
        evidence, by_tls(server, gate.port), None, "--ca", ours[0],
        "--push", store.url, "--push-credentials", store.credentials)
    publisher = publish(start_client, server, room)
    # Somebody stands between: named, and tried again.
    line = wait_until(lambda: said(sidecar, "no list of rooms"), "a named error")[0]
    assert "TLS: self-signed certificate" in line, line
    time.sleep(1.5)
    assert sidecar.text(room=room) is None and not said(sidecar, "playing")
    gate.shut()
    gate.context.load_cert_chain(*ours)
    gate.open()
    back = time.monotonic()
    sidecar.playlist(lambda text: len(segments(text)) >= 2, room=room)
    report(f"two segments {time.monotonic() - back:.1f} s after the right certificate was there")
    assert said(sidecar, "the list of rooms is there")
    wait_until(lambda: said(sidecar, "listening to the room"), "the room socket, by wss")
    wait_until(lambda: f"{room}/index.m3u8" in store.names(), "the store, by https")
    # The server is away, and back.
    gate.shut()
    wait_until(lambda: len(said(sidecar, "no list of rooms: no connection: ")) == 2, "it is noticed")
    gate.open()
    wait_until(lambda: len(said(sidecar, "the list of rooms is there")) == 2, "it is tried again")
    sidecar.stop()
    publisher.stop()
    assert store.text(f"{room}/index.m3u8")
    store.stop()
    gate.shut()


def test_hawkers_own_tls(start_server, room, evidence):
    certificate = make_certificate(evidence, "hawker")
    server = start_server("--tls-cert", certificate[0], "--tls-key", certificate[1])
    sidecar = Sidecar(
        evidence, by_tls(server, server.address.rsplit(":")[1]), None, "--room", room, "--ca", certificate[0],
        token=server.token(room, "service", "hls"))
    wait_until(lambda: said(sidecar, "listening to the room"), "the room socket")
    # Nobody publishes: refused by the server, and not by TLS.
    assert not said(sidecar, "TLS")
    sidecar.stop()
