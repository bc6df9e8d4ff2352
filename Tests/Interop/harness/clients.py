"""Starts the WebRTC clients that are not browsers, and gives what they report."""

import json
import pathlib
import sys

from .process import Process

INTEROP = pathlib.Path(__file__).resolve().parents[1]


class MediaClient:
    """One program of clients/, as a child process that prints JSON lines."""

    def __init__(self, name, folder, url, token, seconds=0):
        self.process = Process(
            [sys.executable, "-m", f"clients.{name}", url, token, str(seconds)],
            pathlib.Path(folder) / f"{name}.log",
            # The clients are a package beside the harness, wherever pytest was started.
            {"PYTHONPATH": str(INTEROP), "PYTHONUNBUFFERED": "1"},
        )

    @staticmethod
    def _parsed(line):
        try:
            said = json.loads(line)
        except ValueError:
            return None
        return said if isinstance(said, dict) and "state" in said else None

    def wait_for(self, state, timeout=20):
        def reached(line):
            said = self._parsed(line)
            return said if said and said["state"] == state else None

        return self.process.wait_for_line(reached, timeout)

    def finish(self, timeout=30):
        """Waits for its own end and gives the final report."""
        self.process.wait(timeout)
        return self.wait_for("ended", 1)

    def stop(self, timeout=20):
        """Asks it to end now and gives the final report."""
        self.process.interrupt(timeout)
        return self.wait_for("ended", 1)
