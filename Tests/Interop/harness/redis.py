"""A Redis of one test's own: a free port of the loopback, nothing on disk."""

import socket
import subprocess
import time


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class RedisServer:
    def __init__(self):
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}"
        self.start()

    def start(self):
        self.child = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
             "--appendonly", "no"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                assert self.child.poll() is None, "redis-server ended: run scripts/setup test"
                time.sleep(0.05)
        raise AssertionError("redis-server did not start")

    def flush(self):
        subprocess.run(
            ["redis-cli", "-p", str(self.port), "FLUSHALL"], check=True, timeout=10,
            stdout=subprocess.DEVNULL)

    def kill(self):
        self.child.kill()
        self.child.wait(10)
