"""The best-sounding recording that a channel takes in so many bytes."""

from dataclasses import dataclass

from thumbnails import fit_refusals
from thumbnails.fit_made import Made, Task
from thumbnails.probe import AudioTrack
from thumbnails.transcode_clip import remux, transcode
from thumbnails.transcode_recipes import CONTAINERS, SoundRecipe

_MPEG_RATES = (16_000, 24_000, 32_000, 40_000, 48_000, 56_000, 64_000, 80_000, 96_000, 128_000)
_AMR_RATES = (4750, 5150, 5900, 6700, 7400, 7950, 10_200, 12_200)
_ANY_RATE = tuple(range(16_000, 128_001, 8000))
_OPUS_RATES = tuple(range(8000, 48_001, 4000))
_STEREO_FROM = 80_000
_MONO_ENOUGH = 64_000
_TELEPHONE_ENOUGH = 24_000
_TELEPHONE = 16_000
"""Samples per second that hold nothing but speech."""
_PLAYED_BY_ALL = frozenset(CONTAINERS) - {"audio/amr", "audio/3gpp"}
"""A channel that takes everything hands it to a browser or a mail program."""
_FULL_BAND_FROM = 48_000
_TRIES = 3
_AIM = 0.97
"""What is left of the bytes when the container has taken its own."""


@dataclass(frozen=True)
class _Kind:
    """`rates` are the encoder's bits per second, smallest first; `sample_rate` is None where more bits allow more."""

    codec: str
    rates: tuple[int, ...]
    sample_rate: int | None = None
    channels: int = 2


_KINDS = {
    "audio/mp4": _Kind("aac", _ANY_RATE),
    "audio/ogg": _Kind("libopus", _OPUS_RATES, 48_000, channels=1),
    "audio/mpeg": _Kind("libmp3lame", _MPEG_RATES),
    "audio/aac": _Kind("aac", _ANY_RATE),
    "audio/amr": _Kind("libopencore_amrnb", _AMR_RATES, 8000, channels=1),
    "audio/3gpp": _Kind("libopencore_amrnb", _AMR_RATES, 8000, channels=1),
}
"""What we make, in the order that holds where the channel has no preference."""


def fit_audio(task: Task, track: AudioTrack) -> Made:
    """Raises Refused."""
    kept = _kept(task, track)
    if kept is not None:
        return kept
    order = [one for one in (*task.params.preferred_types, *_KINDS) if one in _KINDS and task.channel.takes(one)]
    if not order:
        raise fit_refusals.type_not_taken(task.source.clip.media_type, task.channel.media_types)
    bits = task.params.max_bytes * 8 * _AIM / task.seconds
    for media_type in dict.fromkeys(order):
        path = task.target.with_suffix(CONTAINERS[media_type].suffix)
        for recipe in _recipes(_KINDS[media_type], track, bits)[:_TRIES]:
            transcode(task.source, path, media_type, video=None, sound=recipe)
            if path.stat().st_size <= task.params.max_bytes:
                return Made(path, media_type, None, (_step(media_type, recipe), "metadata removed"))
    raise fit_refusals.recording_too_long(task.seconds, task.params.max_bytes)


def _kept(task: Task, track: AudioTrack) -> Made | None:
    """Never the file itself: what else is in it cannot be told from its headers."""
    media_type, channel = task.source.clip.media_type, task.channel
    container = CONTAINERS.get(media_type)
    if container is None or not channel.takes(media_type) or track.codec not in container.codecs:
        return None
    if not channel.media_types and media_type not in _PLAYED_BY_ALL:
        return None
    if media_type == "audio/ogg" and channel.media_types and (track.codec, track.channels) != ("opus", 1):
        return None  # whoever names Ogg means voice notes
    path = task.target.with_suffix(container.suffix)
    remux(task.source, path, media_type)
    if path.stat().st_size > channel.max_bytes:
        return None
    return Made(path, media_type, None, ("metadata removed",))


def _recipes(kind: _Kind, track: AudioTrack, bits: float) -> list[SoundRecipe]:
    """Those that should fit, best first; more bits than the source deserves are never spent."""
    enough = bits if track.channels > 1 else _MONO_ENOUGH
    enough = enough if track.sample_rate > _TELEPHONE else _TELEPHONE_ENOUGH
    return [_recipe(kind, track, rate) for rate in reversed(kind.rates) if rate <= min(bits, enough)]


def _recipe(kind: _Kind, track: AudioTrack, rate: int) -> SoundRecipe:
    channels = min(kind.channels, track.channels, 2 if rate >= _STEREO_FROM else 1)
    sample_rate = kind.sample_rate or (44_100 if rate >= _FULL_BAND_FROM else 22_050)
    return SoundRecipe(kind.codec, sample_rate, channels, rate)


def _step(media_type: str, recipe: SoundRecipe) -> str:
    return f"encoded as {_NAMES[media_type]}, {recipe.bits_per_second / 1000:g} kbit/s"


_NAMES = {
    "audio/mp4": "AAC",
    "audio/ogg": "Opus",
    "audio/mpeg": "MP3",
    "audio/aac": "AAC",
    "audio/amr": "AMR",
    "audio/3gpp": "AMR",
}
