"""Coins and orders against kill -9: each gift once whatever is repeated, and clocks that run when nobody is there."""

import asyncio
import collections
import concurrent.futures
import json
import random
import re
import sqlite3
import time

import pytest
import websockets

from harness.scripted_merchant import Merchant
from harness.postgres import PostgresServer
from harness.server import HawkerServer

# Of one gift's 200 askers: over REST, and over room sockets; how many to a connection.
REST_CONNECTIONS, REST_EACH = 2, 10
SOCKETS, SOCKET_EACH = 9, 20
ASKERS = REST_CONNECTIONS * REST_EACH + SOCKETS * SOCKET_EACH
GIFT, COINS = "star", 20
ROUND_SECONDS = 60


class Database:
    """What is on the disk, read past the server."""

    def __init__(self, server, postgres):
        self.server, self.postgres = server, postgres

    def rows(self, query):
        if self.postgres:
            return self.postgres.rows(query)
        database = sqlite3.connect(self.server.data / "hawker.db")
        try:
            return database.execute(query).fetchall()
        finally:
            database.close()


class Asking:
    """One gift under one key, asked for by many."""

    def __init__(self, buyer, key):
        self.buyer, self.key = buyer, key
        self.replies = collections.Counter()
        self.refusals = collections.Counter()
        self.before = None  # What was answered before the process died.

    @property
    def count(self):
        return sum(self.replies.values())


class Channel:
    """One connection of a buyer. What had no reply is sent again over the next one."""

    def __init__(self, show, buyer, each):
        self.show, self.buyer, self.each = show, buyer, each
        self.todo = 0

    async def run(self, asking):
        self.todo = self.each
        while self.todo:
            await self.show.isUp.wait()
            life = self.show.life
            try:
                await self.ask(asking)
            except (OSError, EOFError, asyncio.IncompleteReadError, websockets.WebSocketException):
                while self.show.life == life and self.show.dies:
                    await asyncio.sleep(0.01)

    def take(self, asking, body):
        self.todo -= 1
        asking.replies[body] += 1

    async def refused(self, asking, code, wait):
        assert code in ("rate", "overloaded", "in-progress"), f"{asking.key} was refused: {code}"
        asking.refusals[code] += 1
        await asyncio.sleep(wait)


class REST(Channel):
    async def ask(self, asking):
        host, _, port = self.show.server.address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        try:
            body = json.dumps({"gift": GIFT, "count": 1}).encode()
            request = (
                f"POST /api/v1/rooms/{self.show.room}/gifts HTTP/1.1\r\nHost: {self.show.server.address}\r\n"
                f"Authorization: Bearer {self.buyer.token}\r\nIdempotency-Key: {asking.key}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body
            while self.todo:
                count = self.todo
                writer.write(request * count)
                for _ in range(count):
                    head = (await reader.readuntil(b"\r\n\r\n")).decode()
                    status = int(head.split(" ", 2)[1])
                    length = int(re.search(r"(?i)^content-length: *(\d+)", head, re.M).group(1))
                    text = (await reader.readexactly(length)).decode()
                    if status == 200:
                        self.take(asking, text)
                    else:
                        await self.refused(asking, json.loads(text)["code"], 0.05)
        finally:
            writer.close()


class Socket(Channel):
    socket, life = None, 0

    async def ask(self, asking):
        if self.life != self.show.life or self.socket is None:
            self.life = self.show.life
            self.socket = await websockets.connect(
                f"ws://{self.show.server.address}/ws", open_timeout=20, ping_interval=None)
            await self.put({
                "type": "join", "id": "join", "version": 1, "room": self.show.room, "token": self.buyer.token})
            while (await self.message())["type"] != "me":
                pass
        try:
            while self.todo:
                count, back = self.todo, 0
                for number in range(count):
                    await self.put({
                        "type": "gift", "id": str(number), "gift": GIFT, "count": 1, "key": asking.key})
                while back < count:
                    answer = await self.message()
                    if answer["type"] not in ("ok", "error"):
                        continue
                    back += 1
                    if answer["type"] == "error":
                        await self.refused(asking, answer["code"], 0.05)
                        continue
                    del answer["type"], answer["ref"]
                    self.take(asking, json.dumps(answer, separators=(",", ":")))
        except BaseException:
            self.socket.transport.abort()
            self.socket = None
            raise

    async def put(self, message):
        await self.socket.send(json.dumps(message))

    async def message(self):
        """The next message that is not told to everybody."""
        while True:
            message = json.loads(await self.socket.recv())
            if message["type"] in ("ok", "error", "me"):
                return message
            for each in message.get("messages", ()):
                if each["type"] in ("ok", "error", "me"):
                    return each


class Buyer:
    def __init__(self, show, number):
        self.identity = f"buyer-{number}"
        self.token = show.server.token(show.room, "viewer", self.identity)
        self.coins = show.merchant.fill(show.server, show.room, self.token)
        self.channels = [REST(show, self, REST_EACH) for _ in range(REST_CONNECTIONS)]
        self.channels += [Socket(show, self, SOCKET_EACH) for _ in range(SOCKETS)]


class Storm:
    """A room, its buyers, and a server that is killed while they give."""

    def __init__(self, evidence, room, seed, postgres):
        self.room, self.random, self.merchant = room, random.Random(seed), Merchant()
        environment = {"HAWKER_STORE": postgres.url} if postgres else {}
        self.server = HawkerServer(evidence / "server", *self.merchant.flags, environment=environment)
        self.merchant.learn(self.server)
        self.disk = Database(self.server, postgres)
        self.life, self.dies, self.isUp = 1, False, asyncio.Event()
        self.lost, self.answered = 0, 0

    async def round(self, askings):
        """Everybody gives at once, and the process dies in the middle of it."""
        self.dies = True
        tasks = [
            asyncio.ensure_future(channel.run(asking))
            for asking in askings for channel in asking.buyer.channels
        ]
        await asyncio.sleep(self.random.uniform(0, 0.12))
        if self.random.random() < 0.5:
            while not any(asking.count for asking in askings):
                await asyncio.sleep(0.001)
        self.isUp.clear()
        self.server.process.kill()
        await asyncio.sleep(0.25)  # What was on its way is read, and PostgreSQL ends the commit it had begun.
        keys = ", ".join(f"'{asking.key}'" for asking in askings)
        onDisk = {
            key for (key,) in self.disk.rows(f"SELECT key FROM transfers WHERE key IN ({keys})")}
        for asking in askings:
            if asking.count:
                assert asking.key in onDisk, f"{asking.key} was answered and is not on the disk"
                self.answered += 1
                (asking.before,) = asking.replies
            elif asking.key in onDisk:
                self.lost += 1
        await asyncio.get_running_loop().run_in_executor(None, self.server.start)
        self.life += 1
        self.dies = False
        self.isUp.set()
        done, late = await asyncio.wait(tasks, timeout=ROUND_SECONDS)
        for task in late:
            task.cancel()
        assert not late, f"{len(late)} connections still wait: {[dict(a.refusals) for a in askings]}"
        for task in done:
            task.result()
        for asking in askings:
            assert len(asking.replies) == 1, f"{asking.key} got different replies: {asking.replies}"
            assert asking.count == ASKERS
            assert asking.before in (None, *asking.replies)


def hits(keys):
    """How often the process must die between a commit and its reply, at least."""
    return keys // 20


def give(evidence, room, seed, keys, buyers, postgres):
    show = Storm(evidence, room, seed, postgres)
    try:
        people = [Buyer(show, number) for number in range(buyers)]

        async def play():
            show.isUp = asyncio.Event()
            show.isUp.set()
            askings = []
            # A machine that is busy has begun little when the process dies: then a few rounds more.
            while len(askings) < keys or (show.lost < hits(keys) and len(askings) < 2 * keys):
                now = [Asking(each, f"key-{len(askings) + n}") for n, each in enumerate(people)]
                await show.round(now)
                askings += now
            return askings

        with concurrent.futures.ThreadPoolExecutor(1) as threads:
            askings = threads.submit(lambda: asyncio.run(play())).result()
        show.server.stop()
        check_ledger(show, people, askings)
    finally:
        show.server.process.kill()
        show.merchant.stop()
    return show


def check_ledger(show, people, askings):
    """One effect each; nothing made or lost; the room's log says the same."""
    rows = show.disk.rows
    gifts = dict(rows("SELECT key, id FROM transfers WHERE kind = 'gift'"))
    assert len(gifts) == len(askings) == rows("SELECT count(*) FROM transfers WHERE kind = 'gift'")[0][0]
    for asking in askings:
        ((body, _),) = asking.replies.items()
        assert json.loads(body)["transfer"] == gifts[asking.key]
    assert rows("SELECT sum(coins) FROM postings")[0][0] == 0
    assert rows("SELECT transfer FROM postings GROUP BY transfer HAVING sum(coins) <> 0") == []
    balances = dict(rows(
        "SELECT owner, balance FROM wallets JOIN accounts ON accounts.id = wallets.account "
        "WHERE kind = 'wallet'"))
    given = collections.Counter(asking.buyer.identity for asking in askings)
    assert balances == {each.identity: each.coins - COINS * given[each.identity] for each in people}
    numbers = [number for (number,) in rows(
        "SELECT number FROM transfers WHERE kind = 'gift' ORDER BY number")]
    assert numbers == list(range(1, len(askings) + 1))
    body = "convert_from(body, 'UTF8')" if show.disk.postgres else "body"
    logged = [json.loads(text)["number"] for (text,) in rows(
        f"SELECT {body} AS body FROM events WHERE kind = 'gifted' ORDER BY sequence")]
    # A room that was killed right after the ledger's commit hears of the gift when it opens again.
    assert logged == numbers[:len(logged)] and len(logged) >= len(numbers) - len(people)


# Each commit waits so long (us) for others before it is flushed: time for a kill between it and its reply.
SLOW_COMMITS = "-c commit_delay=100000 -c commit_siblings=0"


def storm(evidence, room, report, seed, keys, buyers, kind):
    postgres = PostgresServer(options=SLOW_COMMITS) if kind == "postgresql" else None
    started = time.monotonic()
    try:
        show = give(evidence, room, seed, keys, buyers, postgres)
    finally:
        if postgres:
            postgres.stop()
    report(
        f"{keys} gifts, {ASKERS} asked for each, {show.life - 1} kills: {show.lost} were on the disk and "
        f"unanswered when the process died, {show.answered} answered, the others not begun; "
        f"{time.monotonic() - started:.0f} s")
    assert show.lost >= hits(keys), "hardly a kill between commit and reply"


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_hundred_identical_gifts_are_one(evidence, room, report, kind):
    storm(evidence, room, report, 7, 100, 10, kind)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_identical_gifts_for_a_thousand_keys(evidence, room, report, kind):
    storm(evidence, room, report, 11, 1000, 20, kind)


# ---- Clocks ---------------------------------------------------------------------------------------


class Stall:
    """A room with one product, and an auction of it that somebody bids in."""

    def __init__(self, server, room):
        self.server, self.room = server, room
        self.host = server.token(room, "host", "alice")
        self.bob = server.token(room, "viewer", "bob")

    def ask(self, method, path, body, token):
        status, _, text = self.server.request(
            method, f"/api/v1/rooms/{self.room}{path}", json.dumps(body),
            {"Content-Type": "application/json"}, token)
        assert status == 200, text
        return json.loads(text)

    def auction(self):
        variant = {"sku": "VASE", "priceMinor": 1000, "units": 1}
        self.ask("PUT", "/listings/vase", {"title": "Vase", "currency": "EUR", "variants": [variant]}, self.host)
        lot = self.ask("POST", "/lots", {"sku": "VASE", "startMinor": 100, "durationSeconds": 10}, self.host)["lot"]
        self.ask("POST", f"/lots/{lot}/bids", {"amountMinor": 250, "maxMinor": 4321}, self.bob)


def awarded(disk, seconds):
    """How long until the log says that somebody has won, without anybody coming to the room."""
    started = time.monotonic()
    while not disk.rows("SELECT 1 AS one FROM events WHERE kind = 'lotAwarded'"):
        assert time.monotonic() < started + seconds, "nobody has won"
        time.sleep(0.2)
    return time.monotonic() - started


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_an_auction_ends_though_the_server_died_and_nobody_came(evidence, room, report, kind):
    postgres = PostgresServer() if kind == "postgresql" else None
    environment = {"HAWKER_STORE": postgres.url} if postgres else {}
    server = HawkerServer(evidence / "server", environment=environment)
    try:
        Stall(server, room).auction()
        server.crash()
        report(f"won {awarded(Database(server, postgres), 25):.1f} s after the kill")
        # What staff can read of the log says what everybody was shown, not how far bob would go.
        status, _, text = server.request(
            "GET", f"/api/v1/rooms/{room}/log", token=server.token(room, "host", "alice"))
        assert status == 200 and "bidPlaced" in text and ":4321" not in text and ":250," not in text
        server.stop()
    finally:
        server.process.kill()
        if postgres:
            postgres.stop()


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_an_auction_ends_on_the_server_that_takes_over(evidence, room, report):
    postgres = PostgresServer()
    servers = []
    try:
        for name in ("first", "second"):
            servers.append(HawkerServer(evidence / name, environment={"HAWKER_STORE": postgres.url}))
        Stall(servers[0], room).auction()
        servers[0].process.kill()
        report(f"won {awarded(Database(servers[1], postgres), 60):.1f} s after the kill, on another server")
        servers[1].stop()
    finally:
        for server in servers:
            server.process.kill()
        postgres.stop()
