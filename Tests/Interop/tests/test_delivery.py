"""Seats for WebRTC: who finds none is sent to HLS and comes back; scripted room sockets and WHEP against the server.

No media is sent: a seat is taken by an accepted offer.
"""

import asyncio
import concurrent.futures
import json
import threading
import time

import pytest
import websockets.sync.client
from aiortc import RTCPeerConnection

from harness.traffic import traffic

ROOM = "demo"
HLS = "http://127.0.0.1:8099/hls/{room}/index.m3u8"
URL = HLS.replace("{room}", ROOM)
SDP = {"Content-Type": "application/sdp"}


@pytest.fixture(scope="module")
def offer():
    async def make():
        peer = RTCPeerConnection()
        for kind in ("audio", "video"):
            peer.addTransceiver(kind, direction="recvonly")
        await peer.setLocalDescription(await peer.createOffer())
        sdp = peer.localDescription.sdp
        await peer.close()
        return sdp

    # Not asyncio.run: Playwright's own loop may be running in this thread.
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(make())).result()


class Member:
    """One page's socket, and all it was sent."""

    def __init__(self, server, identity, role="viewer", *flags):
        self.inbox, self.changed, self.last = [], threading.Condition(), 0
        self.socket = websockets.sync.client.connect(f"ws://{server.address}/ws")
        threading.Thread(target=self._read, daemon=True).start()
        token = server.token(ROOM, role, identity, *flags)
        self.joined = self.ask("join", version=1, room=ROOM, token=token)
        assert self.joined["type"] == "joined", self.joined

    def _read(self):
        try:
            for text in self.socket:
                traffic.received(text)
                message = json.loads(text)
                with self.changed:
                    self.inbox += message.get("messages", [message])
                    self.changed.notify_all()
        except websockets.ConnectionClosed:
            pass

    def wait_for(self, isWanted, seconds=10):
        """The first message that is wanted; it and all before it are taken."""
        end = time.monotonic() + seconds
        with self.changed:
            while True:
                for index, message in enumerate(self.inbox):
                    if isWanted(message):
                        del self.inbox[: index + 1]
                        return message
                assert self.changed.wait(max(0, end - time.monotonic())), "it never came"

    def ask(self, kind, **fields):
        self.last += 1
        ref = str(self.last)
        text = json.dumps({"type": kind, "id": ref, **fields})
        traffic.sent(text)
        self.socket.send(text)
        end = time.monotonic() + 10
        with self.changed:
            while True:
                for message in self.inbox:
                    if message.get("ref") == ref:
                        self.inbox.remove(message)
                        return message
                assert self.changed.wait(max(0, end - time.monotonic())), f"no reply to {kind}"

    def delivery(self, seconds=10):
        told = self.wait_for(lambda message: message["type"] == "delivery", seconds)
        return told["via"], told["reason"]

    def close(self):
        self.socket.close()


@pytest.fixture
def join():
    members = []

    def enter(*arguments):
        members.append(Member(*arguments))
        return members[-1]

    yield enter
    for member in members:
        member.close()


def test_who_finds_no_seat_gets_hls_and_is_back_when_one_is_free(start_server, join, offer):
    server = start_server("--hls", HLS, "--webrtc-viewers", "2")
    host = join(server, "alice", "host")
    assert "delivery" not in host.joined
    assert host.ask("subscribe", sdp=offer)["type"] == "answer"
    ann, ben = join(server, "ann"), join(server, "ben")
    for viewer in (ann, ben):
        assert "delivery" not in viewer.joined
        assert viewer.ask("subscribe", sdp=offer)["type"] == "answer"
    cleo = join(server, "cleo")
    assert cleo.joined["delivery"] == {"via": "hls", "url": URL, "reason": "full"}
    assert cleo.ask("subscribe", sdp=offer)["code"] == "viewers-full"
    assert cleo.delivery() == ("hls", "full")

    # A player gets the same answer in HTTP's words.
    status, headers, body = server.request(
        "POST", f"/whep/{ROOM}", offer, SDP, server.token(ROOM, "viewer", "dora")
    )
    assert status == 503 and int(headers["Retry-After"]) > 0
    assert headers["Link"] == f'<{URL}>; rel="alternate"; type="application/vnd.apple.mpegurl"'
    assert (json.loads(body)["code"], json.loads(body)["hls"]) == ("viewers-full", URL)
    # And our pages may play from there.
    _, headers, _ = server.request("GET", f"/watch/{ROOM}")
    assert "connect-src 'self' ws: wss: http://127.0.0.1:8099;" in headers["Content-Security-Policy"]

    told = host.wait_for(lambda message: message["type"] == "tiers" and message["hls"] == 1)
    assert told["webrtc"] == 2
    assert server.metric("hawker_viewers", tier="hls") == 1
    ann.ask("leave")
    assert cleo.delivery() == ("webrtc", "free")
    assert cleo.ask("subscribe", sdp=offer)["type"] == "answer"
    assert server.metric("hawker_viewers", tier="hls") == 0
    assert server.metric("hawker_seats_taken") == 2

    # A token may say HLS; a viewer may; and one for whom WebRTC fails must.
    bound = join(server, "eve", "viewer", "--hls-only")
    assert bound.joined["delivery"]["reason"] == "policy"
    ben.ask("watching", via="hls", reason="network")
    assert ben.delivery() == ("hls", "network")


def test_a_claim_brings_a_viewer_back_before_others(start_server, join, offer):
    server = start_server("--hls", HLS, "--webrtc-viewers", "1")
    host, ann = join(server, "alice", "host"), join(server, "ann")
    assert ann.ask("subscribe", sdp=offer)["type"] == "answer"
    ben, cleo = join(server, "ben"), join(server, "cleo")
    variants = [{"sku": "S", "priceMinor": 100, "units": 5}]
    host.ask("putListing", reference="s", title="Scarf", currency="EUR", variants=variants)
    drop = host.ask(
        "scheduleDrop", sku="S", quantity=1, priceMinor=50, countdownSeconds=10, durationSeconds=60
    )["drop"]
    opened = cleo.wait_for(lambda message: message["type"] == "dropOpened", 20)["drop"]
    # Two of its viewers are on HLS: the drop waits for them.
    assert opened["windowMs"] == 3000
    assert cleo.ask("claim", drop=drop, quantity=1, key="k")["type"] == "ok"
    assert cleo.delivery(3) == ("webrtc", "buyer")
    assert cleo.ask("subscribe", sdp=offer)["type"] == "answer"
    held = cleo.wait_for(lambda message: message["type"] == "claimed" and message["hold"], 10)
    assert held["claim"]["status"] == "held"
    assert all(message["type"] != "delivery" for message in ann.inbox + ben.inbox)
