"""Plays with GStreamer's webrtcbin: counts sequence numbers and decodes the video."""

from .gstreamer import Client, Gst, GstWebRTC
from .signalling import say

CAPS = {
    "video": "application/x-rtp,media=video,encoding-name=VP8,payload=96,clock-rate=90000",
    "audio": "application/x-rtp,media=audio,encoding-name=OPUS,payload=97,clock-rate=48000",
}
DECODE = {
    "video": "rtpvp8depay ! vp8dec name=decoder ! fakesink sync=false",
    "audio": "rtpopusdepay ! opusdec name=decoder ! fakesink sync=false",
}


class SequenceCount:
    """What arrived and what is missing, from sequence numbers alone."""

    def __init__(self):
        self.received, self.lost, self.expected = 0, 0, None

    def saw(self, buffer):
        header = buffer.extract_dup(0, 4)
        number = int.from_bytes(header[2:4], "big")
        if self.expected is not None:
            ahead = (number - self.expected) & 0xFFFF
            if ahead >= 0x8000:  # Late or twice: it was counted as lost, or is no news.
                self.lost = max(0, self.lost - 1)
                return
            self.lost += ahead
        self.received, self.expected = self.received + 1, (number + 1) & 0xFFFF


class Player:
    def __init__(self):
        self.client = Client("webrtcbin name=webrtc bundle-policy=max-bundle latency=50")
        self.packets, self.decoded = {}, {"video": 0, "audio": 0}
        for caps in CAPS.values():
            transceiver = self.client.webrtc.emit(
                "add-transceiver", GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY,
                Gst.Caps.from_string(caps),
            )
            transceiver.set_property("do-nack", True)
        self.client.webrtc.connect("pad-added", self.added)

    def added(self, _, pad):
        if pad.get_direction() != Gst.PadDirection.SRC:
            return
        kind = pad.get_current_caps().get_structure(0).get_string("media")
        count = self.packets.setdefault(kind, SequenceCount())
        branch = Gst.parse_bin_from_description(DECODE[kind], True)
        decoder = branch.get_by_name("decoder").get_static_pad("src")
        decoder.add_probe(Gst.PadProbeType.BUFFER, lambda *_: self.saw(kind))

        def arrived(_, info):
            count.saw(info.get_buffer())
            return Gst.PadProbeReturn.OK

        pad.add_probe(Gst.PadProbeType.BUFFER, arrived)
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
