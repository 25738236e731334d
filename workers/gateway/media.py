"""Media come out: `/media/{token}/{file_name}`, for browsers and for providers that fetch what we send."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractContextManager, aclosing
from functools import partial
from typing import NamedTuple, TypeVar

from anyio import CancelScope, to_thread
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from thumbnails.capabilities import capability
from workers.gateway.headers import disposition
from workers.gateway.patience import patiently
from workers.gateway.problems import Problem
from workers.gateway.ranges import NotSatisfiable, Span, span_of
from workers.gateway.services import GatewayServices, services_of
from workers.runtime.links import LinkRefused, MediaGrant
from workers.runtime.objects import Object, ObjectMissing, Reading, StoreUnavailable

T = TypeVar("T")

_CONDITIONS = {"range", "if-none-match"}
"""Whoever names none of these gets the whole object, whatever it is."""


async def media(request: Request) -> Response:
    """HEAD, GET and one range; never a redirect, since providers do not follow one."""
    services = services_of(request)
    grant = _grant(services, request.path_params["token"])
    if request.method == "GET" and _CONDITIONS.isdisjoint(request.headers):
        return await _streamed(services, grant)
    found = await patiently(services, partial(_found, services.store.head, grant.object_key))
    headers = _headers(found, grant)
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    span = _span(request, found, headers["ETag"])
    if request.method == "HEAD" or found.size_bytes == 0:
        return Response(None, 206 if span else 200, headers | _extent(found, span))
    return await _streamed(services, grant, span)


def _grant(services: GatewayServices, token: str) -> MediaGrant:
    try:
        return services.links.open(token)
    except LinkRefused as error:
        if error.code == "link_expired":
            raise Problem(410, error.code, "This link has expired. Please open the conversation again.") from error
        raise Problem(403, error.code, "This link is not one of ours.") from error


def _found(look: Callable[..., T], *key: str) -> T:
    try:
        return look(*key)
    except ObjectMissing as error:
        raise Problem(404, "media_gone", "This file does not exist any more.") from error


class _Opened(NamedTuple):
    """A reading that has begun: whoever has it must leave it."""

    reading: AbstractContextManager[Reading]
    chunks: Reading


async def _streamed(services: GatewayServices, grant: MediaGrant, span: Span | None = None) -> StreamingResponse:
    """What the store says about the object it says along with its bytes: one call."""
    opened = await patiently(services, partial(_open, services, grant, span))
    found = opened.chunks.found
    headers = _headers(found, grant) | _extent(found, span)
    body = _chunks(services, grant, span or Span(0, found.size_bytes), opened)
    return StreamingResponse(body, 206 if span else 200, headers)


def _open(services: GatewayServices, grant: MediaGrant, span: Span | None) -> _Opened:
    start, length = (span.start, span.length) if span else (0, None)
    reading = services.store.read(grant.object_key, start=start, length=length)
    return _Opened(reading, _found(reading.__enter__))


def _extent(found: Object, span: Span | None) -> dict[str, str]:
    if span is None:
        return {"Content-Length": str(found.size_bytes)}
    return {"Content-Length": str(span.length), "Content-Range": span.content_range(found.size_bytes)}


def _headers(found: Object, grant: MediaGrant) -> dict[str, str]:
    kind = grant.disposition if capability(grant.media_type).inline_safe else "attachment"  # else it could run scripts
    return {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, max-age=300",
        "Content-Disposition": disposition(kind, grant.file_name),
        # Exactly the type: Starlette would add a charset, and providers compare.
        "Content-Type": grant.media_type,
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "ETag": f'"{found.etag.strip(chr(34))}"',
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


def _span(request: Request, found: Object, etag: str) -> Span | None:
    """A range that was asked of another version (`If-Range`) is answered with the whole of this one."""
    if request.headers.get("if-range") not in (None, etag):
        return None
    try:
        return span_of(request.headers.get("range"), found.size_bytes)
    except NotSatisfiable as error:
        raise Problem(
            416,
            error.code,
            "The file ends before this range.",
            headers={"Content-Range": f"bytes */{found.size_bytes}"},
            limit=found.size_bytes,
        ) from error


async def _chunks(services: GatewayServices, grant: MediaGrant, span: Span, opened: _Opened) -> AsyncIterator[bytes]:
    """What breaks off is read on from there; the client does not notice."""
    sent = 0
    while True:
        begun = sent
        try:
            async with aclosing(_read(opened)) as chunks:
                async for chunk in chunks:
                    sent += len(chunk)
                    yield chunk
        except StoreUnavailable:
            if sent in (begun, span.length):
                raise
        else:
            return
        rest = Span(span.start + sent, span.length - sent)
        opened = await patiently(services, partial(_open, services, grant, rest))


async def _read(opened: _Opened) -> AsyncGenerator[bytes, None]:
    try:
        while chunk := await to_thread.run_sync(next, opened.chunks, b""):
            yield chunk
    finally:
        # Also when the client hangs up: the connection to the store must go back.
        with CancelScope(shield=True):
            await to_thread.run_sync(opened.reading.__exit__, None, None, None)
