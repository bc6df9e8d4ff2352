"""Plays with aiortc: decodes everything, counts loss, and reads the time code."""

import asyncio
import time

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

from . import timecode
from .signalling import Session, arguments, say


class Watch:
    def __init__(self):
        self.frames, self.latencies, self.gaps, self.last = 0, [], [], None
        self.audio_frames, self.width, self.height = 0, 0, 0

    async def follow(self, track):
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            if track.kind == "video":
                self.saw(frame)
            else:
                self.audio_frames += 1

    def saw(self, frame):
        now = time.monotonic()
        if self.frames == 0:
            say(state="playing", width=frame.width, height=frame.height)
        else:
            self.gaps.append(1000 * (now - self.last))
        self.frames, self.last = self.frames + 1, now
        self.width, self.height = frame.width, frame.height
        code = timecode.read(frame.to_ndarray(format="yuv420p")[: frame.height])
        if code:
            self.latencies.append(time.time_ns() // 1_000_000 - code[0])

    def report(self):
        ordered = sorted(self.latencies)
        return {
            "frames": self.frames, "audioFrames": self.audio_frames,
            "width": self.width, "height": self.height, "readable": len(ordered),
            "latencyP50": ordered[len(ordered) // 2] if ordered else None,
            "longestGap": max(self.gaps, default=None),
        }


async def loss(peer):
    counted = {}
    for report in (await peer.getStats()).values():
        if report.type == "inbound-rtp":
            counted[report.kind] = {
                "received": report.packetsReceived, "lost": report.packetsLost,
            }
    return counted


async def main():
    url, token, seconds = arguments()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(15, stop.set)
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    watch, tasks = Watch(), []
    for kind in ("video", "audio"):
        peer.addTransceiver(kind, direction="recvonly")

    @peer.on("track")
    def added(track):
        tasks.append(asyncio.ensure_future(watch.follow(track)))

    @peer.on("connectionstatechange")
    def changed():
        say(state=peer.connectionState)

    await peer.setLocalDescription(await peer.createOffer())
    session = await asyncio.to_thread(Session, url, token, peer.localDescription.sdp)
    await peer.setRemoteDescription(RTCSessionDescription(session.answer, "answer"))
    try:
        await asyncio.wait_for(stop.wait(), seconds or None)
    except TimeoutError:
        pass
    packets = await loss(peer)
    await asyncio.to_thread(session.end)
    await peer.close()
    for task in tasks:
        task.cancel()
    say(state="ended", packets=packets, **watch.report())


asyncio.run(main())
