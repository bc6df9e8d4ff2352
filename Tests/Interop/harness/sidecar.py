"""`hawker-hls` beside a server."""

import http.client
import os
import pathlib
import re
import time

from .process import Process
from .server import REPOSITORY

READY = re.compile(r"^ready http=(\S+)$")


def binary():
    """The release build; HAWKER_HLS_BINARY names another one to test."""
    path = pathlib.Path(
        os.environ.get("HAWKER_HLS_BINARY", REPOSITORY / ".build" / "release" / "hawker-hls")
    )
    if not path.exists():
        raise AssertionError("there is no release build: run `make build` first")
    return path


class Sidecar:
    """For one room by WHEP or, without a room, for all live rooms of the server."""

    def __init__(self, folder, server, room=None, *flags, token=None, wrapper=()):
        """`wrapper`: a command that ends by becoming the one it is given."""
        self.room, self.starts, self.wrapper = room, 0, wrapper
        self.folder = pathlib.Path(folder)
        if room:
            source = ["--whep", server.whep(room)]
        else:
            source = ["--server", server.origin]
        token = token or server.token(room or "*", "service", "hls")
        self.flags = [*source, "--token", token, *flags]
        self.address = "127.0.0.1:0"
        self.start()

    def start(self):
        """Starts it, or starts it again where it was."""
        self.starts += 1
        self.process = Process(
            [*self.wrapper, binary(), "--http", self.address, *self.flags],
            self.folder / f"hls-{self.starts}.log",
            None,
        )
        self.address = self.process.wait_for_line(READY.match, 15).group(1)

    def url(self, path="index.m3u8", room=None):
        return f"http://{self.address}/hls/{room or self.room}/{path}"

    def get(self, path="index.m3u8", room=None, **headers):
        """(status, headers, body)"""
        connection = http.client.HTTPConnection(self.address, timeout=15)
        try:
            connection.request("GET", f"/hls/{room or self.room}/{path}", headers=headers)
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def text(self, path="index.m3u8", room=None):
        """The body of what is there, or None."""
        status, _, body = self.get(path, room)
        return body.decode() if status == 200 else None

    def metric(self, name):
        connection = http.client.HTTPConnection(self.address, timeout=15)
        try:
            connection.request("GET", "/metrics")
            text = connection.getresponse().read().decode()
        finally:
            connection.close()
        return float(re.search(rf"^{name} (\S+)$", text, re.M).group(1))

    def folders(self, room=None):
        """The folders of the video renditions, none before there is a room."""
        return re.findall(r"^((?!sound)\w+)/index\.m3u8$", self.text(room=room) or "", re.M)

    def playlist(self, condition, seconds=30, room=None, rendition=None):
        """The first video rendition's playlist once it is as wanted."""
        until, text = time.monotonic() + seconds, None
        while time.monotonic() < until:
            if folders := [rendition] if rendition else self.folders(room):
                text = self.text(f"{folders[0]}/index.m3u8", room)
                if text and condition(text):
                    return text
            time.sleep(0.1)
        raise AssertionError(f"not within {seconds} s; last: {text}")

    def stop(self):
        code = self.process.interrupt(20)
        assert code == 0, f"hawker-hls ended with {code} after SIGTERM"
