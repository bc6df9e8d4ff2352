"""The scripted room of Tests/WebClient/fake-room.mjs: the pages with people, and no Hawker behind them."""

import re
import shutil

from .process import Process
from .server import REPOSITORY
from .traffic import traffic

LISTENING = re.compile(r"^(http://\S+)$")


class ScriptedRoom:
    def __init__(self, folder, *flags):
        node = shutil.which("node") or shutil.which("nodejs")
        assert node, "node is missing: run `scripts/setup test`"
        program = REPOSITORY / "Tests" / "WebClient" / "fake-room.mjs"
        self.process = Process([node, program, "0", *flags], folder / "scripted-room.log")
        self.origin = self.process.wait_for_line(LISTENING.match, 15).group(1)
        # What it says is a script, not the server's word.
        traffic.excused.add(self.origin.removeprefix("http://"))

    def url(self, path):
        return self.origin + path

    def stop(self):
        self.process.kill()
