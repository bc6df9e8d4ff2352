"""Publishes H.264 and Opus with FFmpeg's WHIP muxer."""

import time

import av
import numpy

from .picture import FRAMES_PER_SECOND, SAMPLE_RATE, luma, tone
from .signalling import arguments, say, stop_on_terminate

WIDTH, HEIGHT = 640, 360
AUDIO_FRAME = 960  # 20 ms


def video_frame(number):
    picture = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
    for plane, values in zip(
        picture.planes,
        (luma(WIDTH, HEIGHT, number), *[numpy.full((HEIGHT // 2, WIDTH // 2), 128, numpy.uint8)] * 2),
        strict=True,
    ):
        rows = numpy.zeros((plane.height, plane.line_size), numpy.uint8)
        rows[:, : plane.width] = values
        plane.update(rows.tobytes())
    picture.pts = number
    return picture


def audio_frame(first_sample):
    samples = numpy.repeat(tone(first_sample, AUDIO_FRAME), 2)[None, :]
    frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="stereo")
    frame.sample_rate, frame.pts = SAMPLE_RATE, first_sample
    return frame


def main():
    url, token, seconds = arguments()
    running = True

    def stop():
        nonlocal running
        running = False

    stop_on_terminate(stop)
    with av.open(url, "w", format="whip", options={"authorization": token}) as output:
        video = output.add_stream("libx264", FRAMES_PER_SECOND)
        video.width, video.height, video.pix_fmt, video.bit_rate = WIDTH, HEIGHT, "yuv420p", 800_000
        video.options = {
            "profile": "baseline", "tune": "zerolatency", "preset": "ultrafast", "g": "60", "bf": "0",
        }
        video.codec_context.max_b_frames = 0
        audio = output.add_stream("libopus", SAMPLE_RATE, layout="stereo")
        audio.bit_rate = 64_000
        output.start_encoding()
        say(state="connected")
        began, frames, samples = time.monotonic(), 0, 0
        while running and (not seconds or time.monotonic() - began < seconds):
            output.mux(video.encode(video_frame(frames)))
            frames += 1
            while samples < frames * SAMPLE_RATE // FRAMES_PER_SECOND:
                output.mux(audio.encode(audio_frame(samples)))
                samples += AUDIO_FRAME
            time.sleep(max(0, began + frames / FRAMES_PER_SECOND - time.monotonic()))
    say(state="ended", framesSent=frames)


main()
