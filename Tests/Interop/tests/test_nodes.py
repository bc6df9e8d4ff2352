"""Two servers on one PostgreSQL, with and without Redis: whatever reaches the wrong one reaches the room."""

import json
import re
import threading
import time

import pytest
import websockets.sync.client
from standardwebhooks.webhooks import Webhook

from harness import rooms
from harness.postgres import PostgresServer
from harness.nginx import Nginx
from harness.redis import RedisServer, free_port
from harness.scripted_merchant import Merchant, secret
from harness.server import REPOSITORY, HawkerServer
from harness.sidecar import Sidecar

JSON = {"Content-Type": "application/json"}


class Pair:
    """Two servers that share a database; `first` opens the room."""

    def __init__(self, evidence, redis=None):
        self.postgres, self.shop, self.servers = PostgresServer(), Merchant(), []
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
                        "--allowed-origin", origins, *self.shop.flags, environment=environment))
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
    pair.shop.learn(second)
    assert pair.shop.secret == secret(first), "one secret for all"

    def paid(server, identifier, webhook=None):
        return pair.shop.report(server, "order.paid", identifier, webhook, room=room, order=order)[0]

    assert [paid(second, "evt_1") for _ in range(2)] == [204, 204]
    assert paid(first, "evt_1") == 204
    assert paid(second, "evt_2", Webhook("whsec_" + "A" * 43 + "=")) == 401
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
    until("the webhook", lambda: any(each["type"] == "hook.test" for each in pair.shop.asked), 40)
    report(f"taken over {waited:.1f} s after a kill -9; {len(done)} requests passed on or taken")


def test_coins_another_server_moves_show_at_once_and_without_redis_when_asked(pair, redis, room, chromium, open_page, report):
    first, second = pair.servers
    pair.shop.learn(second)
    ben = open_page(chromium, first.watch_page(room, "Ben"))
    ben.push("^Send a gift$")

    def has(coins):
        ben.wait_until(
            f"document.querySelector('dialog[open] strong.numbers')?.textContent === '{coins} coins'", 20, f"{coins} coins")

    has(0)
    token = first.token(room, "viewer", "Ben")

    def buys(server, coins):
        """Coins that a shop reports paid to one server; how long the page at the first needs."""
        begin = time.monotonic()
        pair.shop.fill(server, room, token, "small")
        has(coins)
        return time.monotonic() - begin

    seconds = buys(second, 100)
    assert first.metric("hawker_bus_hints_total", result="received") >= 1
    # A gift by REST through the other server, and its refund there.
    place = f"/api/v1/rooms/{room}"
    given = json.loads(ask(second, "POST", f"{place}/gifts", {"gift": "star", "count": 1}, token)[1])
    has(given["balance"])
    service = second.token("*", "service", "ops")
    assert ask(second, "POST", f"/api/v1/transfers/{given['transfer']}/refund", token=service)[0] == 200
    has(100)

    # Without Redis nobody is told, and the next question is answered right.
    redis.kill()
    until("Redis lost", lambda: first.metric("hawker_bus_connected") == second.metric("hawker_bus_connected") == 0)
    pair.shop.fill(second, room, token, "small")
    assert json.loads(ask(first, "GET", f"{place}/wallet", token=token)[1])["balance"] == 200
    has(100)
    ben.push("^Close$")
    ben.push("^Send a gift$")
    has(200)
    report(f"coins paid through the other server shown {seconds:.2f} s after the purchase began")


def test_rooms_of_all_servers_are_listed_and_one_sidecar_serves_them(pair, start_client, evidence, report):
    first, second = pair.servers
    for server, room in ((first, "red"), (second, "blue")):
        publisher = start_client("ffmpeg_publish", server.whip(room), server.token(room, "host", "host"))
        publisher.wait_for("connected")

    def listed(server):
        rows = json.loads(ask(server, "GET", "/api/v1/rooms?phase=live")[1])["rooms"]
        return {row["room"]: (row["server"], row["viewers"]) for row in rows}

    begin = time.monotonic()
    with websockets.sync.client.connect(f"ws://{first.address}/ws") as socket:
        token = first.token("red", "viewer", "bob")
        socket.send(json.dumps({"type": "join", "id": "1", "version": 1, "room": "red", "token": token}))
        assert json.loads(socket.recv())["type"] == "joined"
        until("both rooms at the first", lambda: listed(first) == {
            "red": (None, 1), "blue": (f"http://{second.address}", 0)})
        until("the viewer at the second", lambda: listed(second) == {
            "red": (f"http://{first.address}", 1), "blue": (None, 0)})
    seconds = time.monotonic() - begin
    sidecar = Sidecar(evidence, second)
    try:
        for room in ("blue", "red"):
            sidecar.playlist(lambda text: text.count("#EXTINF") >= 2, room=room)
    finally:
        sidecar.stop()
    # Who stops gives its rooms back, and has nothing on any more.
    first.stop()
    until("the list without its rooms", lambda: set(listed(second)) == {"blue"}, 5)
    report(f"a room with its viewer in the other server's list after {seconds:.1f} s")


def test_a_page_follows_its_room(pair, room, chromium, open_page):
    first, second = pair.servers
    ben = open_page(chromium, first.watch_page(room, "Ben"))
    rooms.say(ben, "here")
    # The page comes from the other server, and its room is at the first.
    cleo = open_page(chromium, second.watch_page(room, "Cleo"))
    rooms.shows(cleo, "here")
    rooms.say(cleo, "there")
    rooms.shows(ben, "there")


def test_the_sample_of_nginx_takes_requests_to_a_server_that_lives(pair, room, evidence):
    """The sample of docs/several-servers.md as it stands there, but for addresses and certificates."""
    document = (REPOSITORY / "docs" / "several-servers.md").read_text()
    sample = re.search(r"```nginx\n(.*?)```", document, re.DOTALL).group(1)
    for number, server in enumerate(pair.servers):
        sample = sample.replace(f"10.0.0.{number + 1}:8080", server.address)
    nginx = Nginx(evidence / "nginx", sample)
    first, second = pair.servers
    place, token = f"/api/v1/rooms/{room}/messages", first.token(room, "viewer", "bob")
    try:
        assert nginx.request("GET", "/readyz")[0] == 200

        def say(text):
            headers = {**JSON, "Authorization": f"Bearer {token}", "Idempotency-Key": text}
            return nginx.request("POST", place, json.dumps({"text": text}), headers)

        # Round robin: half of them come to the server that does not have the room.
        for number in range(6):
            status, text = say(f"m{number}")
            assert status == 200, text
            time.sleep(0.5)  # A member says so much a second.
        assert first.metric("hawker_forwards_total", result="answered") + second.metric(
            "hawker_forwards_total", result="answered") >= 2
        # Nobody else can say that they are one of the servers.
        forged = {"Hawker-Forwarded": "v1,1,2,1,192.0.2.1," + "0" * 64}
        assert nginx.request("GET", "/readyz", headers=forged)[0] == 200
        # The one that has the room dies: nobody sees that, once the other may take the room.
        owner = max(pair.servers, key=lambda each: each.metric("hawker_rooms"))
        owner.process.kill()
        until("a takeover", lambda: say("after")[0] == 200, 40)
        assert nginx.request("GET", "/readyz")[0] == 200
    finally:
        nginx.stop()
