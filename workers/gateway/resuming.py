"""
Uploads in pieces, for lines that break: `PUT /v1/uploads/{upload}?offset=&size=`, `GET` says how far it is.

The client names the upload. Each piece is an object of its own in quarantine until the last one has come; so any
process of the gateway can take the next, and what is given up is deleted by age like everything there.
"""

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import BinaryIO

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from schemas import object_keys
from workers.gateway import uploads
from workers.gateway.answers import answer
from workers.gateway.bodies import capped, too_large
from workers.gateway.keys import authorize
from workers.gateway.polling import number
from workers.gateway.problems import Problem
from workers.gateway.services import GatewayServices, services_of
from workers.gateway.sessions import visitor_of
from workers.gateway.shapes import UploadProgress, UploadTaken
from workers.runtime.objects import Object

LARGEST = 2**53


@dataclass(frozen=True, slots=True)
class Resumed:
    """One upload of one owner; nobody else's pieces are seen."""

    services: GatewayServices
    account: str
    owner: str
    upload: str

    @property
    def prefix(self) -> str:
        return object_keys.upload_pieces(self.account, self.upload, sha256(self.owner.encode()).hexdigest()[:16])

    def pieces(self) -> list[Object]:
        """Those that follow one another from the beginning."""
        found, end = [], 0
        for piece in self.services.store.list(self.prefix):
            if int(piece.key.rpartition("/")[2]) == end:
                found.append(piece)
                end += piece.size_bytes
        return found

    def received(self) -> int:
        return sum(piece.size_bytes for piece in self.pieces())

    def done(self) -> UploadTaken | None:
        return uploads.known(self.services, self.account, self.upload, self.owner)

    def keep(self, offset: int, file: BinaryIO, size: int) -> None:
        file.seek(0)
        key = f"{self.prefix}{offset:016}"
        self.services.store.put(key, file, size_bytes=size, media_type="application/octet-stream")

    def join(self, media_type: str, file_name: str | None) -> UploadTaken:
        """All pieces as one upload, which is there whole before they go."""
        pieces = self.pieces()
        with tempfile.TemporaryFile(prefix="trombone-upload-") as file:
            digest = self._copy(pieces, file)
            incoming = uploads.Incoming(file, file.tell(), digest, media_type, file_name)
            taken = uploads.keep(self.services, self.account, self.upload, incoming, self.owner)
        for piece in pieces:
            self.services.store.delete(piece.key)
        return taken

    def _copy(self, pieces: Iterable[Object], file: BinaryIO) -> str:
        digest = sha256()
        for piece in pieces:
            with self.services.store.read(piece.key) as chunks:
                for chunk in chunks:
                    digest.update(chunk)
                    file.write(chunk)
        return digest.hexdigest()


async def put(request: Request) -> Response:
    """`PUT /v1/uploads/{upload}`."""
    services = services_of(request)
    caller = authorize(request, services.settings, "upload")
    return await _take(request, Resumed(services, caller.account, uploads.AGENT, _name(request)))


async def get(request: Request) -> Response:
    services = services_of(request)
    caller = authorize(request, services.settings, "upload")
    return await _progress(Resumed(services, caller.account, uploads.AGENT, _name(request)))


async def visitor_put(request: Request) -> Response:
    """`PUT /webchat/uploads/{upload}`."""
    services = services_of(request)
    visitor = visitor_of(request, services.settings)
    return await _take(request, Resumed(services, visitor.account, visitor.contact, _name(request)))


async def visitor_get(request: Request) -> Response:
    services = services_of(request)
    visitor = visitor_of(request, services.settings)
    return await _progress(Resumed(services, visitor.account, visitor.contact, _name(request)))


async def _take(request: Request, resumed: Resumed) -> Response:
    """A piece that breaks off is forgotten whole. The last piece sent again finds the upload done."""
    offset, size = number(request, "offset", 0, LARGEST), number(request, "size", 0, LARGEST)
    limit = resumed.services.settings.media.max_upload_bytes
    if size > limit:
        raise too_large(limit, size)
    if done := await to_thread.run_sync(
        uploads.known, resumed.services, resumed.account, resumed.upload, resumed.owner
    ):
        return answer(done, 201)
    received = await to_thread.run_sync(resumed.received)
    if offset != received or offset >= size:
        raise Problem(409, "offset_wrong", "The next piece begins elsewhere.", actual=offset, limit=received)
    with tempfile.TemporaryFile(prefix="trombone-upload-") as file:
        await uploads.spool(capped(request, size - offset), file)
        length = file.tell()
        if length:
            await to_thread.run_sync(resumed.keep, offset, file, length)
    if offset + length < size:
        return answer(UploadProgress(upload=resumed.upload, received_bytes=offset + length))
    taken = await to_thread.run_sync(resumed.join, uploads.media_type_of(request), uploads.file_name_in(request))
    return answer(taken, 201)


async def _progress(resumed: Resumed) -> Response:
    if done := await to_thread.run_sync(
        uploads.known, resumed.services, resumed.account, resumed.upload, resumed.owner
    ):
        return answer(UploadProgress(upload=resumed.upload, received_bytes=done.size_bytes))
    return answer(UploadProgress(upload=resumed.upload, received_bytes=await to_thread.run_sync(resumed.received)))


def _name(request: Request) -> str:
    name = str(request.path_params["upload"])
    if not uploads.ID.fullmatch(name):
        raise Problem(422, "wrong_field", "The name of an upload is 32 hexadecimal digits, at random.")
    return name
