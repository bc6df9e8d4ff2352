"""Somebody else's WHEP server: one picture and one sound with aiortc, whoever asks, no layers and no room socket.

Its first argument is the path; it says where it is.
"""

import asyncio
import sys

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from .aiortc_media import Picture, Tone
from .signalling import say


async def answer(offer, sessions):
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    sessions.append(peer)
    await peer.setRemoteDescription(RTCSessionDescription(offer, "offer"))
    tracks = {"video": Picture(), "audio": Tone()}
    for transceiver in peer.getTransceivers():
        track = tracks.pop(transceiver.kind, None)
        if track:
            transceiver.sender.replaceTrack(track)
            transceiver.direction = "sendonly"
    await peer.setLocalDescription(await peer.createAnswer())
    return peer.localDescription.sdp


async def serve(reader, writer, sessions):
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, path, _ = head.split(" ", 2)
        length = [line for line in head.lower().split("\r\n") if line.startswith("content-length:")]
        body = await reader.readexactly(int(length[0].split(":")[1])) if length else b""
        say(state="asked", request=f"{method} {path}")
        if method == "POST":
            text = (await answer(body.decode(), sessions)).encode()
            status, headers = "201 Created", (
                f"Location: /sessions/{len(sessions)}\r\nContent-Type: application/sdp\r\n")
        else:
            status, headers, text = "200 OK", "", b""
        writer.write(
            f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(text)}\r\nConnection: close\r\n\r\n".encode() + text)
        await writer.drain()
    finally:
        writer.close()


async def main():
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(15, stop.set)
    sessions = []
    server = await asyncio.start_server(lambda r, w: serve(r, w, sessions), "127.0.0.1", 0)
    say(state="ready", url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}{sys.argv[1]}")
    await stop.wait()
    for peer in sessions:
        await peer.close()
    server.close()
    say(state="ended")


asyncio.run(main())
