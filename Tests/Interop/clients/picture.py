"""The moving picture and the tone that the non-browser publishers send."""

import time

import numpy

from . import timecode

FRAMES_PER_SECOND = 30
SAMPLE_RATE = 48000


def luma(width, height, number):
    """A moving gradient with the time code of now, as limited-range luma."""
    x = numpy.arange(width)[None, :]
    y = numpy.arange(height)[:, None]
    picture = (40 + (x + y + 4 * number) % 160).astype(numpy.uint8)
    timecode.draw(picture, time.time_ns() // 1_000_000, number)
    return picture


def tone(first_sample, count):
    """Mono 16-bit samples of a 440 Hz tone, continuous over calls."""
    at = (first_sample + numpy.arange(count)) / SAMPLE_RATE
    return (8000 * numpy.sin(2 * numpy.pi * 440 * at)).astype(numpy.int16)
