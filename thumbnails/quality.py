"""
The best JPEG under a number of bytes: the quality is searched by secant on the logarithm of the size.

Trials use the quick baseline encoder; the answer is progressive and optimized. Figures: tests/benchmarks/fit.py.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from io import BytesIO

from PIL import Image

BEST = 92
"""Above it bytes grow quickly and nobody sees why."""
FINEST = 95
"""For pictures that had to lose pixels: those that are left are looked at more closely."""
FULL_COLOR = 0
"""4:4:4, every pixel its own color: saturated edges and text stay sharp."""
HALF_COLOR = 2
"""4:2:0, for tight budgets."""
_PHOTO_FLOOR = 65
"""Below it a smaller picture of better quality looks better."""
_WORDS_FLOOR = 30
"""With half the colors. Words suffer less from it than from pixels that they lose."""
_SMALL_FLOOR = 40
"""With half the colors too."""
_SMALL_SIDE = 640
"""Pictures this small are not made smaller for the sake of quality."""
_FIRST_GUESS = 78
_PHOTO_GAIN, _DRAWN_GAIN = 1.08, 1.12
"""A baseline trial may be this much over the limit: a progressive answer is 7 to 10 % smaller, a drawing's 9 to 15."""
_SLOPE = 0.03
"""How the logarithm of the size grows with one step of quality, before anything is measured."""
_CLOSE_ENOUGH = 0.05
_TRIALS = 3
"""One more costs 8 ms of CPU at 1600 px, and spares the second answer, of 45 ms, nearly always."""
_ANSWERS = 3


@dataclass(frozen=True)
class Jpeg:
    data: bytes
    quality: int


@dataclass(frozen=True)
class Aim:
    """The best and the worst quality to think of, and how much smaller the answer is than a trial of that quality."""

    best: int = BEST
    floor: int = _PHOTO_FLOOR
    gain: float = _PHOTO_GAIN
    subsampling: int = FULL_COLOR
    half_color_floor: int | None = None
    """Where full color would go below its own floor."""


def photo(best: int = BEST) -> Aim:
    return Aim(best)


def drawing(best: int = BEST) -> Aim:
    return Aim(best, gain=_DRAWN_GAIN)


def words(best: int = BEST) -> Aim:
    """A drawing that cannot be made smaller any more without its words becoming hard to read."""
    return Aim(best, gain=_DRAWN_GAIN, half_color_floor=_WORDS_FLOOR)


def best_jpeg(picture: Image.Image, max_bytes: int, aim: Aim) -> Jpeg | None:
    """None when this many pixels cannot look decent in so few bytes."""
    found = _search(picture, aim, max_bytes)
    floor = aim.half_color_floor or (_SMALL_FLOOR if max(picture.size) <= _SMALL_SIDE else None)
    if found is None and floor is not None:
        return _search(picture, replace(aim, floor=floor, subsampling=HALF_COLOR), max_bytes)
    return found


def _search(picture: Image.Image, aim: Aim, max_bytes: int) -> Jpeg | None:
    goal = math.log(max_bytes * aim.gain)
    quality, slope = _estimate(
        lambda trial: math.log(len(encoded(picture, trial, aim.subsampling, final=False))), goal, aim
    )
    best: Jpeg | None = None
    for _ in range(_ANSWERS):
        if quality < aim.floor:
            break
        data = encoded(picture, quality, aim.subsampling, final=True)
        room = math.floor(math.log(max_bytes / len(data)) / slope)
        if room >= 0:
            improved, best = best is not None, Jpeg(data, quality)
            if improved or room == 0 or quality == aim.best:
                break
            quality = min(aim.best, quality + max(1, room - 1))  # the slope is a guess: rather one step less
        elif best is None:
            quality += room
        else:
            break
    return best


def _estimate(log_size: Callable[[int], float], goal: float, aim: Aim) -> tuple[int, float]:
    """The quality that should meet the goal (below the floor when none does), and the slope of the curve there."""
    quality, slope = _FIRST_GUESS, _SLOPE
    previous: tuple[int, float] | None = None
    for _ in range(_TRIALS):
        size = log_size(quality)
        if previous is not None and previous[0] != quality:
            slope = max(0.01, (size - previous[1]) / (quality - previous[0]))
        previous = (quality, size)
        wanted = quality + math.floor((goal - size) / slope)
        if abs(goal - size) < _CLOSE_ENOUGH or wanted == quality:
            return min(aim.best, wanted), slope
        if quality == aim.floor and wanted < aim.floor:
            return wanted, slope
        if quality == aim.best and wanted > aim.best:
            return aim.best, slope
        quality = min(aim.best, max(aim.floor, wanted))
    return quality, slope


def encoded(picture: Image.Image, quality: int, subsampling: int, *, final: bool) -> bytes:
    out = BytesIO()
    picture.save(out, "JPEG", quality=quality, subsampling=subsampling, progressive=final, optimize=final)
    return out.getvalue()
