"""
`/` lists the customers, `/{channel}/{contact}` is the phone or the mailbox of one. Loopback only.

Pages and answers are for this origin alone: another site can neither read them nor write in a customer's name.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from smtplib import SMTPException
from tempfile import TemporaryDirectory
from typing import cast
from urllib.parse import quote

import msgspec
from anyio import to_thread
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route

from thumbnails.capabilities import capability
from workers.demo.customers import pages
from workers.demo.customers.devices import Device, Held
from workers.demo.customers.letters import letter_page
from workers.demo.customers.shown import shown_customer, shown_message
from workers.gateway.headers import disposition
from workers.runtime.file_names import plain_name

ASKED_BY_US = "X-Customer"
"""A header that no page of another origin can send without asking first, and nobody says yes."""


def customers_app(devices: Mapping[str, Device], newcomer_of: Callable[[str], str], chat_url: str) -> Starlette:
    """`devices` by channel. `newcomer_of` a channel is a new contact. `chat_url`: webchat's real page."""
    app = Starlette(
        routes=[
            Route("/", pages.overview),
            Route("/customers", customers),
            Route("/page/{name}", pages.part),
            Route("/{channel}/new", newcomer),
            Route("/{channel}/{contact}", pages.customer),
            Route("/{channel}/{contact}/messages", messages, methods=["GET"]),
            Route("/{channel}/{contact}/messages", send, methods=["POST"]),
            Route("/{channel}/{contact}/letters/{message}", letter),
            Route("/{channel}/{contact}/files/{message}/{index:int}", file),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
    )
    app.state.devices = devices
    app.state.newcomer_of = newcomer_of
    app.state.chat_url = chat_url
    return app


def customers(request: Request) -> Response:
    devices = _devices(request)
    listed = [shown_customer(channel, one, contact) for channel, one in devices.items() for contact in one.contacts()]
    return _answer({"channels": list(devices), "chat_url": request.app.state.chat_url, "customers": listed})


def newcomer(request: Request) -> Response:
    _device(request)
    channel = request.path_params["channel"]
    contact = request.app.state.newcomer_of(channel)
    return RedirectResponse(f"/{channel}/{quote(contact, safe='')}", 303)


def messages(request: Request) -> Response:
    device = _device(request)
    held = device.messages(request.path_params["contact"])
    return _answer({"kind": device.kind, "messages": [shown_message(one) for one in held]})


async def send(request: Request) -> Response:
    """A form with `text` and any number of `file`; 204 when our door has taken it."""
    if ASKED_BY_US not in request.headers:
        raise HTTPException(403)
    device, contact = _device(request), request.path_params["contact"]
    with TemporaryDirectory() as folder:
        async with request.form() as form:
            text = str(form.get("text", ""))
            uploads = [one for one in form.getlist("file") if isinstance(one, UploadFile)]
            files = await to_thread.run_sync(lambda: [_kept(one, Path(folder)) for one in uploads])
        try:
            await to_thread.run_sync(device.send, contact, text, files)
        except SMTPException as refused:
            return _answer({"sentence": f"The shop's mail server does not take it: {refused}"}, 502)
    return Response(status_code=204)


def letter(request: Request) -> Response:
    held, at = _held(request), request.path_params
    if held.html is None:
        raise HTTPException(404)
    place = [quote(at[name], safe="") for name in ("channel", "contact")]
    return letter_page(
        held.html, held.files, f"{request.base_url}{'/'.join(place)}/files/{quote(at['message'], safe='')}"
    )


def file(request: Request) -> Response:
    """As it was received. What could run anything is saved, never shown."""
    files, index = _held(request).files, request.path_params["index"]
    if index >= len(files):
        raise HTTPException(404)
    found = files[index]
    inline = capability(found.media_type).inline_safe and "save" not in request.query_params
    return FileResponse(
        found.path,
        headers={
            "Content-Type": found.media_type,
            "Content-Disposition": disposition("inline" if inline else "attachment", found.name or found.path.name),
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _devices(request: Request) -> Mapping[str, Device]:
    return cast(Mapping[str, Device], request.app.state.devices)


def _device(request: Request) -> Device:
    found = _devices(request).get(request.path_params["channel"])
    if found is None:
        raise HTTPException(404)
    return found


def _held(request: Request) -> Held:
    at = request.path_params
    for one in _device(request).messages(at["contact"]):
        if one.id == at["message"]:
            return one
    raise HTTPException(404)


def _kept(upload: UploadFile, folder: Path) -> Path:
    """Under its own name, which a mail carries; alone in a folder, since names may repeat."""
    path = folder / str(len(list(folder.iterdir()))) / (plain_name(upload.filename or "") or "file")
    path.parent.mkdir()
    path.write_bytes(upload.file.read())
    return path


def _answer(content: object, status: int = 200) -> Response:
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(msgspec.json.encode(content), status, headers, media_type="application/json")
