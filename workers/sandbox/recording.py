"""A voice note as a phone records it: made from nothing, like the scene."""

import math
from array import array
from io import BytesIO

import av

RATE, STEP = 48_000, 960


def voice_note(seconds: float = 3.0) -> bytes:
    """Ogg with Opus in one channel: a tone that swells three times a second, as speech does."""
    out = BytesIO()
    with av.open(out, "w", format="ogg") as target:
        sound = target.add_stream("libopus", rate=RATE, layout="mono")
        for start in range(0, round(seconds * RATE), STEP):
            target.mux(sound.encode(_frame(start)))
        target.mux(sound.encode())
    return out.getvalue()


def _frame(start: int) -> av.AudioFrame:
    wave = array("h", (_loudness(at) for at in range(start, start + STEP)))
    frame = av.AudioFrame(format="s16", layout="mono", samples=STEP)
    frame.sample_rate, frame.pts = RATE, start
    frame.planes[0].update(wave.tobytes())
    return frame


def _loudness(at: int) -> int:
    swell = abs(math.sin(at / RATE * math.pi * 3))
    return int(12_000 * swell * math.sin(at / RATE * math.tau * 220))
