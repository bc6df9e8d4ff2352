"""Two servers on one PostgreSQL, with and without Redis: whatever reaches the wrong one reaches the room."""

import datetime
import http.server
import json
import subprocess
import threading
import time

import pytest
from standardwebhooks.webhooks import Webhook

from harness import rooms
from harness.postgres import PostgresServer
from harness.redis import RedisServer, free_port
from harness.server import HawkerServer, binary

JSON = {"Content-Type": "application/json"}


class Shop:
    """A shop that takes every checkout. Its gate holds all answers back."""

    def __init__(self):
        self.topics, self.gate = [], threading.Event()
        self.gate.set()
        shop = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                shop.gate.wait(60)
                shop.topics.append((self.headers["webhook-id"], body["type"]))
                answer = json.dumps({"url": "https://pay.example/1"}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                try:
                    self.wfile.write(answer)
                except OSError:
                    pass

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = f"127.0.0.1:{self.server.server_address[1]}"

    def stop(self):
        self.gate.set()
        self.server.shutdown()


class Pair:
    """Two servers that share a database; `first` opens the room."""

    def __init__(self, evidence, redis=None):
        self.postgres, self.shop, self.servers = PostgresServer(), Shop(), []
        environment = {"HAWKER_STORE": self.postgres.url}
        if redis:
            environment["HAWKER_REDIS"] = redis.url
        ports = [free_port(), free_port()]
        origins = ",".join(f"http://127.0.0.1:{port}" for port in ports)
        try:
            for number, port in enumerate(ports):
                self.servers.append(
                    Node(
                        evidence / f"node-{number}", port, "--public-url", f"http://127.0.0.1:{port}",
                        "--allowed-origin", origins, "--hook", f"shop=http://{self.shop.address}/",
                        "--hook-allow", self.shop.address, environment=environment))
        except BaseException:
            self.stop()
            raise
        self.first, self.second = self.servers

    def stop(self):
        for server in self.servers:
            server.process.kill()
        self.shop.stop()
        self.postgres.stop()


class Node(HawkerServer):
    def __init__(self, folder, port, *flags, environment):
        self.port = port
        super().__init__(folder, *flags, environment=environment)

    def start(self):
        self.address = f"127.0.0.1:{self.port}"
        super().start()


@pytest.fixture
def redis():
    redis = RedisServer()
    yield redis
    redis.kill()


@pytest.fixture
def pair(evidence, redis):
    pair = Pair(evidence, redis)
    yield pair
    pair.stop()


def ask(server, method, path, body=None, token=None, key=None):
    headers = dict(JSON) if body is not None else {}
    if key:
        headers["Idempotency-Key"] = key
    status, answer, text = server.request(
        method, path, None if body is None else json.dumps(body), headers, token)
    return status, text, answer


def until(what, is_so, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if is_so():
            return time.monotonic() - deadline + seconds
        time.sleep(0.05)
    raise AssertionError(f"{what} did not happen within {seconds} s")


def secret(server):
    made = subprocess.run(
        [str(binary()), "hooks", "secret", "shop", "--data", str(server.data)],
        capture_output=True, text=True, timeout=15, check=True)
    return made.stdout.strip()


def callback(server, key, identifier, body):
    """A signed report of the shop's, as its library sends it."""
    text = json.dumps(body)
    now = datetime.datetime.now(tz=datetime.timezone.utc)
    return server.request(
        "POST", "/api/v1/hooks/shop", text,
        {
            **JSON, "webhook-id": identifier, "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(key).sign(identifier, now, text),
        })[0]


def test_whatever_reaches_the_wrong_server_reaches_the_room(pair, redis, room, report):
    first, second = pair.servers
    place = f"/api/v1/rooms/{room}"
    # The servers have made one pair of keys between them.
    host, bob = first.token(room, "host", "alice"), second.token(room, "viewer", "bob")
    listing = {
        "title": "Scarf", "currency": "EUR",
        "variants": [{"sku": "SCARF", "priceMinor": 1500, "units": 2}],
    }
    assert ask(first, "PUT", f"{place}/listings/scarf", listing, host)[0] == 200

    # Commands and queries; the same key is the same command, whichever server is asked.
    said = ask(second, "POST", f"{place}/messages", {"text": "through the wrong one"}, bob, "k1")
    assert said[0] == 200, said[1]
    assert ask(first, "POST", f"{place}/messages", {"text": "through the wrong one"}, bob, "k1")[:2] == said[:2]
    pages = [ask(server, "GET", f"{place}/messages", token=bob) for server in pair.servers]
    assert pages[0][:2] == pages[1][:2] and "through the wrong one" in pages[0][1]
    refused = ask(second, "POST", f"{place}/messages", {"text": ""}, bob)
    assert refused[0] == 400 and refused[2]["Content-Type"] == "application/problem+json"

    # A sale: cart and order through the wrong one, and the shop's callback, while Redis goes and comes.
    assert ask(second, "PUT", f"{place}/cart/SCARF", {"quantity": 1}, bob)[0] == 200
    redis.flush()
    redis.kill()
    order = json.loads(ask(second, "POST", f"{place}/orders", {}, bob, "k2")[1])["order"]
    until("the payment page", lambda: "awaiting" in ask(first, "GET", f"{place}/orders", token=bob)[1])
    key = secret(second)
    assert key == secret(first), "one secret for all"
    paid = {"type": "order.paid", "data": {"room": room, "order": order}}
    assert [callback(second, key, "evt_1", paid) for _ in range(2)] == [204, 204]
    assert callback(first, key, "evt_1", paid) == 204
    assert callback(second, "whsec_" + "A" * 43 + "=", "evt_2", paid) == 401
    assert '"status":"paid"' in ask(second, "GET", f"{place}/orders", token=bob)[1]
    redis.start()
    until("Redis found again", lambda: second.metric("hawker_bus_connections_total") == 2)

    # A revocation through the wrong one ends what is at the owner, and counts everywhere.
    assert ask(second, "POST", f"{place}/tokens/revoke", {"identity": "bob"}, host)[0] == 200
    assert ask(first, "GET", f"{place}/messages", token=bob)[0] == 401
    seconds = until(
        "the revocation at the other server",
        lambda: ask(second, "GET", f"{place}/messages", token=bob)[0] == 401)
    # Whoever is not one of them can't pass anything on.
    forged = {"Hawker-Forwarded": "v1,1,2,1,192.0.2.1," + "0" * 64}
    assert first.request("GET", f"{place}/messages", headers=forged, token=host)[0] == 403
    count = second.metric("hawker_forwards_total", result="answered")
    assert second.metric("hawker_forwards_total", result="unanswered") == 0
    report(f"{count:.0f} requests passed on; a revocation counted everywhere {seconds:.2f} s after its answer")


def test_an_owner_that_dies_is_503_and_then_taken_over_with_its_webhooks(pair, room, report):
    first, second = pair.servers
    place = f"/api/v1/rooms/{room}/messages"
    host, token = first.token("*", "service", "ops"), first.token(room, "viewer", "bob")
    assert ask(first, "POST", place, {"text": "0"}, token, "k0")[0] == 200
    # A webhook is held up at the shop when its server dies.
    pair.shop.gate.clear()
    assert ask(first, "POST", "/api/v1/hook-endpoints/1/test", {}, host)[0] == 202
    answers, stop = [], threading.Event()

    def ask_on(worker):
        number = 0
        while not stop.is_set():
            key = f"{worker}-{number}"
            status, text, headers = ask(
                second, "POST", place, {"text": key}, second.token(room, "viewer", key), key)
            answers.append((status, key, headers.get("Retry-After")))
            if status == 200:
                number += 1
            else:
                time.sleep(0.2)

    workers = [threading.Thread(target=ask_on, args=(each,)) for each in range(3)]
    for worker in workers:
        worker.start()
    until("requests passed on", lambda: sum(status == 200 for status, *_ in answers) >= 5)
    first.process.kill()
    killed = time.monotonic()
    count = len(answers)
    until("a takeover", lambda: any(status == 200 for status, *_ in answers[count + 3:]), 40)
    waited = time.monotonic() - killed
    stop.set()
    for worker in workers:
        worker.join(30)
    # Nothing but answers and "come again", and each key's message once.
    assert {status for status, *_ in answers} == {200, 503}, answers
    assert all(after for status, _, after in answers if status == 503)
    texts = [body for (body,) in pair.postgres.rows("SELECT body FROM texts")]
    done = {key for status, key, _ in answers if status == 200}
    assert len(texts) == len(set(texts)) and done <= set(texts), (done, texts)
    pair.shop.gate.set()
    until("the webhook", lambda: any(topic == "hawker.test" or "test" in topic for _, topic in pair.shop.topics), 40)
    report(f"taken over {waited:.1f} s after a kill -9; {len(done)} requests passed on or taken")


def test_a_page_follows_its_room(pair, room, chromium, open_page):
    first, second = pair.servers
    ben = open_page(chromium, first.watch_page(room, "Ben"))
    rooms.say(ben, "here")
    # The page comes from the other server, and its room is at the first.
    cleo = open_page(chromium, second.watch_page(room, "Cleo"))
    rooms.shows(cleo, "here")
    rooms.say(cleo, "there")
    rooms.shows(ben, "there")
