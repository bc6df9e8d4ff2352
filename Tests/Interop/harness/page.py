"""What the tests ask of a browser's page, the same for Chromium and Firefox."""

import json
import pathlib

PAGES = pathlib.Path(__file__).resolve().parents[1] / "pages"


def script(camera=None):
    """The source that runs before any script of the page; `camera` replaces the page's devices."""
    geometry = json.loads((PAGES / "timecode.json").read_text())
    source = (PAGES / "hawker-test.js").read_text()
    source += f"\nhawkerTest.geometry = {json.dumps(geometry)};\n"
    if camera is not None:
        source += (
            f"if (navigator.mediaDevices) hawkerTest.replaceCamera({json.dumps(camera)});\n"
        )
    return source


class Page:
    """A browser page; a driver implements `goto`, `evaluate`, `messages`, `screenshot`, `close`."""

    def evaluate(self, expression):
        """The value of a JavaScript expression; a promise is awaited."""
        raise NotImplementedError

    def call(self, function, /, **options):
        """`hawkerTest.function(options)`."""
        return self.evaluate(f"hawkerTest.{function}({json.dumps(options)})")

    def publish(self, server, room, identity="host", /, stream=None, **options):
        token = server.token(room, "host", identity)
        return self.call("publish", url=server.whip(room, stream), token=token, **options)

    def watch(self, server, room, identity="viewer", /, query=None, role="viewer", **options):
        token = server.token(room, role, identity)
        return self.call("watch", url=server.whep(room, **(query or {})), token=token, **options)

    def wait_until(self, expression, timeout, what=None):
        """Waits in the page until the expression is true, and gives its value."""
        return self.evaluate(
            f"hawkerTest.until(async () => ({expression}), {int(timeout * 1000)}, "
            f"{json.dumps(what or expression)})"
        )

    def video(self, name=None):
        """The statistics of the (one) video that the page receives."""
        tracks = [t for t in self.call("stats", name=name)["inbound"] if t["kind"] == "video"]
        return max(tracks, key=lambda track: track["bytes"], default=None)

    def audio(self, name=None):
        tracks = [t for t in self.call("stats", name=name)["inbound"] if t["kind"] == "audio"]
        return max(tracks, key=lambda track: track["bytes"], default=None)

    def layers(self, name=None):
        """The encodings that the page sends, by RID."""
        return {layer["rid"]: layer for layer in self.call("stats", name=name)["outbound"]}
