"""The REST API against whatever schemathesis makes of its own description, by the roles that ask.

No answer is a 5xx, every one has a status, a media type and a body that the description says, and what the
description forbids is refused. Seeded: the same requests each time, as far as the server gives the same answers.
"""

import json
import pathlib
import re
import subprocess
import sys

import pytest

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


def run(server, folder, name, seconds, token, *flags):
    status, _, text = server.request("GET", "/api/v1/openapi.json")
    assert status == 200
    description = folder / "openapi.json"
    description.write_text(json.dumps(narrowed(json.loads(text))))
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
