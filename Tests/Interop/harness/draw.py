"""Repeats the draw of a giveaway from the exported log, by the steps of PROTOCOL.md's "Verifying a draw"."""

import hashlib
import hmac
import json
import struct


def exported_log(server, room, token):
    """The whole log of a room, all pages together, as `GET /log` gives it."""
    path, lines = f"/api/v1/rooms/{room}/log", []
    while path:
        status, headers, text = server.request("GET", path, token=token)
        assert status == 200, f"{path} answered {status}: {text[:500]}"
        lines += [json.loads(line) for line in text.splitlines() if line]
        link = headers.get("Link", "")
        path = link[link.index("<") + 1:link.index(">")] if 'rel="next"' in link else None
    return lines


def winners(seed, giveaway, entries, wanted):
    key, left, won, turn = bytes.fromhex(seed), list(entries), [], 0
    while left and len(won) < wanted:
        digest = hmac.digest(key, f"{giveaway}:{turn}".encode(), "sha256")
        words = struct.unpack(">4Q", digest)
        limit = 2**64 - 2**64 % len(left)
        chosen = next((word for word in words if word < limit), words[-1])
        won.append(left.pop(chosen % len(left)))
        turn += 1
    return won


def assert_fair(commitment, seed, giveaway):
    have = hashlib.sha256(bytes.fromhex(seed) + f"hawker-giveaway:{giveaway}".encode()).hexdigest()
    assert have == commitment, "the seed is not the one that was committed to"
