"""Webhooks against the reference library of Standard Webhooks, through kill -9, and the demo shop."""

import collections
import json
import re
import subprocess
import time

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from harness.process import Process
from harness.scripted_merchant import Merchant, secret
from harness.server import binary


@pytest.fixture
def receiver():
    """A shop's receiver whose answers a test holds back."""
    receiver = Merchant()
    yield receiver
    receiver.stop()


@pytest.fixture
def shop_server(start_server, receiver):
    return start_server(*receiver.flags)


def service(server):
    return server.token("*", "service", "ops")


def send_tests(server, count):
    token = service(server)
    for _ in range(count):
        status, _, text = server.request("POST", "/api/v1/hook-endpoints/1/test", token=token)
        assert status == 202, text


def deliveries(server):
    status, _, text = server.request(
        "GET", "/api/v1/hook-endpoints/1/deliveries?limit=100", token=service(server)
    )
    assert status == 200, text
    return json.loads(text)["deliveries"]


def test_the_reference_verifier_accepts_our_messages(shop_server, receiver):
    webhook = Webhook(secret(shop_server))
    send_tests(shop_server, 10)
    for headers, body in receiver.wait(10):
        assert webhook.verify(body, headers)["type"] == "hook.test"
        with pytest.raises(WebhookVerificationError):
            webhook.verify(body + b" ", headers)
    assert len({headers["webhook-id"] for headers, _ in receiver.received}) == 10


def test_the_reference_library_signs_callbacks_we_believe(shop_server):
    from datetime import datetime, timezone

    webhook = Webhook(secret(shop_server))
    body = json.dumps({"type": "order.paid", "data": {"room": "demo", "order": 1}})

    def call(body, moment, signature=None, identifier="evt_1"):
        headers = {
            "Content-Type": "application/json", "webhook-id": identifier,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": signature or webhook.sign(identifier, moment, body),
        }
        status, _, text = shop_server.request("POST", "/api/v1/hooks/shop", body, headers)
        return status, json.loads(text)["code"]

    now = datetime.now(timezone.utc)
    assert call(body, now) == (404, "unknown-order")
    old = datetime.fromtimestamp(now.timestamp() - 400, timezone.utc)
    assert call(body, old)[0] == 401
    assert call(body + " ", now, webhook.sign("evt_1", now, body))[0] == 401


def test_what_was_sent_when_the_process_died_comes_again_under_its_id(shop_server, receiver):
    receiver.gate.clear()
    send_tests(shop_server, 12)
    receiver.wait(4)
    shop_server.crash()
    receiver.gate.set()
    deadline = time.monotonic() + 30
    while any(row["state"] != "delivered" for row in deliveries(shop_server)):
        assert time.monotonic() < deadline, deliveries(shop_server)
        time.sleep(0.2)
    times = collections.Counter(headers["webhook-id"] for headers, _ in receiver.received)
    assert len(times) == 12, "each came, under one id"
    assert max(times.values()) >= 2, "those whose answer was not written down came again"
    webhook = Webhook(secret(shop_server))
    for headers, body in receiver.received:
        webhook.verify(body, headers)


def test_the_end_of_a_show_reaches_the_shop(shop_server, receiver):
    token = shop_server.token("demo", "host", "host")
    status, _, text = shop_server.request("POST", "/api/v1/rooms/demo/end", token=token)
    assert status == 200, text
    ((_, body),) = receiver.wait(1)
    message = json.loads(body)
    assert message["type"] == "room.ended" and message["data"]["room"] == "demo"
    assert message["data"]["sequence"] >= 1


def test_the_demo_shop_passes_the_conformance_kit(start_server, evidence):
    server = start_server()
    shop = Process(
        [
            binary(), "demo", "shop", "--listen", "127.0.0.1:0", "--server", server.address,
            "--data", server.data,
        ],
        evidence / "shop.log",
    )
    try:
        address = shop.wait_for_line(re.compile(r"^shop http://(\S+)/$").match, 15).group(1)
        command = [
            str(binary()), "hooks", "test", f"http://{address}/hooks", "--hook-allow", address,
            "--data", str(server.data), "--yes",
        ]
        good = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert good.returncode == 0, good.stdout + good.stderr
        assert good.stdout.count("pass") == 17 and "FAIL" not in good.stdout
        other = subprocess.run(
            [*command, "--merchant", "other"], capture_output=True, text=True, timeout=60
        )
        assert other.returncode == 1 and "FAIL  a good signature" in other.stdout
    finally:
        shop.kill()
