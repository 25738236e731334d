"""What a browser shows of a file: still renditions of whatever can be seen in it, and a version that it can open."""

from collections.abc import Callable
from pathlib import Path

from PIL import Image

from schemas.reason import Refused
from thumbnails import limits, steps
from thumbnails.capabilities import capability
from thumbnails.files import Written, write
from thumbnails.limits import Header, Limits
from thumbnails.motion import moving
from thumbnails.orders import Recipe, Rendered, RenderedFile, RenderParams
from thumbnails.page import first_page
from thumbnails.placeholder import placeholder
from thumbnails.playable import playable
from thumbnails.poster import poster
from thumbnails.probe import Clip, ClipLimits, probe
from thumbnails.waveform import waveform

_GAP = 1.5
"""
How much larger than the target a JPEG is decoded. 1.5 lets a 12 MP photo decode at half its size for 1280 px and at an
eighth for 320, where 2 costs a quarter more for one point of SSIMULACRA2 (tests/benchmarks/thumbnails.py).
"""


def render(source: Path, workdir: Path, params: RenderParams) -> Rendered:
    """Raises Refused when the file is too large or damaged."""
    preview = capability(params.media_type).preview
    if preview is None or not params.recipes:
        return Rendered(files=[])
    return _RENDERERS[preview](source, workdir, params)


def _picture(source: Path, workdir: Path, params: RenderParams) -> Rendered:
    """Upright, sRGB, free of metadata, decoded once; the frames of an animation once more."""
    bounds = Limits(params.max_pixels, params.max_frames)
    recipes = _largest_first(params.recipes)
    if params.full and not capability(params.media_type).browser_shows:
        recipes = [params.full, *recipes]
    with limits.opened(source, params.media_type, bounds) as (image, header):
        largest = max(recipe.max_side for recipe in recipes)
        with limits.readable():
            picture = steps.decoded_within(image, largest, gap=_GAP)
            picture = steps.upright(picture, header.orientation)
            picture = steps.in_srgb(picture, image.info.get("icc_profile"))
        made, smallest = _stills(picture, recipes, workdir)
        width, height = header.upright_size
        moved = _moved(source, workdir, params, header) if params.animation and header.frames > 1 else []
        return Rendered(files=[*made, *moved], placeholder=placeholder(smallest), width=width, height=height)


def _moved(source: Path, workdir: Path, params: RenderParams, header: Header) -> list[RenderedFile]:
    """Opened anew: decoding the first frame may have consumed it. Nothing where the original is the smaller one."""
    assert params.animation
    bounds = Limits(params.max_pixels, params.max_frames)
    try:
        with limits.opened(source, params.media_type, bounds) as (image, _):
            written, first = moving(image, header, params.animation, workdir)
    except Refused:
        return []  # a later frame is damaged; the first one is shown
    if written.size_bytes >= source.stat().st_size:
        written.path.unlink()
        return []
    return [_rendered(params.animation.name, written, "image/webp", first)]


def _page(source: Path, workdir: Path, params: RenderParams) -> Rendered:
    recipes = _largest_first(params.recipes)
    made, smallest = _stills(first_page(source, recipes[0].max_side), recipes, workdir)
    return Rendered(files=made, placeholder=placeholder(smallest))


def _frame(source: Path, workdir: Path, params: RenderParams) -> Rendered:
    clip = _clip(source, params)
    if clip.video is None:
        return _sound(source, workdir, params, clip)
    recipes = _largest_first(params.recipes)
    made, smallest = _stills(poster(source, clip, recipes[0].max_side), recipes, workdir)
    width, height = clip.video.upright_size
    full = _full(source, workdir, params, clip)
    return Rendered(files=[*made, *full], placeholder=placeholder(smallest), width=width, height=height)


def _waveform(source: Path, workdir: Path, params: RenderParams) -> Rendered:
    clip = _clip(source, params)
    return _sound(source, workdir, params, clip)


def _sound(source: Path, workdir: Path, params: RenderParams, clip: Clip) -> Rendered:
    recipes = _largest_first(params.recipes)
    made, _ = _stills(waveform(source, clip, recipes[0].max_side), recipes, workdir)
    return Rendered(files=[*made, *_full(source, workdir, params, clip)])


def _clip(source: Path, params: RenderParams) -> Clip:
    return probe(source, params.media_type, ClipLimits(params.max_pixels, params.max_seconds))


def _full(source: Path, workdir: Path, params: RenderParams, clip: Clip) -> list[RenderedFile]:
    """Too large a clip is left alone: the copy would be as large."""
    if params.full is None or clip.size_bytes > params.max_copied_bytes:
        return []
    try:
        found = playable(source, workdir, clip, params.max_audio_seconds)
    except Refused:
        return []  # what cannot be played through still has its poster
    return [_rendered("full", *found)] if found else []


def _stills(picture: Image.Image, recipes: list[Recipe], workdir: Path) -> tuple[list[RenderedFile], Image.Image]:
    """One file for each recipe, each made of the one before it; and the smallest picture."""
    picture = steps.without_metadata(picture)
    made = []
    for recipe in recipes:
        picture = steps.shrunk(picture, recipe.max_side)
        made.append(_still(picture, recipe, workdir))
    return made, picture


def _largest_first(recipes: list[Recipe]) -> list[Recipe]:
    return sorted(recipes, key=lambda recipe: -recipe.max_side)


def _still(picture: Image.Image, recipe: Recipe, workdir: Path) -> RenderedFile:
    media_type = recipe.media_type
    if steps.is_transparent(picture):
        media_type = "image/webp" if media_type == "image/jpeg" else media_type
    elif picture.mode == "RGBA":
        picture = picture.convert("RGB")
    written = write(picture, media_type, recipe.quality, workdir / recipe.name)
    return _rendered(recipe.name, written, media_type, picture)


def _rendered(name: str, written: Written, media_type: str, picture: Image.Image | None = None) -> RenderedFile:
    width, height = picture.size if picture else (None, None)
    return RenderedFile(
        name=name,
        file_name=written.path.name,
        media_type=media_type,
        size_bytes=written.size_bytes,
        sha256=written.sha256,
        width=width,
        height=height,
    )


_RENDERERS: dict[str, Callable[[Path, Path, RenderParams], Rendered]] = {
    "picture": _picture,
    "page": _page,
    "frame": _frame,
    "waveform": _waveform,
}
"""By what capabilities call the preview of a type."""
