"""What a provider's stand-in meets when it comes to us: files that it may fetch, and a webhook."""

from collections.abc import Awaitable, Callable
from typing import Self

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workers.sandbox.listener import Listener


class OurSide:
    """Up while the context lasts: `files` at `/<name>`, and `/hook`, which `hook` answers."""

    def __init__(self, hook: Callable[[Request], Awaitable[Response]]) -> None:
        self.files: dict[str, Response] = {}
        self.methods: list[str] = []
        """With which the files were asked for."""
        routes = [Route("/hook", hook, methods=["GET", "POST"]), Route("/{name}", self._file, methods=["GET"])]
        self._listener = Listener(Starlette(routes=routes), name="our-side")
        self.url = self._listener.url
        self.hook_url = f"{self.url}/hook"

    def __enter__(self) -> Self:
        self._listener.start()
        return self

    def __exit__(self, *reason: object) -> None:
        self._listener.stop()

    def serve(self, name: str, content: bytes, media_type: str = "image/jpeg", **headers: str) -> str:
        self.files[name] = Response(content, media_type=media_type, headers=headers)
        return f"{self.url}/{name}"

    async def _file(self, request: Request) -> Response:
        self.methods.append(request.method)
        return self.files.get(request.path_params["name"], Response(status_code=404))
