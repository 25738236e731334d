"""Request bodies: capped while they stream, JSON that nobody can read two ways."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import TypeVar

import anyio
import msgspec
from starlette.requests import Request

from schemas.decoders import decoder
from schemas.document import Unreadable, refuse_duplicate_keys
from workers.gateway.problems import Problem

MAX_JSON_BYTES = 64 * 1024
"""An event carries no more (`schemas.document.MAX_BYTES`)."""
LINGER_BYTES = 32 * 1024 * 1024
LINGER_SECONDS = 10
"""How much of a refused body is read and thrown away: who is still sending would otherwise see a broken connection
instead of our answer."""

T = TypeVar("T")


async def read_body(request: Request, max_bytes: int) -> bytes:
    return b"".join([chunk async for chunk in capped(request, max_bytes)])


async def capped(request: Request, max_bytes: int) -> AsyncGenerator[bytes, None]:
    """The body's chunks. Raises Problem 413 as soon as there are more, by declaration or in fact."""
    declared = request.headers.get("content-length", "")
    stream = request.stream()
    if declared.isdecimal() and int(declared[:20]) > max_bytes:
        await _linger(stream)
        raise too_large(max_bytes, int(declared[:20]))
    size = 0
    async for chunk in stream:
        size += len(chunk)
        if size > max_bytes:
            await _linger(stream)
            raise too_large(max_bytes)
        yield chunk


def too_large(limit: int, actual: int | None = None) -> Problem:
    sentence = f"At most {limit:,} bytes are taken here."
    if actual is None:
        return Problem(413, "too_large", sentence, limit=limit)
    return Problem(413, "too_large", sentence, limit=limit, actual=actual)


async def read_json(request: Request, body_type: type[T]) -> T:
    """Raises Problem: 400 for what is not JSON, 422 for fields that are wrong, missing or unknown."""
    body = await read_body(request, MAX_JSON_BYTES)
    try:
        refuse_duplicate_keys(body)
        return decoder(body_type).decode(body)
    except msgspec.ValidationError as error:
        raise Problem(422, "wrong_field", str(error)) from error
    except Unreadable as error:
        raise Problem(400, "not_json", error.detail) from error
    except (ValueError, RecursionError) as error:
        raise Problem(400, "not_json", "The body is not JSON.") from error


async def _linger(stream: AsyncIterator[bytes]) -> None:
    thrown_away = 0
    with anyio.move_on_after(LINGER_SECONDS):
        async for chunk in stream:
            thrown_away += len(chunk)
            if thrown_away > LINGER_BYTES:
                return
