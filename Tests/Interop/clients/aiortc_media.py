"""A picture with the time code and a tone, as aiortc's tracks."""

import asyncio
import fractions
import time

import av
import numpy
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack

from .picture import FRAMES_PER_SECOND, SAMPLE_RATE, luma, tone

WIDTH, HEIGHT = 640, 360
AUDIO_FRAME = 960  # 20 ms


async def pace(began, at):
    await asyncio.sleep(max(0, began + at - time.monotonic()))


class Picture(VideoStreamTrack):
    def __init__(self):
        super().__init__()
        self.began, self.number = time.monotonic(), 0

    async def recv(self):
        await pace(self.began, self.number / FRAMES_PER_SECOND)
        planes = numpy.full((HEIGHT * 3 // 2, WIDTH), 128, numpy.uint8)
        planes[:HEIGHT] = luma(WIDTH, HEIGHT, self.number)
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts = self.number * 90000 // FRAMES_PER_SECOND
        frame.time_base = fractions.Fraction(1, 90000)
        self.number += 1
        return frame


class Tone(AudioStreamTrack):
    def __init__(self):
        super().__init__()
        self.began, self.sample = time.monotonic(), 0

    async def recv(self):
        await pace(self.began, self.sample / SAMPLE_RATE)
        frame = av.AudioFrame.from_ndarray(
            tone(self.sample, AUDIO_FRAME)[None, :], format="s16", layout="mono"
        )
        frame.sample_rate, frame.pts = SAMPLE_RATE, self.sample
        frame.time_base = fractions.Fraction(1, SAMPLE_RATE)
        self.sample += AUDIO_FRAME
        return frame
