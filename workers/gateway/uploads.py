"""Files come in: streamed to disk, measured, and put into quarantine whole or not at all."""

import re
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import BinaryIO
from uuid import uuid4

from anyio import to_thread
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import Response

from schemas import object_keys
from workers.gateway.answers import answer
from workers.gateway.bodies import capped, too_large
from workers.gateway.headers import file_name_of
from workers.gateway.keys import authorize
from workers.gateway.problems import Problem
from workers.gateway.services import GatewayServices, services_of
from workers.gateway.shapes import UploadTaken
from workers.runtime.file_names import plain_name
from workers.runtime.objects import Object, ObjectMissing

WRITE_BYTES = 1024 * 1024
FORM_OVERHEAD_BYTES = 64 * 1024
"""Boundaries, headers and small fields of a form around its one file."""
AGENT = "agent"
"""The owner of what comes with an API key; a visitor's upload is owned by the visitor."""
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Incoming:
    file: BinaryIO
    size_bytes: int
    sha256: str
    media_type: str
    file_name: str | None


async def upload(request: Request) -> Response:
    """`POST /v1/uploads`: the raw file, or a form with one file."""
    services = services_of(request)
    caller = authorize(request, services.settings, "upload")
    return await take(request, services, caller.account, AGENT)


async def take(request: Request, services: GatewayServices, account: str, owner: str) -> Response:
    async with _incoming(request, services.settings.media.max_upload_bytes) as incoming:
        if incoming.size_bytes == 0:
            raise Problem(422, "file_empty", "The file is empty.")
        taken = await to_thread.run_sync(keep, services, account, uuid4().hex, incoming, owner)
    return answer(taken, 201)


def find(services: GatewayServices, account: str, upload_id: str, owner: str | None = None) -> Object:
    """An upload of this account (and of this owner). Raises Problem 404: what is not yours does not exist."""
    if ID.fullmatch(upload_id):
        try:
            found = services.store.head(object_keys.upload(account, upload_id))
        except ObjectMissing:
            pass
        else:
            if owner is None or found.metadata.get("owner") == owner:
                return found
    raise Problem(404, "upload_unknown", "There is no such upload. Please upload the file again.")


def known(services: GatewayServices, account: str, upload_id: str, owner: str) -> UploadTaken | None:
    """An upload that is there already; None as long as nobody has brought it. Raises Problem 404: somebody else's."""
    try:
        found = services.store.head(object_keys.upload(account, upload_id))
    except ObjectMissing:
        return None
    if found.metadata.get("owner") != owner:
        raise Problem(404, "upload_unknown", "There is no such upload. Please upload the file again.")
    return UploadTaken(
        upload=upload_id,
        object_key=found.key,
        size_bytes=found.size_bytes,
        sha256=found.metadata["sha256"],
        file_name=found.metadata.get("file_name"),
    )


def keep(services: GatewayServices, account: str, upload_id: str, incoming: Incoming, owner: str) -> UploadTaken:
    """Whole or not at all."""
    key = object_keys.upload(account, upload_id)
    metadata = {"sha256": incoming.sha256, "owner": owner}
    if incoming.file_name:
        metadata["file_name"] = incoming.file_name
    incoming.file.seek(0)
    services.store.put(
        key, incoming.file, size_bytes=incoming.size_bytes, media_type=incoming.media_type, metadata=metadata
    )
    return UploadTaken(
        upload=upload_id,
        object_key=key,
        size_bytes=incoming.size_bytes,
        sha256=incoming.sha256,
        file_name=incoming.file_name,
    )


@asynccontextmanager
async def _incoming(request: Request, max_bytes: int) -> AsyncIterator[Incoming]:
    if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        async with _form_file(request, max_bytes) as incoming:
            yield incoming
        return
    with tempfile.TemporaryFile(prefix="trombone-upload-") as file:
        digest = await spool(capped(request, max_bytes), file)
        yield Incoming(file, file.tell(), digest, media_type_of(request), file_name_in(request))


async def spool(chunks: AsyncIterator[bytes], file: BinaryIO) -> str:
    """Write to disk in large steps, off the event loop; returns the SHA-256."""
    digest, waiting, size = sha256(), [], 0
    async for chunk in chunks:
        digest.update(chunk)
        waiting.append(chunk)
        size += len(chunk)
        if size >= WRITE_BYTES:
            await to_thread.run_sync(file.write, b"".join(waiting))
            waiting, size = [], 0
    await to_thread.run_sync(file.write, b"".join(waiting))
    return digest.hexdigest()


@asynccontextmanager
async def _form_file(request: Request, max_bytes: int) -> AsyncIterator[Incoming]:
    body = capped(request, max_bytes + FORM_OVERHEAD_BYTES)
    try:
        form = await MultiPartParser(request.headers, body, max_files=1, max_fields=20).parse()
    except MultiPartException as error:
        raise Problem(400, "form_unreadable", "This is not a form with one file.") from error
    try:
        file = next((value for value in form.values() if isinstance(value, UploadFile)), None)
        if file is None:
            raise Problem(422, "file_missing", "The form holds no file.")
        size, digest = await to_thread.run_sync(_measure, file.file)
        if size > max_bytes:
            raise too_large(max_bytes, size)
        yield Incoming(file.file, size, digest, _media_type(file.headers), plain_name(file.filename or ""))
    finally:
        await form.close()


def _measure(file: BinaryIO) -> tuple[int, str]:
    file.seek(0)
    digest = sha256()
    while chunk := file.read(WRITE_BYTES):
        digest.update(chunk)
    return file.tell(), digest.hexdigest()


def file_name_in(request: Request) -> str | None:
    """What the request calls the file, by header or query."""
    named = file_name_of(request.headers.get("x-file-name"))
    return named or plain_name(request.query_params.get("file_name", ""))


def media_type_of(request: Request) -> str:
    return _media_type(request.headers)


def _media_type(headers: Headers | Mapping[str, str]) -> str:
    declared = headers.get("content-type", "").partition(";")[0].strip().lower()
    return declared if _MEDIA_TYPE.fullmatch(declared) else "application/octet-stream"
