"""The REST API against whatever schemathesis makes of its own description, by the roles that ask.

No answer is a 5xx, every one has a status, a media type and a body that the description says, and what the
description forbids is refused. Seeded: the same requests each time, as far as the server gives the same answers.
"""

import collections
import json
import os
import pathlib
import re
import sqlite3
import subprocess
import sys
import time

import pytest

from harness.postgres import PostgresServer
from harness.scripted_merchant import Merchant
from harness.raw_websocket import TEXT, RawWebSocket, frame

ROOM = "fuzzed"
CHECKS = ",".join([
    "not_a_server_error", "status_code_conformance", "content_type_conformance",
    "response_headers_conformance", "response_schema_conformance", "negative_data_rejection",
    "unsupported_method",
])
# Ends all that the other operations are about.
LAST = "endRoom"


def narrowed(document):
    """The description with the ids of things that are there beside those that may be."""
    def narrow(parameter):
        if parameter["name"] == "room":
            # Everything happens in one room: tokens are for rooms.
            parameter["schema"] = {"const": ROOM}
        elif parameter["name"] in ("member", "identity"):
            parameter["example"] = "bob"
        elif parameter["schema"].get("type") == "integer" and parameter["in"] == "path":
            parameter["schema"] = {"anyOf": [{"enum": list(range(1, 12))}, parameter["schema"]]}
        return parameter

    for operations in document["paths"].values():
        for operation in operations.values():
            operation["parameters"] = [narrow(each) for each in operation.get("parameters", [])]
    return document


def furnish(server):
    """Something of each kind, so that not all is about nothing."""
    host = RawWebSocket(server.address, ROOM, server.token(ROOM, "host", "alice"))
    for number, request in enumerate([
        {"type": "say", "text": "hello"},
        {"type": "openPoll", "question": "?", "options": ["a", "b"]},
        {"type": "ask", "text": "why?"},
        {"type": "openGiveaway", "prize": "a mug"},
        {"type": "schedule", "title": "later", "startsAtMs": 4_000_000_000_000},
    ]):
        host.send(frame(TEXT, json.dumps({**request, "id": str(number)}).encode()))
        while host.message().get("ref") != str(number):
            pass
    return host


def run(server, folder, name, seconds, token, *flags, narrow=narrowed, environment=None):
    status, _, text = server.request("GET", "/api/v1/openapi.json")
    assert status == 200
    description = folder / "openapi.json"
    description.write_text(json.dumps(narrow(json.loads(text))))
    program = pathlib.Path(sys.executable).with_name("schemathesis")
    made = subprocess.run(
        [
            program, "run", description, "--url", server.origin, "--checks", CHECKS,
            "--header", f"Authorization: Bearer {token}", "--seed", "20261121", "--workers", "1",
            "--max-time", str(seconds), "--max-examples", "10", "--phases", "examples,coverage,fuzzing",
            "--generation-database", "none", "--warnings", "off", "--no-color",
            "--suppress-health-check", "all", "--continue-on-failure", *flags,
        ],
        cwd=folder, capture_output=True, text=True, timeout=seconds + 60,
        env={**os.environ, **(environment or {})},
    )
    (folder / f"{name}.txt").write_text(made.stdout + made.stderr)
    return made


@pytest.mark.timeout(300)
@pytest.mark.parametrize("role, seconds, flags", [
    ("service", 45, ["--exclude-operation-id", LAST]),
    # A viewer may ask 20 times a second: a few requests of each operation.
    ("viewer", 20, [
        "--exclude-operation-id", LAST, "--rate-limit", "18/s", "--phases", "fuzzing",
        "--max-examples", "6",
    ]),
    ("everywhere", 15, ["--include-path-regex", "^/api/v1/(people|rooms$)"]),
    ("ending", 15, ["--include-operation-id", LAST]),
], ids=["service", "viewer", "everywhere", "ending"])
def test_no_request_gets_what_is_not_described(server, evidence, report, role, seconds, flags):
    host = furnish(server)
    token = server.token(
        "*" if role == "everywhere" else ROOM, role if role == "viewer" else "service",
        f"fuzz-{role}")
    made = run(server, evidence, role, seconds, token, *flags)
    lines = made.stdout.splitlines()
    figures = next((line for line in reversed(lines) if " generated" in line), "")
    report(f"{role}: {' '.join(figures.split())}")
    # On a machine that is busy, time ends it early; but something must have been asked.
    generated = int(re.search(r"(\d+) generated", figures).group(1)) if "generated" in figures else 0
    assert generated > 20, made.stdout[-3000:]
    assert made.returncode == 0, made.stdout[-6000:] + made.stderr[-1000:]
    host.end()
    # The room may be over, full, or the host's token revoked; another one is as well as ever.
    other = RawWebSocket(server.address, "elsewhere", server.token("elsewhere", "host", "alice"))
    other.send(frame(TEXT, other.text("still here")))
    assert other.answered()


# ---- A sale ---------------------------------------------------------------------------------------

SALE = [
    "putListing", "setVariant", "setCart", "putVoucher", "applyVoucher", "checkout", "receiveCallback", "getOrders",
    "cancelOrder", "refundOrder", "shipOrder", "pinListing", "scheduleDrop", "openLot",
]
# So many that the first may ask again when the last has been refused.
BUYERS = 40
# Further ways from an order to the money, beside those to look at, cancel, ship and refund it.
MONEY = 8


def stocked(server, host, buyers):
    """A product, a voucher, and a cart of each buyer's with both."""
    def put(path, token, **body):
        while True:
            status, _, text = server.request(
                "PUT", f"/api/v1/rooms/{ROOM}{path}", json.dumps(body), {"Content-Type": "application/json"}, token)
            if status == 200:
                return
            assert status == 429, text
            time.sleep(0.1)

    variant = {"sku": "MUG", "title": "one", "priceMinor": 1000, "units": 10000}
    put("/listings/thing", host, title="Mug", currency="EUR", variants=[variant])
    put("/vouchers/TEN", host, kind="percent", value=10)
    for buyer in buyers:
        put("/cart/MUG", buyer, quantity=1)
        put("/cart-voucher", buyer, code="TEN")


def narrowed_to_a_sale(document):
    """One product, one voucher and few amounts, so that one request is about what another one made."""
    document = narrowed(document)
    schemas = document["components"]["schemas"]
    sku = {"const": "MUG"}

    def request(operation):
        for operations in document["paths"].values():
            for each in operations.values():
                if each["operationId"] == operation:
                    content = each["requestBody"]["content"]["application/json"]["schema"]
                    name = content.get("$ref", "").rpartition("/")[2]
                    made = schemas[name] if name else content
                    made["additionalProperties"] = False
                    return each, made
        raise AssertionError(f"there is no {operation}")

    def parameter(operation, name, schema):
        each, _ = request(operation)
        next(p for p in each["parameters"] if p["name"] == name)["schema"] = schema

    for operations in document["paths"].values():
        for each in operations.values():
            # What is asked twice under one key is about the key: other tests ask that.
            each["parameters"] = [p for p in each["parameters"] if p["name"] != "Idempotency-Key"]
    _, listing = request("putListing")
    listing["properties"].update(title={"const": "Mug"}, currency={"const": "EUR"})
    for name in ("description", "images", "url"):
        listing["properties"].pop(name)
    variant = listing["properties"]["variants"]["items"]
    variant["properties"].update(
        sku=sku, units={"enum": [5000, 10000]}, priceMinor={"enum": [1000, 2500]}, compareAtMinor={"const": 3000},
        title={"const": "one"})
    listing["properties"]["variants"].update(minItems=1, maxItems=1)
    _, variant = request("setVariant")
    variant["properties"].update(units={"enum": [5000, 10000]}, priceMinor={"enum": [1000, 2500]})
    parameter("putListing", "reference", {"const": "thing"})
    parameter("setCart", "sku", sku)
    parameter("setVariant", "sku", sku)
    _, cart = request("setCart")
    cart["properties"]["quantity"] = {"enum": [1, 2]}
    parameter("putVoucher", "code", {"const": "TEN"})
    _, voucher = request("putVoucher")
    voucher["properties"].update(
        value={"enum": [10, 20]}, minimumMinor={"const": 100}, usesMax={"const": 10000}, perBuyer={"const": 5})
    for name in ("startsAtMs", "endsAtMs"):
        voucher["properties"].pop(name)
    _, drop = request("scheduleDrop")
    drop["properties"]["quantity"] = {"enum": [1, 5]}
    operation, order = request("checkout")
    order["properties"].pop("hold")  # Of the cart: nobody claims or wins anything here.
    # Whichever way leads on is taken as often as another: that to the money is there several times.
    links = operation["responses"]["200"]["links"]
    for number in range(MONEY):
        links[f"money{number}"] = links["receiveCallback"]
    parameter("receiveCallback", "merchant", {"const": "shop"})
    return document


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request):
    """Where a server keeps its rooms: its environment, and the PostgreSQL there is. Before the server in a test's
    arguments, so that it outlives it."""
    if request.param == "sqlite":
        yield {}, None
        return
    postgres = PostgresServer()
    yield {"HAWKER_STORE": postgres.url}, postgres
    postgres.stop()


@pytest.mark.timeout(180)
def test_a_sale_from_the_product_to_the_money(store, start_server, evidence, report):
    """The description's own links lead through it, in whatever order; the merchant's callbacks are signed."""
    merchant = Merchant()
    server = start_server(*merchant.flags, environment=store[0])
    merchant.learn(server)
    counts = evidence / "answers.json"
    flags = [flag for name in SALE for flag in ("--include-operation-id", name)]
    host = server.token(ROOM, "service", "desk")
    buyers = [server.token(ROOM, "viewer", f"buyer-{number}") for number in range(BUYERS)]
    stocked(server, host, buyers)
    environment = {
        "SCHEMATHESIS_HOOKS": str(pathlib.Path(__file__).parents[1] / "harness" / "order_flow.py"),
        "HAWKER_HOST": host, "HAWKER_BUYERS": " ".join(buyers), "HAWKER_SECRET": merchant.secret,
        "HAWKER_COUNTS": str(counts),
    }
    try:
        made = run(
            server, evidence, "sale", 25, host, *flags, "--phases", "stateful", "--mode",
            "positive", "--max-examples", "200", narrow=narrowed_to_a_sale, environment=environment)
    finally:
        merchant.stop()
    assert made.returncode == 0, made.stdout[-6000:] + made.stderr[-1000:]
    orders, path = [], f"/api/v1/rooms/{ROOM}/orders?limit=100"
    while path:
        status, _, text = server.request("GET", path, token=host)
        assert status == 200, text
        page = json.loads(text)
        orders += page["orders"]
        path = page["next"] and f"/api/v1/rooms/{ROOM}/orders?limit=100&before={page['next']}"
    states = collections.Counter(order["status"] for order in orders)
    discounted = sum(order["discountMinor"] > 0 for order in orders)
    lines = [line for line in made.stdout.splitlines() if " generated" in line]
    report(f"{' '.join((lines or ['']).pop().split())}; orders {dict(states)}, {discounted} with a voucher")
    # Dozens usually; which request follows which is by chance that no seed is for.
    assert page["revenue"]["paidCount"] > 0 and discounted, counts.read_text()


# ---- What is not to be taken ----------------------------------------------------------------------

HUGE = 2**63
DEEP = "[" * 100_000 + "]" * 100_000


def paths(stall):
    """Path, method, body, code over REST and over the socket, and what the socket calls it."""
    lot, order = stall["lot"], stall["order"]
    listing = {"title": "x", "currency": "EUR", "variants": [{"sku": "NEW", "priceMinor": 100, "units": 1}]}

    def priced(**changes):
        return {**listing, "variants": [{**listing["variants"][0], **changes}]}

    return [
        # Who asks, REST, body, the socket's request, status, code.
        ("bob", "PUT", "/cart/NONE", {"quantity": 1}, {"type": "setCart", "sku": "NONE"}, 404, "unknown-sku"),
        ("bob", "PUT", "/cart/MUG", {"quantity": -1}, {"type": "setCart", "sku": "MUG"}, 400, None),
        ("bob", "PUT", "/cart/MUG", {"quantity": HUGE}, {"type": "setCart", "sku": "MUG"}, 400, None),
        ("bob", "POST", f"/lots/{lot}/bids", {"amountMinor": -5}, {"type": "bid", "lot": lot}, 400, None),
        ("bob", "POST", f"/lots/{lot}/bids", {"amountMinor": 10**12}, {"type": "bid", "lot": lot}, 400, None),
        ("bob", "POST", f"/lots/{lot}/bids", {"amountMinor": HUGE}, {"type": "bid", "lot": lot}, 400, None),
        ("bob", "POST", f"/lots/{lot}/bids", {"amountMinor": 1.5}, {"type": "bid", "lot": lot}, 400, None),
        ("bob", "POST", "/lots/99999/bids", {"amountMinor": 500}, {"type": "bid", "lot": 99999}, 404, "unknown-lot"),
        ("bob", "POST", "/orders", {"hold": 99999}, {"type": "checkout"}, 404, "unknown-hold"),
        ("bob", "POST", "/orders", {"hold": stall["expired"]}, {"type": "checkout"}, 409, "hold-expired"),
        ("bob", "DELETE", f"/holds/{HUGE}", None, {"type": "releaseHold", "hold": HUGE}, 400, None),
        ("bob", "POST", f"/orders/{order}/refund", {}, {"type": "refundOrder", "order": order}, 403, None),
        ("bob", "POST", "/gifts", {"gift": "castle", "count": 1}, {"type": "gift"}, 404, "unknown-gift"),
        ("bob", "POST", "/gifts", {"gift": "rose", "count": -1}, {"type": "gift"}, 400, None),
        ("bob", "POST", "/gifts", {"gift": "rose", "count": HUGE}, {"type": "gift"}, 400, None),
        ("bob", "POST", "/gifts", {"gift": "rocket", "count": 99}, {"type": "gift"}, 409, "insufficient-coins"),
        ("bob", "PUT", "/cart-voucher", {"code": "NONE"}, {"type": "applyVoucher"}, 404, "unknown-voucher"),
        ("alice", "PUT", "/listings/new", {**listing, "currency": "USD"}, {"type": "putListing", "reference": "new"},
         422, "wrong-currency"),
        ("alice", "PUT", "/listings/new", priced(priceMinor=-1), {"type": "putListing", "reference": "new"}, 400, None),
        ("alice", "PUT", "/listings/new", priced(priceMinor=HUGE), {"type": "putListing", "reference": "new"}, 400, None),
        ("alice", "PUT", "/listings/new", priced(priceMinor=10**12), {"type": "putListing", "reference": "new"},
         400, None),
        ("alice", "PUT", "/listings/new", priced(units=-1), {"type": "putListing", "reference": "new"}, 400, None),
        ("alice", "PATCH", "/variants/MUG", {"units": HUGE}, {"type": "setVariant", "sku": "MUG"}, 400, None),
        ("alice", "POST", f"/orders/{HUGE}/ship", {}, {"type": "shipOrder", "order": HUGE}, 400, None),
    ]


def furnished_stall(server, merchant):
    """A product, a lot, an order and a hold that has ended."""
    tokens = {name: server.token(ROOM, role, name) for name, role in [("alice", "host"), ("bob", "viewer")]}

    def ask(name, method, path, body):
        status, _, text = server.request(
            method, f"/api/v1/rooms/{ROOM}{path}", json.dumps(body), {"Content-Type": "application/json"}, tokens[name])
        assert status == 200, text
        return json.loads(text)

    variant = {"sku": "MUG", "priceMinor": 1000, "units": 9}
    ask("alice", "PUT", "/listings/mug", {"title": "Mug", "currency": "EUR", "variants": [variant]})
    drop = ask("alice", "POST", "/drops", {
        "sku": "MUG", "quantity": 1, "priceMinor": 500, "countdownSeconds": 10, "durationSeconds": 10, "perBuyer": 1,
        "mode": "hold"})["drop"]
    ask("bob", "PUT", "/cart/MUG", {"quantity": 1})
    order = ask("bob", "POST", "/orders", {})["order"]
    merchant.report(server, "order.paid", room=ROOM, order=order)
    deadline = time.monotonic() + 30
    while True:
        status, _, text = server.request(
            "POST", f"/api/v1/rooms/{ROOM}/drops/{drop}/claims", "{}", {"Content-Type": "application/json"},
            tokens["bob"])
        if status == 200:
            break
        assert time.monotonic() < deadline, text
        time.sleep(0.5)
    claim = json.loads(text)["claim"]
    time.sleep(1)  # The window's end gives it the unit.
    status, _, text = server.request("DELETE", f"/api/v1/rooms/{ROOM}/holds/{claim}", token=tokens["bob"])
    assert status == 200, text
    lot = ask("alice", "POST", "/lots", {"sku": "MUG", "startMinor": 100, "durationSeconds": 3600})["lot"]
    return tokens, {"lot": lot, "order": order, "expired": claim}


TABLES = ("events", "replies", "transfers", "postings", "accounts")


def on_the_disk(server, postgres):
    if postgres:
        counted = ", ".join(f"(SELECT count(*) FROM {table}) AS {table}" for table in TABLES)
        return postgres.rows(f"SELECT {counted}")
    database = sqlite3.connect(server.data / "hawker.db")
    try:
        return [
            database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in TABLES
        ]
    finally:
        database.close()


@pytest.mark.timeout(180)
def test_what_is_not_to_be_taken_is_refused_by_name_and_changes_nothing(store, start_server):
    merchant = Merchant()
    server = start_server(*merchant.flags, environment=store[0])
    merchant.learn(server)
    tokens, stall = furnished_stall(server, merchant)
    sockets = {name: RawWebSocket(server.address, ROOM, token) for name, token in tokens.items()}
    before = on_the_disk(server, store[1])
    problem = "application/problem+json"

    def ask(method, path, body, token):
        """Again when it was too often: what is refused is what matters."""
        while True:
            status, headers, text = server.request(
                method, f"/api/v1/rooms/{ROOM}{path}", body, {"Content-Type": "application/json"}, token)
            if status != 429:
                return status, headers, text
            time.sleep(0.3)

    def tell(name, request):
        socket = sockets[name]
        while True:
            socket.send(frame(TEXT, json.dumps({**request, "id": "x"}).encode()))
            # What is no JSON that we take has no id that could be read.
            while (answer := socket.message())["type"] != "error":
                assert answer.get("ref") != "x", f"{request} was taken: {answer}"
            if answer.get("code") != "rate":
                return answer
            time.sleep(0.3)

    for name, method, path, body, request, status, code in paths(stall):
        got, headers, text = ask(method, path, None if body is None else json.dumps(body), tokens[name])
        where = f"{method} {path} {body}: {got} {text}"
        assert got == status and headers["Content-Type"].startswith(problem), where
        told = json.loads(text)["code"]
        assert told == code if code else told in ("bad-message", "bad-field", "not-allowed", "forbidden"), where
        answer = tell(name, {**request, **(body or {})})
        assert answer["type"] == "error" and answer["code"], f"{request} {body}: {answer}"
        assert answer["code"] == told, f"{where}, over the socket {answer}"
    # Another room's token, whole bodies that are too much, and numbers that are none.
    foreign = server.token("elsewhere", "host", "alice")
    assert ask("PUT", "/cart/MUG", '{"quantity":1}', foreign)[0] == 403
    assert ask("POST", "/gifts", f'{{"gift":{DEEP}}}', tokens["bob"])[0] == 400
    assert ask("POST", "/gifts", '{"gift":"' + "x" * 3_000_000 + '"}', tokens["bob"])[0] == 413
    assert ask("POST", "/gifts", '{"gift":"rose","count":1e400}', tokens["bob"])[0] == 400
    with pytest.raises(AssertionError):
        RawWebSocket(server.address, ROOM, foreign)
    socket = RawWebSocket(server.address, ROOM, tokens["bob"])
    socket.send(frame(TEXT, f'{{"type":"gift","id":"d","gift":{DEEP[:30_000] + DEEP[-30_000:]}}}'.encode()))
    while (answer := socket.message())["type"] != "error":
        pass
    assert answer["code"] == "bad-message", answer
    socket.send(frame(TEXT, b'{"type":"gift","gift":"' + b"x" * 200_000 + b'"}'))
    assert socket.closed() == 1009
    assert on_the_disk(server, store[1]) == before, "something was written"
    merchant.stop()
