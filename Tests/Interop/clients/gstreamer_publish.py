"""Publishes VP8 and Opus with GStreamer's webrtcbin."""



from .gstreamer import Client, Gst, GstWebRTC

PIPELINE = """
webrtcbin name=webrtc bundle-policy=max-bundle
videotestsrc is-live=true pattern=ball ! video/x-raw,width=640,height=360,framerate=30/1
  ! vp8enc name=video deadline=1 cpu-used=8 keyframe-max-dist=60 target-bitrate=800000
  ! rtpvp8pay pt=96 picture-id-mode=15-bit
  ! application/x-rtp,media=video,encoding-name=VP8,payload=96,clock-rate=90000,extmap-5=(string)urn:3gpp:video-orientation ! webrtc.
audiotestsrc is-live=true freq=440 volume=0.3 ! audioconvert ! audioresample
  ! audio/x-raw,rate=48000,channels=2 ! opusenc ! rtpopuspay pt=97
  ! application/x-rtp,media=audio,encoding-name=OPUS,payload=97,clock-rate=48000 ! webrtc.
"""


def main():
    client = Client(PIPELINE)
    for index in (0, 1):
        transceiver = client.webrtc.emit("get-transceiver", index)
        transceiver.set_property("direction", GstWebRTC.WebRTCRTPTransceiverDirection.SENDONLY)
    frames = 0

    def encoded(*_):
        nonlocal frames
        frames += 1
        return Gst.PadProbeReturn.OK

    source = client.pipeline.get_by_name("video").get_static_pad("src")
    source.add_probe(Gst.PadProbeType.BUFFER, encoded)
    client.run(lambda: {"framesSent": frames, "orientation": client.orientation})


main()
