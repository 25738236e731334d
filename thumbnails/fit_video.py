"""
The best-looking video that a channel takes in so many bytes.

In this order: the same picture and sound in a clean container; anew as H.264 and AAC, in as many pixels and frames as
the bytes can feed; a refusal where that would be a flicker of blocks.
"""

from dataclasses import dataclass, replace
from fractions import Fraction

from thumbnails import fit_refusals
from thumbnails.candidates import Channel
from thumbnails.fit_made import Made, Task
from thumbnails.probe import AudioTrack, Clip, VideoTrack, opened, video_stream
from thumbnails.transcode_clip import Source, remux, transcode
from thumbnails.transcode_recipes import CONTAINERS, SoundRecipe, VideoRecipe
from thumbnails.transcode_tracks import evened, paced

_MADE = ("video/mp4", "video/3gpp")
"""What we make, where the channel has the choice."""
_KEPT = ("video/mp4", "video/3gpp", "video/webm")
"""Containers that a video may stay in. What was recorded as QuickTime moves into MP4, its twin."""
_PLAYED_BY_ALL = ("video/mp4", "video/webm")
"""A channel that takes everything hands it to a browser or a mail program."""
_MOVABLE = frozenset({*_KEPT, "video/quicktime", "video/3gpp2", "video/x-matroska"})
"""Types whose timestamps can be trusted in another container."""
_EIGHT_BIT = frozenset({None, "yuv420p", "yuvj420p"})
_PLAIN_PROFILES = frozenset({"Baseline", "Constrained Baseline", "Main"})

_RUNGS = ((1280, 30), (960, 30), (854, 30), (640, 30), (640, 20), (480, 20), (426, 15), (352, 12), (256, 10))
"""Long side and frames per second, best first."""
_BITS_PER_PIXEL = 0.035
"""x264 at its medium effort: with less, fewer and smaller frames look better (tests/benchmarks/fit.py)."""
_WORTH_WATCHING = 0.11
"""Bits per pixel that the last rung must have."""
_FLOOR = 50_000
"""Bits per second: below it not even the last rung is worth watching; about 65 seconds in 600,000 bytes."""
_MOST = 6_000_000
"""Bits per second that 720p never needs more of."""
_PLENTY = 0.2
"""Bits per pixel from which quality, not the number of bytes, is what to aim at; one pass is then enough."""
_QUALITY = 20
_CONTAINER_SHARE = 0.97
"""Of the bytes, what is left when the container has taken its own."""
_CONTAINER_DIFFERENCE = 1.02
"""How much smaller a clean container may be than the one that was sent."""
_AIM = 0.98
"""x264 was seen to overshoot by 4 % on short clips: with the container's share that is still within the bytes."""
_TRIES = 4
_PATIENT_PIXELS = 250e6
_HASTY_PIXELS = 5e9
"""How many pixels the whole clip may have for x264's medium effort, and from where on only speed counts."""


@dataclass(frozen=True)
class _Recipe:
    video: VideoRecipe
    sound: SoundRecipe | None


def fit_video(task: Task, track: VideoTrack) -> Made:
    """Raises Refused."""
    kept = _kept(task, track)
    if kept is not None:
        return kept
    media_type = next((made for made in _MADE if task.channel.takes(made)), None)
    if media_type is None:
        raise fit_refusals.type_not_taken(task.source.clip.media_type, task.channel.media_types)
    recipe = _recipe(task, track, media_type)
    path = task.target.with_suffix(CONTAINERS[media_type].suffix)
    for _ in range(_TRIES):
        transcode(task.source, path, media_type, video=recipe.video, sound=recipe.sound)
        size_bytes = path.stat().st_size
        if size_bytes <= task.params.max_bytes:
            return Made(path, media_type, recipe.video.size, _steps(track, recipe))
        recipe = _leaner(recipe, task.params.max_bytes / size_bytes)
    raise fit_refusals.cannot_be_made_to_fit("video", task.source.clip.size_bytes, task.params.max_bytes)


def _kept(task: Task, track: VideoTrack) -> Made | None:
    """Never the file itself: what else is in it cannot be told from its headers."""
    clip, max_bytes = task.source.clip, task.params.max_bytes
    media_type = _container_for(clip, track, task.channel)
    if media_type is None or clip.size_bytes > max_bytes * _CONTAINER_DIFFERENCE:
        return None
    if task.params.plain_h264 and not _is_plain(task.source):
        return None
    path = task.target.with_suffix(CONTAINERS[media_type].suffix)
    remux(task.source, path, media_type)
    if path.stat().st_size > max_bytes:
        return None
    moved = () if media_type == clip.media_type else (f"moved into {media_type}",)
    return Made(path, media_type, track.upright_size, (*moved, "metadata removed"))


def _container_for(clip: Clip, track: VideoTrack, channel: Channel) -> str | None:
    if clip.media_type not in _MOVABLE or track.pixel_format not in _EIGHT_BIT:
        return None
    codecs = {track.codec} | ({clip.audio.codec} if clip.audio else set())
    choice = [one for one in _KEPT if channel.takes(one)] if channel.media_types else _PLAYED_BY_ALL
    for media_type in sorted(choice, key=lambda one: one != clip.media_type):
        if codecs <= CONTAINERS[media_type].codecs:
            return media_type
    return None


def _is_plain(source: Source) -> bool:
    """Whether H.264 is of the kinds that the simplest decoders play."""
    with opened(source.path, source.clip.media_type) as container:
        stream = video_stream(container)
        if stream is None:
            return False
        context = stream.codec_context
        return context.profile in _PLAIN_PROFILES and not context.has_b_frames


def _recipe(task: Task, track: VideoTrack, media_type: str) -> _Recipe:
    """Raises Refused: `video_too_long`."""
    params, seconds, heard = task.params, task.seconds, task.source.clip.audio
    bits = min(_MOST, params.max_bytes * 8 * _CONTAINER_SHARE / seconds)
    sound = _sound(heard, bits) if heard else None
    bits -= sound.bits_per_second if sound else 0
    rungs = _rungs(track, params.max_side)
    size, rate = next((rung for rung in rungs if bits >= _BITS_PER_PIXEL * _pixels(rung)), rungs[-1])
    if bits < min(_FLOOR, _WORTH_WATCHING * _pixels((size, rate))):
        raise fit_refusals.video_too_long(seconds, params.max_bytes)
    plenty = bits >= _PLENTY * _pixels((size, rate))
    return _Recipe(
        VideoRecipe(
            size=size,
            frames_per_second=rate,
            bits_per_second=int(bits * _AIM),
            constant_quality=_QUALITY if plenty else None,
            profile="baseline" if media_type == "video/3gpp" else "main",
            preset=_preset(_pixels((size, rate)) * seconds),
        ),
        sound,
    )


def _rungs(track: VideoTrack, max_side: int) -> list[tuple[tuple[int, int], Fraction]]:
    """Never more pixels or frames than there are."""
    width, height = track.upright_size
    rungs = []
    for side, frames in ((max_side, _RUNGS[0][1]), *_RUNGS):
        scale = min(side, max_side, max(width, height)) / max(width, height)
        rungs.append((evened((width * scale, height * scale)), paced(track.frames_per_second, frames)))
    return list(dict.fromkeys(rungs))


def _pixels(rung: tuple[tuple[int, int], Fraction]) -> float:
    """Pixels per second."""
    (width, height), rate = rung
    return width * height * float(rate)


def _preset(pixels: float) -> str:
    if pixels <= _PATIENT_PIXELS:
        return "medium"
    return "veryfast" if pixels <= _HASTY_PIXELS else "superfast"


def _sound(heard: AudioTrack, bits: float) -> SoundRecipe:
    """A tenth to a quarter of all bits: speech stays clear when the picture has little."""
    if bits < 120_000:
        return SoundRecipe("aac", 16_000, 1, 16_000)
    if bits < 400_000:
        return SoundRecipe("aac", 22_050, 1, 24_000)
    if bits < 1_200_000:
        return SoundRecipe("aac", 44_100, 1, 48_000)
    channels = min(2, heard.channels)
    return SoundRecipe("aac", 44_100, channels, 48_000 * channels)


def _leaner(recipe: _Recipe, ratio: float) -> _Recipe:
    """The second try is for the bytes: a quality to aim at has failed, or x264 overshot."""
    bits = int(recipe.video.bits_per_second * min(0.97, ratio * 0.97))
    return replace(recipe, video=replace(recipe.video, bits_per_second=bits, constant_quality=None))


def _steps(track: VideoTrack, recipe: _Recipe) -> tuple[str, ...]:
    before, after = track.upright_size, recipe.video.size
    turned = ("turned upright",) if track.turn else ()
    resized = (f"resized {before[0]}x{before[1]} to {after[0]}x{after[1]}",) if before != after else ()
    frames = float(recipe.video.frames_per_second)
    thinned = (f"{frames:g} frames a second",) if frames < (track.frames_per_second or 30) - 0.01 else ()
    kilobits = round(recipe.video.bits_per_second / 1000)
    quality = "good quality" if recipe.video.constant_quality else f"{kilobits} kbit/s"
    return (*turned, *resized, *thinned, f"encoded as H.264, {quality}", "metadata removed")
