"""The files of the pages: their own, and what they share with the agent's."""

from functools import cache
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response

from workers.gateway.pages import MEDIA_TYPES, assets

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; media-src 'self'; "
    "frame-src 'self'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'; "
    "frame-ancestors 'none'"
)


def overview(_: Request) -> Response:
    return _served("overview.html")


def customer(_: Request) -> Response:
    return _served("customer.html")


def part(request: Request) -> Response:
    return _served(request.path_params["name"])


def _served(name: str) -> Response:
    body = _own().get(name) or (assets()[name].body if name in assets() else None)
    if body is None:
        return Response(status_code=404)
    headers = {
        "Cache-Control": "no-cache",
        "Content-Security-Policy": POLICY,
        "Content-Type": MEDIA_TYPES[f".{name.rpartition('.')[2]}"],
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(body, headers=headers)


@cache
def _own() -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in (files("workers.demo.customers") / "page").iterdir()}
