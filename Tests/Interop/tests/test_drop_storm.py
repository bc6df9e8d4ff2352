"""A drop that thousands claim while servers are killed: never too many, never too few, nothing lost, nothing twice.

The crowd is `hawker load drop`; it comes back after each kill and asks again what was not answered. A merchant takes
the orders. At the end the room's log is replayed by `hawker load audit`: the rules hold after each event, every claim
that was acknowledged is there once, and what each buyer was told is what the log makes of them at that event.
"""

import contextlib
import heapq
import http.client
import http.server
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import threading
import time
from datetime import datetime, timezone

import pytest
from standardwebhooks.webhooks import Webhook

from harness import slow_disk
from harness.postgres import PostgresServer
from harness.redis import RedisServer
from harness.server import HawkerServer, binary

UNITS = 100
PER_BUYER = 2
COUNTDOWN = 10
SLOW_COMMITS = f"-c commit_delay={slow_disk.MICROSECONDS} -c commit_siblings=0"
# Shorter than the storm: some holds run out while a server is dead.
HOLD_SECONDS = 30
# From the drop's opening to the last kill, and from there to the crowd's end.
KILLS_SECONDS = 18
CALM_SECONDS = 4
# A lease is 15 s: a server that is back sooner has its room again, a later one finds it taken over.
ABSENCES = (0, 0.3, 2)
LONG_ABSENCE = 18


class Merchant:
    """Makes payment pages at once, and reports most orders paid, some failed, until that is taken."""

    def __init__(self, seed):
        self.random, self.servers, self.webhook = random.Random(seed), [], None
        self.paidShare = 0.9
        self.asked, self.reported, self.number = set(), {}, 0
        self.due, self.changed, self.isOver = [], threading.Condition(), False
        merchant = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                answer = json.dumps(merchant.take(message) or {}).encode()
                try:
                    self.send_response(200)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(answer)))
                    self.end_headers()
                    self.wfile.write(answer)
                except OSError:
                    pass

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        for target in (self.server.serve_forever, self.report):
            threading.Thread(target=target, daemon=True).start()

    def take(self, message):
        data = message["data"]
        if message["type"] == "order.refund_requested":
            self.plan("refunded", data["room"], data["order"], 0)
        if message["type"] != "checkout.create":
            return None
        # Asked twice for one order, as after a crash: one payment.
        if data["order"] not in self.asked:
            self.asked.add(data["order"])
            outcome = "paid" if self.random.random() < self.paidShare else "failed"
            self.plan(outcome, data["room"], data["order"], self.random.uniform(0.1, 3))
        return {"url": f"http://{self.address}/pay/{data['order']}"}

    def plan(self, outcome, room, order, seconds):
        with self.changed:
            self.number += 1
            heapq.heappush(self.due, (time.monotonic() + seconds, self.number, outcome, room, order))
            self.changed.notify()

    def report(self):
        while True:
            with self.changed:
                while not self.isOver and (not self.due or self.due[0][0] > time.monotonic()):
                    self.changed.wait(self.due[0][0] - time.monotonic() if self.due else None)
                if self.isOver:
                    return
                item = heapq.heappop(self.due)
            if not self.post(*item[1:]):
                with self.changed:
                    heapq.heappush(self.due, (time.monotonic() + 0.3, *item[1:]))

    def post(self, number, outcome, room, order):
        body = json.dumps({"type": f"order.{outcome}", "data": {"room": room, "order": order}})
        now, identifier = datetime.now(timezone.utc), f"report-{number}"
        headers = {
            "Content-Type": "application/json", "webhook-id": identifier,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self.webhook.sign(identifier, now, body),
        }
        for server in self.random.sample(self.servers, len(self.servers)):
            try:
                status, _, _ = server.request("POST", "/api/v1/hooks/shop", body, headers)
            except (OSError, http.client.HTTPException):
                continue
            # 409: the order has gone another way meanwhile, and that is recorded.
            if status in (200, 204, 409):
                self.reported[order] = outcome
                return True
        return False

    def stop(self):
        with self.changed:
            self.isOver = True
            self.changed.notify()
        self.server.shutdown()


def free_port():
    """Below the ports that the kernel gives to clients: thousands would take a dead server's."""
    while True:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", random.randrange(20_000, 32_000)))
            return probe.getsockname()[1]


class Storm:
    """Servers, their merchant and a crowd."""

    def __init__(self, evidence, room, seed, buyers, postgres=None):
        self.redis = RedisServer() if postgres else None
        self.evidence, self.room, self.buyers, self.seed = evidence, room, buyers, seed
        self.random, self.postgres = random.Random(seed), postgres
        self.merchant = Merchant(seed)
        self.servers, self.crowd, self.kills, self.looks, self.sold = [], None, 0, 0, 0
        # When who of the dead is back.
        self.absent, self.isTakenOver = [], False

    def start(self):
        for number in range(2 if self.postgres else 1):
            folder = self.evidence / f"server-{number}"
            if self.servers:
                # One shop: the same keys, and the same secrets of its merchant.
                (folder / "data").mkdir(parents=True)
                for name in ("keys", "hooks"):
                    shutil.copy(self.servers[0].data / name, folder / "data" / name)
            address = f"127.0.0.1:{free_port()}"
            flags = ["--hook", f"shop=http://{self.merchant.address}/hooks", "--hook-allow", self.merchant.address]
            # Either way a commit takes 15 ms more: what is told before it is lost in a kill.
            environment = slow_disk.environment(self.evidence)
            if self.postgres:
                environment = {"HAWKER_STORE": self.postgres.url}
                if self.redis:
                    environment["HAWKER_REDIS"] = self.redis.url
                flags += ["--public-url", f"http://{address}"]
            self.servers.append(HawkerServer(
                folder, *flags, environment=environment, address=address, udp_port=free_port()))
        self.merchant.servers = self.servers
        first = self.servers[0]
        secret = subprocess.run(
            [str(binary()), "hooks", "secret", "shop", "--data", str(first.data)],
            capture_output=True, text=True, timeout=15, check=True).stdout
        self.merchant.webhook = Webhook(next(w for w in secret.split() if w.startswith("whsec_")))
        self.token = first.token(self.room, "host", "host")
        self.ask("PUT", "/listings/mug", {
            "title": "A mug", "currency": "EUR",
            "variants": [{"sku": "mug", "priceMinor": 1000, "units": UNITS}]})

    def ask(self, method, path, body=None):
        """One request of the host's, at whichever server has the room."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            for server in self.servers:
                try:
                    status, headers, text = server.request(
                        method, f"/api/v1/rooms/{self.room}{path}", json.dumps(body) if body else None,
                        {"Content-Type": "application/json"}, self.token)
                except (OSError, http.client.HTTPException):
                    continue
                if status < 300:
                    return headers, text
                assert status in (307, 503), f"{path} answered {status}: {text}"
            time.sleep(0.2)
        raise AssertionError(f"{path} was not answered in 30 s")

    def open(self):
        """Schedules the drop and brings the crowd."""
        _, text = self.ask("POST", "/drops", {
            "sku": "mug", "quantity": UNITS, "priceMinor": 900, "countdownSeconds": COUNTDOWN,
            "durationSeconds": 600, "perBuyer": PER_BUYER, "mode": "hold", "start": "auto",
            "holdSeconds": HOLD_SECONDS})
        self.opens = time.monotonic() + COUNTDOWN
        self.drop = json.loads(text)["drop"]
        self.sights = self.evidence / "sights.jsonl"
        self.come(
            self.sights, "--seed", self.seed, "--opens-at", int(time.time() * 1000) + COUNTDOWN * 1000,
            "--think-ms", (KILLS_SECONDS + CALM_SECONDS) * 1000)

    def come(self, sights, *flags):
        """Brings the crowd."""
        urls = [part for server in self.servers for part in ("--url", server.origin)]
        command = [
            binary(), "load", "drop", *urls, "--room", self.room, "--drop", self.drop,
            "--per-buyer", PER_BUYER, "--data", self.servers[0].data, "--sights", sights,
            "--buyers", self.buyers, "--limit", 150, *flags,
        ]
        self.log = self.evidence / f"{sights.stem}.log"
        with open(self.log, "wb") as output:
            self.crowd = subprocess.Popen(
                [str(part) for part in command], stdin=subprocess.PIPE, stdout=output, stderr=output)

    def rage(self, count):
        """Kills one or the other: twice amid the claims, then whenever."""
        for accepted in (self.random.uniform(0.05, 0.4), self.random.uniform(0.5, 0.9)):
            self.wait(self.opens + 90, lambda: self.accepted() >= accepted * self.buyers)
            assert self.accepted() >= accepted * self.buyers, "the crowd does not get on"
            self.kill()
        for moment in sorted(self.random.uniform(4, KILLS_SECONDS) for _ in range(count - 2)):
            self.wait(self.opens + moment)
            self.kill()
        self.wait(max([at for at, _ in self.absent], default=0))
        self.wait(time.monotonic() + CALM_SECONDS)

    def accepted(self):
        """How many commands of the crowd were accepted so far."""
        lines = self.log.read_text().splitlines()
        return max((int(line.split()[1]) for line in lines if line.startswith("accepted ")), default=0)

    def kill(self):
        """Ends a process at once; it comes back soon, or after its lease."""
        if len(self.absent) == len(self.servers):
            self.wait(min(at for at, _ in self.absent))
        gone = [server for _, server in self.absent]
        victim = self.random.choice([each for each in self.servers if each not in gone])
        # Once the room's owner stays away for longer than its lease: the first, who opened it.
        isLong = bool(self.postgres) and not self.isTakenOver and victim is self.servers[0]
        self.isTakenOver = self.isTakenOver or isLong
        # What Redis knows is for speed alone.
        if self.redis:
            self.redis.flush()
        os.kill(victim.process.child.pid, signal.SIGKILL)
        victim.process.child.wait(10)
        self.kills += 1
        away = LONG_ABSENCE if isLong else self.random.choice(ABSENCES)
        self.absent.append((time.monotonic() + away, victim))

    def wait(self, until, isEnough=None):
        """Until then those who are due come back; and now and then somebody looks what is sold."""
        while True:
            now = time.monotonic()
            for at, server in list(self.absent):
                if at <= now:
                    self.absent.remove((at, server))
                    server.start()
            if now >= until or isEnough and isEnough():
                return
            if not isEnough:
                self.look()
            pause = 0.005 if isEnough else 0.5
            time.sleep(max(0, min([until, now + pause, *(at for at, _ in self.absent)]) - now))

    def look(self):
        for server in self.servers:
            try:
                status, _, text = server.request("GET", f"/api/v1/rooms/{self.room}", token=self.token)
            except (OSError, http.client.HTTPException):
                continue
            if status == 200:
                (variant,) = json.loads(text)["listings"][0]["variants"]
                assert 0 <= variant["sold"] <= UNITS and variant["available"] == 0, variant
                self.looks, self.sold = self.looks + 1, variant["sold"]

    def settle(self):
        """The crowd's end; what it came to."""
        assert self.crowd.poll() is None, self.log.read_text()[-2000:]
        self.crowd.stdin.close()
        assert self.crowd.wait(120) == 0, self.log.read_text()[-2000:]
        return json.loads(self.log.read_text().splitlines()[-1])

    def sell_out(self):
        """Everybody comes once more, and whoever holds a unit or gets one pays."""
        self.merchant.paidShare = 1
        self.come(self.evidence / "payers.jsonl", "--only-pay", "--think-ms", 1000, "--seed", self.seed)
        deadline = time.monotonic() + 60
        while self.sold < UNITS and time.monotonic() < deadline:
            self.wait(time.monotonic() + 0.5)
        return self.settle()

    def audit(self):
        """What the log says."""
        path, exported = "/log?limit=1000", self.evidence / "log.jsonl"
        with open(exported, "w") as output:
            while path:
                headers, text = self.ask("GET", path)
                output.write(text)
                link = headers.get("Link", "")
                page = link[link.index("<") + 1:link.index(">")] if 'rel="next"' in link else None
                path = page and page.removeprefix(f"/api/v1/rooms/{self.room}")
        audited = subprocess.run(
            [str(binary()), "load", "audit", "--log", str(exported), "--sights", str(self.sights)],
            capture_output=True, text=True, timeout=60)
        assert audited.returncode == 0, audited.stderr
        return json.loads(audited.stdout)

    def stop(self):
        if self.crowd and self.crowd.poll() is None:
            self.crowd.kill()
            self.crowd.wait()
        for server in self.servers:
            server.process.kill()
        if self.redis:
            self.redis.kill()
        self.merchant.stop()


def run(evidence, room, seed, buyers, kills, report, postgres=None):
    storm = Storm(evidence, room, seed, buyers, postgres)
    try:
        storm.start()
        storm.open()
        storm.rage(kills)
        crowd = storm.settle()
        before = storm.audit()
        storm.sell_out()
        audit = storm.audit()
    finally:
        storm.stop()
    report(
        f"seed {seed}: {buyers} buyers, {kills} kills, {crowd['connections']} connections "
        f"({crowd['moved']} sent on), {crowd['claims']} claims acknowledged, {crowd['repeated']} replies compared, "
        f"{audit['events']} events, {audit['handed_on']} holds handed on, {len(storm.merchant.reported)} orders reported, "
        f"{before['sold']} sold and {before['held']} held while {before['waiting']} waited, then {audit['sold']} sold, "
        f"{storm.looks} looks")
    (evidence / "report.json").write_text(json.dumps([crowd, before, audit], indent=1))
    assert audit["complaint_count"] == before["complaint_count"] == 0, json.dumps([before, audit], indent=1)
    assert crowd["done"] == buyers and crowd["unanswered"] == 0, crowd
    assert crowd["other_replies"] == 0 and crowd["repeated"] >= crowd["claims"], crowd
    assert audit["buyers"] == buyers and audit["claims"] == crowd["claims"], (crowd, audit)
    # Everybody has asked, most of them well.
    assert crowd["claims"] > 0.9 * buyers, crowd
    assert audit["taken_most"] == UNITS, audit
    assert before["held"] + before["sold"] == UNITS and before["waiting"] > 0, before
    assert before["sold"] > 0 and before["handed_on"] > 0, before
    assert (audit["sold"], audit["held"], audit["waiting"]) == (UNITS, 0, 0), audit


@pytest.mark.timeout(300)
def test_a_drop_in_a_storm(evidence, room, report):
    run(evidence, room, 1, 5000, 3, report)


@pytest.mark.timeout(300)
def test_a_drop_in_a_storm_of_two_servers(evidence, room, report):
    postgres = PostgresServer(options=SLOW_COMMITS)
    try:
        run(evidence, room, 2, 5000, 4, report, postgres)
    finally:
        postgres.stop()


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_ten_drops_in_storms(evidence, room, report):
    """Seeds nobody has seen, and twice the kills."""
    first = int(os.environ.get("SEED", time.time()))
    for number in range(10):
        postgres = PostgresServer(options=SLOW_COMMITS) if number % 2 else None
        try:
            run(evidence / str(number), room, first + number, 5000, 7, report, postgres)
        finally:
            if postgres:
                postgres.stop()
