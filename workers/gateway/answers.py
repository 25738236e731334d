"""Answers: structs as JSON that nobody caches, since they hold customers' words and links that die."""

import msgspec
from starlette.background import BackgroundTask
from starlette.responses import Response


def answer(shown: msgspec.Struct, status: int = 200, background: BackgroundTask | None = None) -> Response:
    return Response(
        msgspec.json.encode(shown),
        status,
        {"Cache-Control": "private, no-store"},
        media_type="application/json",
        background=background,
    )
