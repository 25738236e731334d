"""What stands around every subject: photos whose bytes are unique, a host that serves them, and an SMS provider."""

import threading
from dataclasses import dataclass, field
from functools import cache

import urllib3
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from workers.sandbox.listener import Listener
from workers.sandbox.scene import camera_scene

SIZES = {"small": (1440, 1080), "large": (4032, 3024)}
QUALITIES = {"small": 80, "large": 88}
DIFFERENT = 6
"""So many scenes of each size, every third one stored sideways as phones do."""
MMS_BYTES = 600_000


@cache
def scene(size: str, number: int) -> bytes:
    return camera_scene(SIZES[size], seed=number, orientation=6 if number % 3 == 2 else 1, quality=QUALITIES[size])


def photo(size: str, name: str) -> bytes:
    """The same scene under other bytes (a JPEG comment holds the name), so that nobody is helped by what is stored."""
    plain, comment = scene(size, int(name.rpartition("-")[2]) % DIFFERENT), name.encode()
    return plain[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + plain[2:]


@dataclass
class Surroundings:
    """`sent` counts the provider's messages; `wrong` is what was too large, or still told where it was taken."""

    sent: int = 0
    fetched: int = 0
    wrong: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        routes = [
            Route("/photos/{size}/{name}", self._photo),
            Route("/{path:path}", self._message, methods=["POST"]),
        ]
        self._listener = Listener(Starlette(routes=routes), name="surroundings")
        self._http = urllib3.PoolManager(retries=False)

    @property
    def url(self) -> str:
        return self._listener.url

    def start(self) -> None:
        self._listener.start()

    def stop(self) -> None:
        self._listener.stop()

    async def _photo(self, request: Request) -> Response:
        found = await run_in_threadpool(photo, request.path_params["size"], request.path_params["name"])
        return Response(found, media_type="image/jpeg")

    async def _message(self, request: Request) -> Response:
        """As providers do: accepted first, fetched afterwards."""
        async with request.form() as form:
            threading.Thread(target=self._fetch, args=[str(form["MediaUrl"])], daemon=True).start()
        with self._lock:
            self.sent += 1
            return JSONResponse({"sid": f"MM{self.sent:032x}", "status": "queued"}, 201)

    def _fetch(self, url: str) -> None:
        body = self._http.request("GET", url).data
        with self._lock:
            self.fetched += 1
            if len(body) > MMS_BYTES or body[:3] != b"\xff\xd8\xff" or b"Exif\0" in body[:4096]:
                self.wrong.append(url)
