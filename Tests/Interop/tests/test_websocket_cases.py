"""The cases of the Autobahn test suite against our WebSocket server, by their numbers; 9, 12 and 13 are slow ones.

Autobahn's server echoes; ours answers requests. So a text is sent within a request, and its reply shows that it was
taken; what closes is closed with the code RFC 6455 section 7.4.1 names. Binary messages are refused by PROTOCOL.md.
"""

import struct
import zlib

import pytest

from harness.raw_websocket import (
    BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, RawWebSocket, frame,
)
from harness.server import resident

# 6.3 and 6.4: the bytes of the RFC's own example of a bad text.
GOOD = "κόσμε".encode()
BAD = b"\xed\xa0\x80"
# 6.5 to 6.9, 6.22, 6.23: the ends of each length, non-characters, the replacement character.
VALID = [
    "Hello-µ@ßöäüàá-UTF-8!!", "κόσμε", "\u0080", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\ufffd",
    "\ufffe", "\uffff", "\U00010000", "\U0001fffe", "\U0010ffff", "\u007f",
]
# 6.3, 6.10 to 6.21: lonely and missing continuations, over-long forms, surrogates, beyond the last character.
INVALID = [
    BAD, b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80", b"\x80",
    b"\xbf", b"\x80\xbf\x80", b"\xc0 ", b"\xe0 ", b"\xf0 ", b"\xe0\x80 ", b"\xf0\x80\x80 ",
    b"\xfe", b"\xff", b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xc1\xbf",
    b"\xe0\x9f\xbf", b"\xf0\x8f\xbf\xbf", b"\xc0\x80", b"\xed\xad\xbf", b"\xed\xae\x80",
    b"\xed\xbf\xbf", b"\xed\xa0\x80\xed\xb0\x80",
]


@pytest.fixture
def cases(server, room):
    """Makes sockets: `cases()` before a join, `cases(joined=True)` after it."""
    made = []

    def connect(joined=False):
        # An identity has at most 16 sessions.
        identity = f"viewer-{len(made) // 12}"
        if joined and identity not in tokens:
            tokens[identity] = server.token(room, "viewer", identity)
        made.append(RawWebSocket(server.address, room, tokens[identity] if joined else None))
        return made[-1]

    tokens = {}
    yield connect
    for each in made:
        each.end()


def test_1_framing(cases):
    socket = cases(joined=True)
    # 1.1: the shortest request, the limits of each length's form, the longest message; whole and in chops.
    for length in (45, 125, 126, 127, 128, 65535, 65536):
        for pieces in (None, 997):
            socket.send(frame(TEXT, socket.text(length=length)), pieces)
            assert socket.answered(), length
    # 1.2: binary messages are refused by their own code.
    for length in (0, 125, 126, 127, 128, 65535):
        socket = cases()
        socket.send(frame(BINARY, b"\xfe" * length))
        assert socket.closed() == 1003, length


def test_2_pings_and_pongs(cases):
    socket = cases()
    for payload in (b"", b"Hello", b"\x00\xff\xfe\xfd", b"\xfe" * 125):  # 2.1 to 2.4
        socket.send(frame(PING, payload))
        assert socket.pong() == payload
    socket.send(frame(PING, b"\xfe" * 125), 1)  # 2.6
    assert socket.pong() == b"\xfe" * 125
    # 2.7 to 2.9: pongs nobody asked for.
    socket.send(frame(PONG) + frame(PONG, b"unsolicited") + frame(PING, b"after"))
    assert socket.pong() == b"after"
    # 2.10, 2.11: ten at once, answered in order.
    payloads = [f"payload-{number}".encode() for number in range(10)]
    for pieces in (None, 1):
        socket.send(b"".join(frame(PING, each) for each in payloads), pieces)
        assert [socket.pong() for _ in payloads] == payloads
    socket = cases()
    socket.send(frame(PING, b"\xfe" * 126))  # 2.5
    assert socket.closed() == 1002


def test_3_reserved_bits(cases):
    for opcode, reserved in ((TEXT, 1), (TEXT, 2), (TEXT, 3), (TEXT, 4), (BINARY, 5), (PING, 6), (CLOSE, 7)):
        socket = cases()
        socket.send(frame(PING, b"before") + frame(opcode, b"Hello", reserved=reserved), 1)
        assert socket.pong() == b"before"
        assert socket.closed() == 1002, (opcode, reserved)


def test_4_reserved_opcodes(cases):
    for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
        for payload in (b"", b"reserved"):
            socket = cases()
            socket.send(frame(opcode, payload) + frame(PING))
            assert socket.closed() == 1002, opcode


def test_5_fragments(cases):
    for opcode in (PING, PONG):  # 5.1, 5.2
        socket = cases()
        socket.send(frame(opcode, b"fragment1", final=False) + frame(CONTINUATION, b"fragment2"))
        assert socket.closed() == 1002
    socket = cases(joined=True)
    for pieces in (None, 1):  # 5.3 to 5.5
        data = socket.text("fragmented")
        socket.send(frame(TEXT, data[:9], final=False) + frame(CONTINUATION, data[9:]), pieces)
        assert socket.answered()
        # 5.6 to 5.8, 5.19, 5.20: pings between fragments are answered before the message is whole.
        data = socket.text("fragmented")
        socket.send(
            frame(TEXT, data[:9], final=False) + frame(CONTINUATION, data[9:12], final=False)
            + frame(PING, b"between"), pieces)
        assert socket.pong() == b"between"
        socket.send(frame(CONTINUATION, b"", final=False) + frame(CONTINUATION, data[12:]), pieces)
        assert socket.answered()
    # 5.9 to 5.14: a continuation of nothing. 5.15: one after a whole message.
    for final in (True, False):
        socket = cases()
        socket.send(frame(CONTINUATION, b"non-continuation", final=final) + frame(TEXT, b"Hello"))
        assert socket.closed() == 1002
    socket = cases(joined=True)
    data = socket.text("whole")
    socket.send(
        frame(TEXT, data[:9], final=False) + frame(CONTINUATION, data[9:])
        + frame(CONTINUATION, b"fragment3", final=False))
    assert socket.closed() == 1002
    # 5.16 to 5.18: a new message within another one.
    socket = cases()
    socket.send(frame(TEXT, b"fragment1", final=False) + frame(TEXT, b"fragment2"))
    assert socket.closed() == 1002


def test_6_text(cases):
    socket = cases(joined=True)
    for text in VALID:
        data = socket.text(text)
        socket.send(frame(TEXT, data))
        assert socket.answered(), text
        # 6.2: each byte its own fragment, so characters are cut.
        data = socket.text(text)
        fragments = [frame(TEXT, data[:1], final=False)]
        fragments += [frame(CONTINUATION, data[at:at + 1], final=False) for at in range(1, len(data))]
        socket.send(b"".join(fragments) + frame(CONTINUATION))
        assert socket.answered(), text
    for text in INVALID:
        socket = cases()
        socket.send(frame(TEXT, GOOD + text + b"edited"))
        assert socket.closed() == 1007, text
        # 6.4: refused as soon as it is there, though the message goes on.
        socket = cases()
        socket.send(frame(TEXT, GOOD, final=False) + frame(CONTINUATION, text + b"!", final=False))
        assert socket.closed() == 1007, text
    # A character that the message's end cuts off.
    for cut in (b"\xce", b"\xe2\x82", b"\xf0\x9f\x98"):
        socket = cases()
        socket.send(frame(TEXT, GOOD + cut))
        assert socket.closed() == 1007, cut


def test_7_closing(cases):
    def closing(payload):
        socket = cases()
        socket.send(frame(CLOSE, payload))
        code = socket.closed()
        assert socket.frame() is None, "the connection stays after both have closed"
        return code

    assert closing(b"") in (1000, 1005)  # 7.3.1
    assert closing(b"\x03") == 1002  # 7.3.2
    code = struct.pack("!H", 1000)
    assert closing(code) == 1000 and closing(code + b"Hello") == 1000  # 7.3.3, 7.3.4
    assert closing(code + b"*" * 123) == 1000 and closing(code + b"*" * 124) == 1002  # 7.3.5, 7.3.6
    assert closing(code + GOOD + BAD) == 1007  # 7.5.1
    for number in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999):
        assert closing(struct.pack("!H", number)) == number  # 7.7
    for number in (0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65535):
        assert closing(struct.pack("!H", number)) == 1002, number  # 7.9, 7.13
    # 7.1.1 to 7.1.6: nothing is answered after a close, and the second close is not either.
    for after in (frame(TEXT, b"{}"), frame(PING), frame(CLOSE), frame(CONTINUATION, b"x" * 65536)):
        socket = cases()
        socket.send(frame(CLOSE, code) + after)
        assert socket.closed() == 1000
        assert socket.frame() is None


def test_10_large_messages_in_fragments(cases):
    socket = cases(joined=True)
    data = socket.text(length=65536)
    fragments = [data[at:at + 1300] for at in range(0, len(data), 1300)]
    sent = frame(TEXT, fragments[0], final=False)
    sent += b"".join(frame(CONTINUATION, each, final=False) for each in fragments[1:-1])
    socket.send(sent + frame(CONTINUATION, fragments[-1]))
    assert socket.answered()


@pytest.mark.slow
def test_9_limits_and_performance(server, cases):
    """Our longest message has 64 KiB, in at most 256 fragments; what is longer is refused at once, by its code."""
    before = resident(server)
    socket = cases(joined=True)
    whole = 65536
    socket.send(frame(TEXT, socket.text(length=whole)))  # 9.1.1
    assert socket.answered()
    for length in (1 << 18, 1 << 20, 1 << 22, 1 << 23, 1 << 24):  # 9.1.2 to 9.2.6
        for opcode in (TEXT, BINARY):
            other = cases()
            other.send(frame(opcode, b"*" * length))
            # The close frame may be lost: what is still being sent to a closed connection resets it.
            assert other.closed() in (1009, None), length
    for size in (64, 256, 1024, 4096, 16384, 65536):  # 9.3, 9.4
        other = cases(joined=True)
        data = other.text(length=whole)
        pieces = [data[at:at + size] for at in range(0, whole, size)]
        kinds = [TEXT] + [CONTINUATION] * (len(pieces) - 1)
        other.send(b"".join(
            frame(kind, piece, final=number == len(pieces) - 1)
            for number, (kind, piece) in enumerate(zip(kinds, pieces))))
        if len(pieces) <= 256:
            assert other.answered(), size
        else:
            assert other.closed() in (1009, None), size
    for pieces in (64, 128, 256, 512, 1024, 2048):  # 9.5, 9.6
        other = cases(joined=True)
        other.send(frame(TEXT, other.text(length=whole)), pieces)
        assert other.answered(), pieces
    for length in (45, 64, 256, 1024, 4096):  # 9.7: a thousand round trips each; 60 at once are in a socket's rate
        for _ in range(20):
            other = cases(joined=True)
            for _ in range(50):
                other.send(frame(TEXT, other.text(length=length)))
                assert other.answered()
            other.end()
    for _ in range(1000):  # 9.8 has binary messages, which we refuse: pings are the binary that is answered.
        socket.send(frame(PING, b"\xfe" * 125))
        assert socket.pong() == b"\xfe" * 125
    assert resident(server) - before < 32 << 20


# 12 and 13 offer compression in all these ways. Ours takes none, which Autobahn calls "unimplemented".
DEFLATE_OFFERS = [
    "permessage-deflate",
    "permessage-deflate; client_no_context_takeover; client_max_window_bits",
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
    "permessage-deflate; server_max_window_bits=9; client_max_window_bits=9",
    "permessage-deflate; server_max_window_bits=15; client_max_window_bits",
    "permessage-deflate; server_max_window_bits=8; client_max_window_bits=8",
    "permessage-deflate; client_max_window_bits, permessage-deflate, x-webkit-deflate-frame",
    "permessage-deflate; unknown=1", "permessage-deflate; server_max_window_bits=99", ";,;",
]


@pytest.mark.slow
def test_12_13_compression_is_declined(server, room, cases):
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = deflate.compress(b"0" * (1 << 24)) + deflate.flush(zlib.Z_SYNC_FLUSH)
    before = resident(server)
    for offer in DEFLATE_OFFERS:
        socket = RawWebSocket(
            server.address, room, server.token(room, "viewer", "vera"),
            headers=[f"Sec-WebSocket-Extensions: {offer}"])
        assert b"sec-websocket-extensions" not in socket.head.lower(), offer
        # Not compressed, all is as ever; compressed, it is a reserved bit that nobody agreed to (RFC 7692 section 6).
        socket.send(frame(TEXT, socket.text("not compressed")))
        assert socket.answered(), offer
        socket.send(frame(TEXT, bomb[:65000], reserved=4))
        assert socket.closed() == 1002, offer
        socket.end()
    assert resident(server) - before < 16 << 20


def test_hostile_frames(cases):
    """Lengths that lie, frames without a mask, fragments without end: refused at once, nobody else notices."""
    other = cases(joined=True)
    for length in (1 << 16, 1 << 31, 1 << 62):
        socket = cases()
        socket.send(frame(BINARY, b"", length=length + 1))
        assert socket.closed() == 1009, length
    # RFC 6455 section 5.2: the most significant bit must be 0.
    socket = cases()
    socket.send(frame(BINARY, b"", length=1 << 63))
    assert socket.closed() in (1002, 1009)
    socket = cases()
    socket.send(frame(TEXT, b"Hello", masked=False))
    assert socket.closed() == 1002
    socket = cases()
    socket.send(frame(TEXT, b"", final=False) + frame(CONTINUATION, b"", final=False) * 130_000)
    # The close frame may be lost: what is still being sent to a closed connection resets it.
    assert socket.closed() in (1009, None)
    other.send(frame(TEXT, other.text("still here")))
    assert other.answered()
