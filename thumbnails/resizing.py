"""
Smaller pictures. Where there is a wheel for the processor, SIMD code (fast_image_resize) reads and writes Pillow's own
memory, ten times as quick as Pillow; elsewhere, and for what it does not know, Pillow resizes.
"""

from PIL import Image

try:
    from cykooz_resizer import FilterType, ResizeAlg, ResizeOptions, Resizer
except ImportError:
    VECTORIZED: tuple[str, ...] = ()
else:
    VECTORIZED = ("L", "RGB", "RGBA", "CMYK")
    _LANCZOS = ResizeOptions(ResizeAlg.convolution(FilterType.lanczos3))

_GAP = 1.5
"""Pillow averages whole blocks down to this many times the target first: a quarter of the time for 12 MP."""


def within(size: tuple[int, int], max_side: int) -> tuple[int, int]:
    """The size of a picture made to fit a square; it is never enlarged, and no side becomes 0."""
    scale = min(1.0, max_side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """A copy of exactly that size, by Lanczos; the colors of transparent pixels do not bleed."""
    if image.mode not in VECTORIZED:
        return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=_GAP)
    made = Image.new(image.mode, size)
    Resizer().resize_pil(image, made, _LANCZOS)
    return made
