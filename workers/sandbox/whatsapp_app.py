"""The HTTP side of the sandbox WhatsApp: Graph's media and messages, and the host behind media URLs."""

import hashlib

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from workers.sandbox.faults import Faults
from workers.sandbox.meta_faults import MediaFault
from workers.sandbox.meta_hosts import handed_out
from workers.sandbox.meta_rules import GraphNo, authenticate, saying_no, words
from workers.sandbox.phone import Fetched
from workers.sandbox.whatsapp_network import Number
from workers.sandbox.whatsapp_rules import checked, checked_upload


def whatsapp_app(number: Number) -> Faults:
    """`graph.facebook.com` and `lookaside.fbsbx.com` in one; posts go through the fault orders first."""

    async def upload(request: Request) -> Response:
        authenticate(request, number.access_token)
        async with request.form() as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise GraphNo(100, "The parameter file is required.")
            content = Fetched(file.content_type or "", await file.read())
            fields = {name: value for name, value in form.items() if name != "file"}
            return JSONResponse({"id": number.keep(checked_upload(fields, content, file.filename or ""))})

    async def send(request: Request) -> Response:
        authenticate(request, number.access_token)
        try:
            document = await request.json()
        except ValueError:
            raise GraphNo(100, "The body is not JSON") from None
        asked = checked(document)
        message_id = number.take(asked)
        contact = {"input": asked.contact, "wa_id": asked.contact.lstrip("+")}
        return JSONResponse({"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": message_id}]})

    async def media(request: Request) -> Response:
        authenticate(request, number.access_token)
        if request.query_params.get("phone_number_id", number.phone_number_id) != number.phone_number_id:
            raise GraphNo(100, "Param phone_number_id must be the number that the media is for")
        if number.faults.meets(MediaFault.THROTTLED):
            raise GraphNo(4, "Application request limit reached")
        media_id = request.path_params["media"]
        found = number.find(media_id)
        wrong = b"?" if number.faults.meets(MediaFault.WRONG_DIGEST) else b""
        return JSONResponse(
            {
                "messaging_product": "whatsapp",
                "url": str(request.base_url) + f"whatsapp_business/attachments/{number.url_of(media_id)}",
                "mime_type": found.media_type,
                "sha256": hashlib.sha256(found.content + wrong).hexdigest(),
                "file_size": str(len(found.content)),
                "id": media_id,
            }
        )

    node = f"/{{version}}/{number.phone_number_id}"
    routes = [
        Route(f"{node}/media", upload, methods=["POST"]),
        Route(f"{node}/messages", send, methods=["POST"]),
        Route("/{version}/{media}", media, methods=["GET"]),
        _lookaside(number),
    ]
    app = Starlette(routes=routes, exception_handlers={GraphNo: saying_no(number.rejections)})
    return Faults(app, "/", words)


def _lookaside(number: Number) -> Route:
    """The host behind media URLs."""

    async def content(request: Request) -> Response:
        """Without our token nobody is told that there is anything."""
        if request.headers.get("authorization") != f"Bearer {number.access_token}":
            return Response(status_code=401)
        found = number.behind(request.path_params["token"])
        if found is None:
            return Response(status_code=404)
        return handed_out(found, number.faults.meets(MediaFault.PRIVATE_REDIRECT, MediaFault.SLOW_BODY))

    return Route("/whatsapp_business/attachments/{token}", content, methods=["GET"])
