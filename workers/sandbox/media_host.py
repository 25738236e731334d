"""Where a provider's media really lie: a host of its own, with addresses that need no credentials and must see none."""

from collections.abc import Mapping

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workers.sandbox.phone import Fetched


def media_host(media: Mapping[str, Fetched]) -> Starlette:
    """`/<id>` of what is in `media` at that moment."""

    async def content(request: Request) -> Response:
        if "authorization" in request.headers:
            return Response("credentials leaked to the host of the media", 400, media_type="text/plain")
        found = media.get(request.path_params["media"])
        return Response(found.content, media_type=found.media_type) if found else Response(status_code=404)

    return Starlette(routes=[Route("/{media}", content, methods=["GET"])])
