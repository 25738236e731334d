"""
The jobs of the decoding children: `thumbnails.jobs:inspect`, `:render`, `:fit`.

Each takes its parameters, the source and a work directory, and answers with a struct or raises Refused.
"""

from pathlib import Path

from thumbnails import fit as fitting
from thumbnails import inspection
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
    return inspection.inspect(source, params)


def render(params: RenderParams, source: Path, workdir: Path) -> Rendered:
    """Thumbnails, previews and a version for browsers into `workdir`; what cannot be shown gives none."""
    return rendering.render(source, workdir, params)


def fit(params: FitParams, source: Path, workdir: Path) -> Fitted:
    """The best-looking version that a channel takes, into `workdir`."""
    return fitting.fit(source, workdir, params)
