"""The pages: `/` for agents, `/webchat/{address}/chat` for visitors, `/webchat/widget.js` for shops."""

import gzip
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from workers.gateway.problems import Problem
from workers.gateway.services import services_of

MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    body: bytes
    packed: bytes
    """The same, gzipped."""
    media_type: str
    etag: str


async def agent(request: Request) -> Response:
    """Nobody may put the agent's page into a frame."""
    return _answer(request, assets()["agent.html"], _policy(request, "'none'"))


async def chat(request: Request) -> Response:
    """Every shop may frame the chat: what it shows belongs to whoever looks at it."""
    return _answer(request, assets()["chat.html"], _policy(request, "*"))


async def widget(request: Request) -> Response:
    return _answer(request, assets()["widget.js"], None)


async def docs(request: Request) -> Response:
    return _answer(request, assets()["docs.html"], _policy(request, "'none'"))


async def asyncapi(_: Request) -> Response:
    """The events over AMQP."""
    return Response((files("schemas") / "asyncapi.yaml").read_bytes(), media_type="application/yaml")


async def part(request: Request) -> Response:
    found = assets().get(request.path_params["name"])
    if found is None:
        raise Problem(404, "not_found", "There is nothing at this address.")
    return _answer(request, found, None)


@cache
def assets() -> dict[str, Asset]:
    """All files of the pages by name, read once."""
    folder = files("workers.gateway") / "page"
    found = [(one.name, one.read_bytes()) for one in folder.iterdir() if _suffix(one.name) in MEDIA_TYPES]
    return {name: _asset(name, body) for name, body in found}


def _suffix(name: str) -> str:
    return f".{name.rpartition('.')[2]}"


def _asset(name: str, body: bytes) -> Asset:
    packed = gzip.compress(body, mtime=0)
    return Asset(body, packed, MEDIA_TYPES[_suffix(name)], f'"{sha256(body).hexdigest()[:20]}"')


def _policy(request: Request, framed_by: str) -> str:
    """Scripts and styles only from our own files, nothing inline; media also from where our links point."""
    public = urlsplit(str(services_of(request).settings.endpoints.public_url))
    media = f"'self' {public.scheme}://{public.netloc}"
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "connect-src 'self'",
            f"img-src {media} blob:",
            f"media-src {media}",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
            f"frame-ancestors {framed_by}",
        ]
    )


def _answer(request: Request, asset: Asset, policy: str | None) -> Response:
    headers = {
        "Cache-Control": "no-cache",
        "ETag": asset.etag,
        "Referrer-Policy": "no-referrer",
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    if policy:
        headers["Content-Security-Policy"] = policy
    if request.headers.get("if-none-match") == asset.etag:
        return Response(status_code=304, headers=headers)
    headers["Content-Type"] = asset.media_type
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(asset.packed, headers=headers | {"Content-Encoding": "gzip"})
    return Response(asset.body, headers=headers)
