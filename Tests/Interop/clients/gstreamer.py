"""What the GStreamer publisher and player share: webrtcbin, negotiation by WHIP or WHEP, the end."""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

from .signalling import Session, arguments, say, stop_on_terminate  # noqa: E402


class Client:
    def __init__(self, description):
        Gst.init(None)
        self.url, self.token, self.seconds = arguments()
        launched = Gst.parse_launch(description)
        if isinstance(launched, Gst.Pipeline):
            self.pipeline, self.webrtc = launched, launched.get_by_name("webrtc")
        else:  # A description of one element gives that element.
            self.pipeline, self.webrtc = Gst.Pipeline.new(None), launched
            self.pipeline.add(launched)
        self.loop = GLib.MainLoop()
        self.session, self.failure, self.offered = None, None, False
        # Whether orientation in header extensions was offered and agreed.
        self.orientation = {"offered": False, "agreed": False}
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect("message::error", self.errored)
        self.webrtc.connect("on-negotiation-needed", self.negotiate)
        self.webrtc.connect("notify::ice-gathering-state", lambda *_: GLib.idle_add(self.offer))
        self.webrtc.connect("notify::connection-state", self.changed)
        stop_on_terminate(lambda: GLib.idle_add(self.loop.quit))

    def errored(self, _, message):
        error, detail = message.parse_error()
        self.failure = f"{error.message}: {detail}"
        self.loop.quit()

    def changed(self, *_):
        say(state=self.webrtc.get_property("connection-state").value_nick)

    def negotiate(self, _):
        def created(promise):
            promise.wait()
            reply = promise.get_reply()  # It owns the offer, so it has to outlive it.
            offer = reply.get_value("offer")
            self.webrtc.emit("set-local-description", offer, Gst.Promise.new())

        self.webrtc.emit("create-offer", None, Gst.Promise.new_with_change_func(created))

    def offer(self):
        gathering = self.webrtc.get_property("ice-gathering-state")
        if self.offered or gathering != GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            return
        self.offered = True
        try:
            offer = self.webrtc.get_property("local-description").sdp.as_text()
            self.session = Session(self.url, self.token, offer)
            for key, text in ("offered", offer), ("agreed", self.session.answer):
                self.orientation[key] = "video-orientation" in text
            _, message = GstSdp.SDPMessage.new_from_text(self.session.answer)
            answer = GstWebRTC.WebRTCSessionDescription.new(
                GstWebRTC.WebRTCSDPType.ANSWER, message
            )
            self.webrtc.emit("set-remote-description", answer, Gst.Promise.new())
        except Exception as error:
            self.failure = str(error)
            self.loop.quit()

    def run(self, report):
        self.pipeline.set_state(Gst.State.PLAYING)
        if self.seconds:
            GLib.timeout_add(int(self.seconds * 1000), self.loop.quit)
        self.loop.run()
        if self.session is not None:
            self.session.end()
        self.pipeline.set_state(Gst.State.NULL)
        say(state="ended", failure=self.failure, **report())
        sys.exit(1 if self.failure else 0)
