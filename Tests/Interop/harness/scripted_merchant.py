"""A merchant without a shop: it answers what it is asked, and reports by signed callbacks."""

import datetime
import http.server
import itertools
import json
import re
import subprocess
import threading
import time

from standardwebhooks.webhooks import Webhook

from .server import binary

SECRET = re.compile(r"^whsec_\S+$", re.MULTILINE)


def secret(server, name="shop"):
    """What a server signs with for a merchant, and believes."""
    made = subprocess.run(
        [str(binary()), "hooks", "secret", name, "--data", str(server.data)],
        capture_output=True, text=True, timeout=15, check=True)
    return SECRET.search(made.stdout).group(0)


class Merchant:
    """Listens on a port of its own; `flags` are what a server is started with to know it.

    `received` are the headers and bodies as they came, `asked` the messages that were answered: none while
    the gate is shut.
    """

    def __init__(self, name="shop"):
        self.name, self.asked, self.secret, self.webhook = name, [], None, None
        self.received, self.gate = [], threading.Event()
        self.gate.set()
        self.numbers = itertools.count(1)
        merchant = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                merchant.received.append((dict(self.headers.items()), body))
                merchant.gate.wait(60)
                message = json.loads(body)
                merchant.asked.append(message)
                answer = merchant.answer(message)
                body = json.dumps(answer).encode() if answer else b""
                try:
                    self.send_response(200 if answer else 204)
                    if answer:
                        self.send_header("Content-Type", "application/json")
                        self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    pass  # Whoever asked has died.

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        self.flags = ("--hook", f"{name}=http://{self.address}/hooks", "--hook-allow", self.address)

    def answer(self, message):
        if message["type"] != "checkout.create":
            return None
        thing = message["data"].get("order", message["data"].get("purchase"))
        return {"url": f"https://pay.example/{thing}"}

    def learn(self, server):
        """Learns the secret that the server made at its first start."""
        self.secret = secret(server, self.name)
        self.webhook = Webhook(self.secret)

    def wait(self, count, timeout=20):
        """What was received, once it is so many."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if len(self.received) >= count:
                return self.received
            time.sleep(0.05)
        raise AssertionError(f"{len(self.received)} of {count} messages came")

    def signed(self, body, identifier=None, webhook=None):
        """The headers of a callback with this body; its id is one of its own, unless it has one."""
        identifier = identifier or f"evt_{self.name}_{next(self.numbers)}"
        now = datetime.datetime.now(datetime.timezone.utc)
        return {
            "Content-Type": "application/json", "webhook-id": identifier,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": (webhook or self.webhook).sign(identifier, now, body),
        }

    def report(self, server, kind, identifier=None, webhook=None, **data):
        """A callback: its status and text."""
        body = json.dumps({"type": kind, "data": data})
        status, _, text = server.request(
            "POST", f"/api/v1/hooks/{self.name}", body, self.signed(body, identifier, webhook))
        return status, text

    def fill(self, server, room, token, pack="large"):
        """Buys coins for whoever has the token, and pays for them; how many."""
        status, _, text = server.request(
            "POST", f"/api/v1/rooms/{room}/coins", json.dumps({"pack": pack}),
            {"Content-Type": "application/json"}, token)
        assert status == 200, text
        bought = json.loads(text)
        status, text = self.report(server, "coins.paid", purchase=bought["purchase"])
        assert status in (200, 204), text
        return bought["coins"]

    def stop(self):
        self.gate.set()
        self.server.shutdown()
