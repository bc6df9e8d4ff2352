"""Reads and writes the time code of docs/timecode.md in pictures of luma."""

import binascii
import json
import pathlib

import numpy

GEOMETRY = json.loads(
    (pathlib.Path(__file__).resolve().parents[1] / "pages" / "timecode.json").read_text()
)
COLUMNS, ROWS = GEOMETRY["columns"], GEOMETRY["rows"]


def _crc(data):
    return binascii.crc_hqx(data, 0xFFFF)


def encode(milliseconds, number):
    """The 80 bits as a list of 0 and 1, in the order in which the blocks are read."""
    data = milliseconds.to_bytes(6, "big") + (number & 0xFFFF).to_bytes(2, "big")
    code = int.from_bytes(data + _crc(data).to_bytes(2, "big"), "big")
    return [(code >> (79 - index)) & 1 for index in range(80)]


def _edges(height, width, row, column, inset):
    top, left = GEOMETRY["y"] * height, GEOMETRY["x"] * width
    tall, wide = GEOMETRY["height"] * height / ROWS, GEOMETRY["width"] * width / COLUMNS
    return (
        round(top + (row + inset) * tall), round(top + (row + 1 - inset) * tall),
        round(left + (column + inset) * wide), round(left + (column + 1 - inset) * wide),
    )


def draw(luma, milliseconds, number):
    """Draws the code into limited-range luma, in place."""
    height, width = luma.shape
    luma[round((GEOMETRY["y"] - GEOMETRY["height"] / ROWS / 2) * height):] = 16
    for index, bit in enumerate(encode(milliseconds, number)):
        if bit:
            top, bottom, left, right = _edges(height, width, *divmod(index, COLUMNS), 0)
            luma[top:bottom, left:right] = 235


def read(luma):
    """(milliseconds, number) of limited-range luma, or None when the checksum doesn't match."""
    height, width = luma.shape
    code = 0
    for index in range(COLUMNS * ROWS):
        top, bottom, left, right = _edges(height, width, *divmod(index, COLUMNS), 0.25)
        block = luma[top:max(bottom, top + 1), left:max(right, left + 1)]
        code = code << 1 | int(numpy.mean(block) >= 126)
    data = code.to_bytes(10, "big")
    if _crc(data[:8]) != int.from_bytes(data[8:], "big"):
        return None
    return int.from_bytes(data[:6], "big"), int.from_bytes(data[6:8], "big")
