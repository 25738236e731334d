"""A body that stops coming half way: the connection stays open and says nothing more."""

from starlette.responses import Response
from starlette.types import Receive, Scope, Send


class HalfResponse(Response):
    """Its length is promised whole."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - Starlette's shape
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            pass
