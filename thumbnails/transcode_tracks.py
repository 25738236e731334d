"""One track each: decoded frames go in, encoded packets go into the container. One thread, as a confined child has."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
from av.container import OutputContainer

from thumbnails.probe import turn_of
from thumbnails.transcode_recipes import SoundRecipe, VideoRecipe

_BT709 = 1
_PQ, _HLG = 16, 18
"""Transfer functions of high dynamic range as libav counts them; phones record HLG by default since about 2020."""
_TO_BT709 = "iall=bt2020:itrc=bt2020-10:all=bt709:format=yuv420p:range=tv"
"""HLG was made to look right to who takes it for BT.2020. libswscale's tone mapping wants threads and 5 s a clip."""
_FROM_PQ = "y='64+876*min(1,pow(clip((val-64)/876,0,1)/0.68,1.5))':u='512+(val-512)*1.4':v='512+(val-512)*1.4'"
"""Paper white (203 cd/m2, code 0.58 of 1) at about 0.8; what is brighter than 600 cd/m2 is white."""
_TURNS: dict[int, list[tuple[str, str | None]]] = {
    0: [],
    90: [("transpose", "clock")],
    180: [("hflip", None), ("vflip", None)],
    270: [("transpose", "cclock")],
}
_SAMPLE_FORMATS = {"libopencore_amrnb": "s16", "libopus": "s16"}
_PLANAR = "fltp"


class Projector:
    """Frames as they will be seen: paced, scaled, upright, square pixels, standard dynamic range, BT.709."""

    def __init__(self, recipe: VideoRecipe) -> None:
        self._recipe = recipe
        self._graph: av.filter.Graph | None = None

    def shown(self, frame: av.VideoFrame | None) -> Iterator[av.VideoFrame]:
        """What comes out for this frame; None is the end."""
        if self._graph is None:
            if frame is None:
                return
            self._graph = _graph(frame, self._recipe)
        self._graph.vpush(frame)
        while True:
            try:
                out = self._graph.vpull()
            except (av.BlockingIOError, av.EOFError):
                return
            out.pict_type = 0  # the encoder decides, not the source
            yield out


def _graph(first: av.VideoFrame, recipe: VideoRecipe) -> av.filter.Graph:
    turn = turn_of(first)
    width, height = recipe.size if turn in (0, 180) else recipe.size[::-1]
    graph = av.filter.Graph()
    graph.threads = 1
    filters = [
        ("fps", f"fps={recipe.frames_per_second}"),
        *_colors(f"{width}:{height}:flags=bicubic", first.color_trc),
        *_TURNS[turn],
        ("setsar", "1"),
        ("buffersink", None),
    ]
    source = graph.add_buffer(width=first.width, height=first.height, format=first.format, time_base=first.time_base)
    graph.link_nodes(source, *(graph.add(name, options) for name, options in filters)).configure()
    return graph


def _colors(scale: str, transfer: int) -> list[tuple[str, str | None]]:
    """Scaled, in BT.709, with what is left of a high dynamic range."""
    if transfer not in (_PQ, _HLG):
        return [("scale", f"{scale}:out_color_matrix=bt709:out_range=tv"), ("format", "yuv420p")]
    tones = [("lutyuv", _FROM_PQ)] if transfer == _PQ else []
    return [("scale", scale), ("format", "yuv420p10le"), *tones, ("colorspace", _TO_BT709)]


class PictureTrack:
    def __init__(self, target: OutputContainer, recipe: VideoRecipe, passes: Path | None) -> None:
        self._target = target
        self._projector = Projector(recipe)
        self._stream = target.add_stream("libx264", rate=recipe.frames_per_second)
        _set_up(self._stream.codec_context, recipe, passes, 2)

    def add(self, frame: av.VideoFrame | None) -> None:
        for shown in self._projector.shown(frame):
            self._target.mux(self._stream.encode(shown))
        if frame is None:
            self._target.mux(self._stream.encode())


class Rehearsal:
    """The first of two passes: nothing is kept but x264's notes in `passes` (and `passes.mbtree`)."""

    def __init__(self, recipe: VideoRecipe, passes: Path) -> None:
        self._projector = Projector(recipe)
        self._encoder = av.CodecContext.create("libx264", "w")
        self._encoder.framerate = recipe.frames_per_second
        self._encoder.time_base = 1 / recipe.frames_per_second
        _set_up(self._encoder, recipe, passes, 1)

    def add(self, frame: av.VideoFrame | None) -> None:
        for shown in self._projector.shown(frame):
            self._encoder.encode(shown)
        if frame is None:
            self._encoder.encode()
            del self._encoder  # x264 gives its notes their names when it is closed


def _set_up(encoder: av.VideoCodecContext, recipe: VideoRecipe, passes: Path | None, number: int) -> None:
    encoder.width, encoder.height = recipe.size
    encoder.pix_fmt = "yuv420p"
    encoder.thread_count = 1
    encoder.colorspace = encoder.color_primaries = encoder.color_trc = encoder.color_range = _BT709
    own = "threads=1:lookahead-threads=1:bframes=0"
    options = {"preset": recipe.preset, "profile": recipe.profile}
    if recipe.constant_quality is None:
        encoder.bit_rate = recipe.bits_per_second
        own += f":pass={number}:stats={passes}"
    else:
        rate = str(recipe.bits_per_second)
        options |= {"crf": str(recipe.constant_quality), "maxrate": rate, "bufsize": rate}
        own += ":vbv-init=0.5"
    encoder.options = options | {"x264-params": own}


class SoundTrack:
    def __init__(self, target: OutputContainer, recipe: SoundRecipe) -> None:
        layout = "mono" if recipe.channels == 1 else "stereo"
        self._target = target
        self._stream = cast(av.AudioStream, target.add_stream(recipe.codec, rate=recipe.sample_rate, layout=layout))
        self._stream.bit_rate = recipe.bits_per_second
        self._stream.codec_context.thread_count = 1
        self._wanted = (_SAMPLE_FORMATS.get(recipe.codec, _PLANAR), layout, recipe.sample_rate)
        self._resampler = av.AudioResampler(*self._wanted)
        self._heard: tuple[str, str, int] | None = None

    def add(self, frame: av.AudioFrame | None) -> None:
        if frame is None:
            self._encode(None)
            self._target.mux(self._stream.encode())
            return
        heard = (frame.format.name, frame.layout.name, frame.sample_rate)
        if self._heard not in (None, heard):  # some streams change their mind on the way
            self._encode(None)
            self._resampler = av.AudioResampler(*self._wanted)
        self._heard = heard
        self._encode(frame)

    def _encode(self, frame: av.AudioFrame | None) -> None:
        for ready in self._resampler.resample(frame):
            self._target.mux(self._stream.encode(ready))


Track = PictureTrack | Rehearsal | SoundTrack


def evened(size: tuple[float, float]) -> tuple[int, int]:
    """The nearest size that 4:2:0 allows."""
    return max(2, round(size[0] / 2) * 2), max(2, round(size[1] / 2) * 2)


def paced(rate: float | None, at_most: int) -> Fraction:
    """Frames per second to make of so many; what nobody knows, or nobody believes, counts as `at_most`."""
    if rate is None or not 1 <= rate <= at_most:
        return Fraction(at_most)
    return Fraction(rate).limit_denominator(1001)
