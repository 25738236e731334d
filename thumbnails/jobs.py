"""
The jobs of the decoding children: `thumbnails.jobs:inspect`, `:render`, `:fit`, and `:abilities` for the check.

Each takes its parameters, the source and a work directory, and answers with a struct or raises Refused.
"""

from pathlib import Path

from thumbnails import abilities as having
from thumbnails import fit as fitting
from thumbnails import inspection
from thumbnails import render as rendering
from thumbnails.orders import (
    Abilities,
    AbilitiesParams,
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
    "Abilities",
    "AbilitiesParams",
    "FitParams",
    "Fitted",
    "InspectParams",
    "Inspection",
    "Recipe",
    "RenderParams",
    "Rendered",
    "RenderedFile",
    "abilities",
    "fit",
    "inspect",
    "render",
    "transcode",
]


def inspect(params: InspectParams, source: Path, workdir: Path) -> Inspection:  # noqa: ARG001 - a job's signature
    """What the file truly is. Whether that is allowed is the caller's policy."""
    return inspection.inspect(source, params)


def render(params: RenderParams, source: Path, workdir: Path) -> Rendered:
    """Thumbnails, previews and a version for browsers into `workdir`; what cannot be shown gives none."""
    return rendering.render(source, workdir, params)


def transcode(params: FitParams, source: Path, workdir: Path) -> Fitted:
    """`fit` for video and audio: the same, under limits that leave time to encode a film."""
    return fitting.fit(source, workdir, params)


def fit(params: FitParams, source: Path, workdir: Path) -> Fitted:
    """The best-looking version that a channel takes, into `workdir`."""
    return fitting.fit(source, workdir, params)


def abilities(params: AbilitiesParams, source: Path, workdir: Path) -> Abilities:  # noqa: ARG001 - a job's signature
    """Which decoders a child has."""
    return having.abilities()
