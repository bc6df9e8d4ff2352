"""Publishes VP8 and Opus with aiortc."""

import asyncio

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from .aiortc_media import Picture, Tone
from .signalling import Session, arguments, say


async def main():
    url, token, seconds = arguments()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(15, stop.set)
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    picture = Picture()
    for track in (picture, Tone()):
        peer.addTransceiver(track, direction="sendonly")

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
    await asyncio.to_thread(session.end)
    await peer.close()
    say(state="ended", framesSent=picture.number)


asyncio.run(main())
