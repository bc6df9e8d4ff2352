"""A WebSocket client that sends whatever it is told, frame by frame: no library would."""

import base64
import json
import os
import socket
import struct

from .traffic import traffic

CRLF = "\r\n"
TEXT, BINARY, CLOSE, PING, PONG, CONTINUATION = 1, 2, 8, 9, 10, 0


def frame(opcode, payload=b"", final=True, reserved=0, masked=True, length=None):
    """One frame; `length` lies about the payload's."""
    length = len(payload) if length is None else length
    head = bytes([(0x80 if final else 0) | reserved << 4 | opcode])
    mask_bit = 0x80 if masked else 0
    if length < 126:
        head += bytes([mask_bit | length])
    elif length < 1 << 16:
        head += bytes([mask_bit | 126]) + struct.pack("!H", length)
    else:
        head += bytes([mask_bit | 127]) + struct.pack("!Q", length)
    if not masked:
        return head + payload
    key = os.urandom(4)
    stream = key * (len(payload) // 4 + 1)
    return head + key + bytes(a ^ b for a, b in zip(payload, stream))


class RawWebSocket:
    def __init__(self, address, room, token=None, headers=()):
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host, int(port)), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        key = base64.b64encode(os.urandom(16)).decode()
        self.send(
            f"GET /ws HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"{''.join(header + CRLF for header in headers)}\r\n".encode())
        while b"\r\n\r\n" not in self.buffer:
            self._more()
        self.head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        assert self.head.startswith(b"HTTP/1.1 101"), self.head
        self.number = 0
        if token:
            join = {"type": "join", "id": "j", "version": 1, "room": room, "token": token}
            self.send(frame(TEXT, json.dumps(join).encode()))
            while self.message()["type"] != "me":
                pass

    def send(self, data, pieces=None):
        """Sends; with `pieces` that many bytes at a time."""
        step = pieces or len(data) or 1
        try:
            for start in range(0, len(data), step):
                self.socket.sendall(data[start:start + step])
        except (BrokenPipeError, ConnectionResetError):
            pass  # The answer that came before says why.

    def _more(self):
        data = self.socket.recv(1 << 16)
        if not data:
            raise EOFError
        self.buffer += data

    def frame(self):
        """The next frame: (opcode, payload). None at the end of the connection."""
        try:
            while True:
                if len(self.buffer) >= 2:
                    assert self.buffer[0] & 0x70 == 0 and not self.buffer[1] & 0x80, "a bad frame"
                    length, start = self.buffer[1] & 0x7F, 2
                    if length >= 126:
                        start = 4 if length == 126 else 10
                        length = int.from_bytes(self.buffer[2:start], "big")
                    if len(self.buffer) >= start + length:
                        opcode, payload = self.buffer[0] & 15, self.buffer[start:start + length]
                        self.buffer = self.buffer[start + length:]
                        return opcode, payload
                self._more()
        except (EOFError, ConnectionResetError):
            return None

    def message(self):
        while True:
            found = self.frame()
            assert found, "the connection ended"
            if found[0] == TEXT:
                traffic.received(found[1].decode())
                return json.loads(found[1])
            assert found[0] != CLOSE, f"closed: {found[1]!r}"

    # ---- What the cases ask -----------------------------------------------------------------------

    def text(self, payload="", length=None):
        """A request with this text in it, or padded to so many bytes; `answered` waits for its reply."""
        self.number += 1
        made = {"type": "ping", "id": f"p{self.number}", "pad": payload}
        data = json.dumps(made, ensure_ascii=False).encode()
        if length is not None:
            made["pad"] = "*" * (length - len(data))
            data = json.dumps(made).encode()
            assert len(data) == length
        return data

    def answered(self):
        """Whether the last request got its reply."""
        while True:
            message = self.message()
            assert message["type"] != "error", message
            if message["type"] == "pong" and message["ref"] == f"p{self.number}":
                return True

    def closed(self):
        """The code the server closes with: 1005 for a frame without one, None for none at all."""
        while True:
            found = self.frame()
            if found is None:
                return None
            if found[0] == CLOSE:
                return struct.unpack("!H", found[1][:2])[0] if len(found[1]) >= 2 else 1005

    def pong(self):
        """The payload of the next pong."""
        while True:
            found = self.frame()
            assert found and found[0] != CLOSE, f"closed: {found}"
            if found[0] == PONG:
                return found[1]

    def end(self):
        self.socket.close()
