"""A Hawker server on free ports with its own data folder, as an operator would start it."""

import http.client
import json
import os
import pathlib
import re
import ssl
import subprocess
import time
import urllib.parse

from .network import MEDIA_ADDRESSES
from .process import Process
from .traffic import traffic

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
READY = re.compile(r"^ready http=(\S+) udp=(\d+)$")


def binary():
    """The release build; HAWKER_BINARY names another one to test."""
    path = pathlib.Path(
        os.environ.get("HAWKER_BINARY", REPOSITORY / ".build" / "release" / "hawker")
    )
    if not path.exists():
        raise AssertionError("there is no release build: run `make build` first")
    return path


def resident(server):
    """Bytes of memory the kernel says the server has."""
    pages = pathlib.Path(f"/proc/{server.process.child.pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGESIZE")


class HawkerServer:
    def __init__(self, folder, *flags, environment=None, address="127.0.0.1:0", udp_port=0):
        self.folder = pathlib.Path(folder)
        self.data = self.folder / "data"
        self.data.mkdir(parents=True, exist_ok=True)
        self.flags, self.environment, self.starts = flags, environment, 0
        self.address, self.udp_port = address, udp_port
        self.start()
        scheme = "https" if "--tls-cert" in flags else "http"
        self.origin = f"{scheme}://{self.address}"

    def start(self):
        self.starts += 1
        number = "" if self.starts == 1 else f"-{self.starts}"
        self.process = Process(
            [
                binary(), "serve", "--http", self.address, "--udp-port", str(self.udp_port),
                "--media-ip", ",".join(MEDIA_ADDRESSES), "--data", self.data, *self.flags,
            ],
            self.folder / f"server{number}.log",
            self.environment,
        )
        ready = self.process.wait_for_line(READY.match, 15)
        self.address, self.udp_port = ready.group(1), int(ready.group(2))
        traffic.learn(self)

    def crash(self):
        """kill -9, and a new process on the same ports and data."""
        self.process.kill()
        self.start()

    def url(self, path):
        return self.origin + path

    def token(self, room, role, identity, *flags):
        made = subprocess.run(
            [
                str(binary()), "token", "--room", room, "--role", role, "--identity", identity,
                "--data", str(self.data), *flags,
            ],
            capture_output=True, text=True, timeout=15,
        )
        assert made.returncode == 0, f"hawker token: {made.stderr}"
        return made.stdout.strip()

    def request(self, method, path, body=None, headers=None, token=None):
        """One request on a connection of its own: (status, headers, text)."""
        if "--tls-cert" in self.flags:
            # Whose certificate it is, is for the tests of those who ask.
            context = ssl._create_unverified_context()
            connection = http.client.HTTPSConnection(self.address, timeout=10, context=context)
        else:
            connection = http.client.HTTPConnection(self.address, timeout=10)
        try:
            headers = dict(headers or {})
            if token:
                headers["Authorization"] = f"Bearer {token}"
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, response.headers, response.read().decode(errors="replace")
        finally:
            connection.close()

    def metric(self, name, **labels):
        """The sum of the samples of one metric whose labels include the given ones."""
        status, _, text = self.request("GET", "/metrics")
        assert status == 200, f"/metrics answered {status}"
        total, found = 0.0, False
        for line in text.splitlines():
            sample = re.match(r"^([a-zA-Z_:][\w:]*)(\{.*\})?\s+(\S+)", line)
            if not sample or sample.group(1) != name:
                continue
            have = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', sample.group(2) or ""))
            if all(have.get(key) == value for key, value in labels.items()):
                total, found = total + float(sample.group(3)), True
        assert found, f"/metrics has no {name} with {labels}"
        return total

    def stop(self):
        """SIGTERM must drain and exit 0: a crash during a test shows here if nowhere else."""
        if not self.process.running:
            code = self.process.child.returncode
            raise AssertionError(f"the server had ended by itself with {code}")
        code = self.process.interrupt(20)
        assert code == 0, f"the server ended with {code} after SIGTERM"

    # ---- Pages and endpoints --------------------------------------------------------------------

    def whip(self, room, stream=None):
        return self.url(f"/whip/{room}" + (f"?stream={stream}" if stream else ""))

    def whep(self, room, **query):
        return self.url(f"/whep/{room}" + ("?" + urllib.parse.urlencode(query) if query else ""))

    def studio(self, room, identity="host"):
        return self.url(f"/studio/{room}#token={self.token(room, 'host', identity)}")

    def watch_page(self, room, identity="viewer"):
        return self.url(f"/watch/{room}#token={self.token(room, 'viewer', identity)}")

    # ---- Programs that Hawker brings ------------------------------------------------------------

    def demo_host(self, room, *flags):
        """`hawker demo host` on this server, once it sends."""
        token = self.token(room, "host", "demo")
        process = Process(
            [
                binary(), "demo", "host", "--url", self.whip(room), "--token", token,
                *flags,
            ],
            self.folder / f"demo-host-{time.monotonic_ns()}.log",
        )
        return process

    def load(self, *arguments, timeout=120):
        """`hawker load`: its last line as JSON."""
        made = subprocess.run(
            [str(binary()), "load", *arguments], capture_output=True, text=True, timeout=timeout
        )
        assert made.returncode == 0, f"hawker load: {made.stderr[-2000:]}"
        return json.loads(made.stdout.strip().splitlines()[-1])
