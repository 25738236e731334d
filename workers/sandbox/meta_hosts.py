"""How the hosts of Meta's media hand a file out, or do not."""

from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from workers.sandbox.meta_faults import MediaFault
from workers.sandbox.phone import Fetched

PRIVATE = "http://169.254.169.254/latest/meta-data/"


def handed_out(found: Fetched, fault: MediaFault | None) -> Response:
    if fault is MediaFault.EXPIRED_URL:
        return Response(status_code=404)
    if fault is MediaFault.PRIVATE_REDIRECT:
        return RedirectResponse(PRIVATE, 302)
    kind = _HalfResponse if fault is MediaFault.SLOW_BODY else Response
    return kind(found.content, media_type=found.media_type)


class _HalfResponse(Response):
    """Its length is promised whole; half way the connection stays open and says nothing more."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - Starlette's shape
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            pass
