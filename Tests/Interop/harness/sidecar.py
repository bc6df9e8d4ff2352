"""`hawker-hls` beside a server."""

import http.client
import os
import pathlib
import re

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
    def __init__(self, folder, server, room, *flags):
        self.room = room
        self.process = Process(
            [
                binary(), "--whep", server.whep(room), "--http", "127.0.0.1:0",
                "--token", server.token(room, "service", "hls"), *flags,
            ],
            pathlib.Path(folder) / "hls.log",
            None,
        )
        self.address = self.process.wait_for_line(READY.match, 15).group(1)

    def url(self, path="index.m3u8"):
        return f"http://{self.address}/hls/{self.room}/{path}"

    def get(self, path="index.m3u8", **headers):
        """(status, headers, body)"""
        connection = http.client.HTTPConnection(self.address, timeout=15)
        try:
            connection.request("GET", f"/hls/{self.room}/{path}", headers=headers)
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def stop(self):
        code = self.process.interrupt(20)
        assert code == 0, f"hawker-hls ended with {code} after SIGTERM"
