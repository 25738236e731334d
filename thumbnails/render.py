"""What a browser shows of a picture: thumbnail and preview, upright, sRGB, free of metadata, decoded once."""

from pathlib import Path

from PIL import Image

from thumbnails import limits, steps
from thumbnails.files import Written, write
from thumbnails.limits import Limits
from thumbnails.orders import Recipe, Rendered, RenderedFile, RenderParams
from thumbnails.pictures import is_picture
from thumbnails.placeholder import placeholder


def render(source: Path, workdir: Path, params: RenderParams) -> Rendered:
    """Raises Refused when the picture is too large or damaged."""
    if not is_picture(params.media_type) or not params.recipes:
        return Rendered(files=[])
    recipes = sorted(params.recipes, key=lambda recipe: -recipe.max_side)
    bounds = Limits(params.max_pixels, params.max_frames)
    with limits.opened(source, params.media_type, bounds) as (image, header):
        largest = recipes[0].max_side
        with limits.readable():
            picture = steps.decoded_within(image, largest, gap=_gap(largest))
        picture = steps.upright(picture, header.orientation)
        picture = steps.in_srgb(picture, image.info.get("icc_profile"))
        picture = steps.without_metadata(picture)
        files = []
        for recipe in recipes:
            picture = steps.shrunk(picture, recipe.max_side)
            files.append(_written(picture, recipe, workdir))
        width, height = header.upright_size
        return Rendered(files=files, placeholder=placeholder(picture), width=width, height=height)


def _gap(max_side: int) -> float:
    """
    How much larger than the target a JPEG is decoded.

    2 is what a thumbnail needs to look like a full decoding; at preview size 1.5 halves the work, lets a 12 MP photo
    decode at half its size for 1280 px, and costs less than the JPEG encoder does (tests/benchmarks/thumbnails.py).
    """
    return 2.0 if max_side < 640 else 1.5


def _written(picture: Image.Image, recipe: Recipe, workdir: Path) -> RenderedFile:
    media_type = recipe.media_type
    if steps.is_transparent(picture):
        media_type = "image/webp" if media_type == "image/jpeg" else media_type
    elif picture.mode == "RGBA":
        picture = picture.convert("RGB")
    written: Written = write(picture, media_type, recipe.quality, workdir / recipe.name)
    return RenderedFile(
        name=recipe.name,
        file_name=written.path.name,
        media_type=media_type,
        size_bytes=written.size_bytes,
        sha256=written.sha256,
        width=picture.width,
        height=picture.height,
    )
