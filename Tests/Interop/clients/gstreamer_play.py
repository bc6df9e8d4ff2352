"""Plays with GStreamer's webrtcbin: counts what arrived by sequence number, and decodes it."""

from .gstreamer import Client, Gst, GstWebRTC
from .signalling import say

CAPS = {
    "video": "application/x-rtp,media=video,encoding-name=VP8,payload=96,clock-rate=90000",
    "audio": "application/x-rtp,media=audio,encoding-name=OPUS,payload=97,clock-rate=48000",
}
# By the payload types of CAPS.
KINDS = {96: "video", 97: "audio"}
DECODE = {
    "video": "rtpvp8depay ! vp8dec name=decoder ! fakesink sync=false",
    "audio": "rtpopusdepay ! opusdec name=decoder ! fakesink sync=false",
}


class SequenceCount:
    """What arrived and what never did, from sequence numbers alone; order and delay don't matter."""

    def __init__(self):
        self.numbers, self.newest = set(), None

    def saw(self, number):
        # Extended by the newest so far (RFC 3550 section 5.1: 16 bits come round again).
        if self.newest is None:
            self.newest = number
        extended = self.newest + ((number - self.newest + 0x8000) & 0xFFFF) - 0x8000
        self.newest = max(self.newest, extended)
        self.numbers.add(extended)

    @property
    def received(self):
        return len(self.numbers)

    @property
    def lost(self):
        return self.newest - min(self.numbers) + 1 - len(self.numbers) if self.numbers else 0


class Player:
    def __init__(self):
        self.client = Client("webrtcbin name=webrtc bundle-policy=max-bundle")
        self.packets = {"video": SequenceCount(), "audio": SequenceCount()}
        self.decoded = {"video": 0, "audio": 0}
        self.client.webrtc.connect("deep-element-added", self.element_added)
        for caps in CAPS.values():
            transceiver = self.client.webrtc.emit(
                "add-transceiver", GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY,
                Gst.Caps.from_string(caps),
            )
            transceiver.set_property("do-nack", True)
        self.client.webrtc.connect("pad-added", self.added)

    def element_added(self, _bin, _inner, element):
        """Counts before the jitter buffer, which also discards what is merely late."""
        if element.get_factory().get_name() != "rtpjitterbuffer":
            return

        def arrived(pad, info):
            buffer = info.get_buffer()
            if buffer is not None:
                header = buffer.extract_dup(0, 4)
                kind = KINDS.get(header[1] & 0x7F)
                if kind:
                    self.packets[kind].saw(int.from_bytes(header[2:4], "big"))
            return Gst.PadProbeReturn.OK

        element.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, arrived)

    def added(self, _, pad):
        if pad.get_direction() != Gst.PadDirection.SRC:
            return
        kind = pad.get_current_caps().get_structure(0).get_string("media")
        branch = Gst.parse_bin_from_description(DECODE[kind], True)
        decoder = branch.get_by_name("decoder").get_static_pad("src")
        decoder.add_probe(Gst.PadProbeType.BUFFER, lambda *_: self.saw(kind))
        self.client.pipeline.add(branch)
        branch.sync_state_with_parent()
        pad.link(branch.get_static_pad("sink"))

    def saw(self, kind):
        if kind == "video" and self.decoded[kind] == 0:
            say(state="playing")
        self.decoded[kind] += 1
        return Gst.PadProbeReturn.OK

    def report(self):
        return {
            "frames": self.decoded["video"], "audioFrames": self.decoded["audio"],
            "packets": {
                kind: {"received": count.received, "lost": count.lost}
                for kind, count in self.packets.items()
            },
        }


player = Player()
player.client.run(player.report)
