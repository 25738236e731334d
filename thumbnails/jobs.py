"""
The jobs of the decoding children: `thumbnails.jobs:inspect`, `:render`, `:fit`.

Each takes its parameters, the source and a work directory, and answers with a struct or raises Refused.
"""

from pathlib import Path

from schemas.reason import Reason, Refused
from thumbnails import fit as fitting
from thumbnails import limits, sniff
from thumbnails import render as rendering
from thumbnails.orders import (
    FitParams,
    Fitted,
    Inspection,
    InspectParams,
    Recipe,
    Rendered,
    RenderedFile,
    RenderParams,
)
from thumbnails.pictures import is_picture

__all__ = [
    "FitParams",
    "Fitted",
    "InspectParams",
    "Inspection",
    "Recipe",
    "RenderParams",
    "Rendered",
    "RenderedFile",
    "fit",
    "inspect",
    "render",
]


def inspect(params: InspectParams, source: Path, workdir: Path) -> Inspection:  # noqa: ARG001 - a job's signature
    """What the file truly is. Whether that is allowed is the caller's policy."""
    if source.stat().st_size == 0:
        raise Refused(Reason(code="file_empty", sentence="The file is empty. Ask for it to be sent again."))
    media_type = sniff.media_type(source)
    kind = sniff.kind(media_type)
    if not is_picture(media_type):
        return Inspection(media_type=media_type, kind=kind)
    with limits.opened(source, media_type, limits.Limits(params.max_pixels, params.max_frames)) as (_, header):
        width, height = header.upright_size
        return Inspection(media_type=media_type, kind=kind, width=width, height=height, frames=header.frames)


def render(params: RenderParams, source: Path, workdir: Path) -> Rendered:
    """Thumbnails and previews into `workdir`; a type without pictures gives none."""
    return rendering.render(source, workdir, params)


def fit(params: FitParams, source: Path, workdir: Path) -> Fitted:
    """The best-looking version that a channel takes, into `workdir`."""
    return fitting.fit(source, workdir, params)
