"""Measurements over a stretch of time that several tests share."""


def wait(page, seconds):
    """Lets time pass in the page, so that the browser's driver stays responsive."""
    page.evaluate(f"new Promise((resolve) => setTimeout(resolve, {int(seconds * 1000)}))")


class Stretch:
    """What one viewer decoded of what a host encoded for a layer, from `__init__` to `end`."""

    def __init__(self, host, viewers, layer="f", host_session=None):
        self.host, self.viewers, self.layer = host, viewers, layer
        self.host_session = host_session
        self.encoded = self._encoded()
        self.decoded = [viewer.video()["framesDecoded"] for viewer in viewers]
        for viewer in viewers:
            viewer.call("clear")

    def _encoded(self):
        layers = self.host.layers(self.host_session)
        # A host with one encoding has no RIDs.
        return layers.get(self.layer, layers.get(None))["framesEncoded"]

    def end(self):
        # The host is read first at both ends, so what is under way cancels out.
        encoded = self._encoded() - self.encoded
        results = []
        for viewer, before in zip(self.viewers, self.decoded, strict=True):
            decoded = viewer.video()["framesDecoded"] - before
            results.append({"encoded": encoded, "decoded": decoded, **viewer.call("seen")})
        return results


def assert_smooth(result):
    """At least 98 % of the encoded frames are decoded, and nothing stands still for 500 ms."""
    # One frame may be between encoder and decoder at either end.
    assert result["decoded"] + 1 >= 0.98 * result["encoded"], result
    assert result["longestGap"] < 500, result
    assert result["backwards"] == 0, result


def assert_tone(page, **options):
    heard = page.call("loudestFrequency", **options)
    assert heard is not None, "silence"
    assert abs(heard - 440) < 20, f"heard {heard:.0f} Hz instead of the host's 440 Hz"


def summary(result):
    latency = result["latency"]
    delay = (
        f"p50 {latency['p50']:.0f} ms, p95 {latency['p95']:.0f} ms"
        if latency["p50"] is not None else "unreadable"
    )
    return (
        f"{result['width']}x{result['height']} at {result['fps']:.1f} fps, glass to glass {delay}, "
        f"{result['decoded']} of {result['encoded']} frames, longest gap {result['longestGap']:.0f} ms"
    )
