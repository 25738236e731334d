"""The HTTP side of the sandbox Twilio: the API, the CDN behind its media URLs, and the phones for whoever watches."""

import base64
import hmac
from collections.abc import Awaitable, Callable, Mapping
from email.utils import format_datetime
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from workers.sandbox.faults import Fault, Faults
from workers.sandbox.phone import Fetched, PhoneMessage
from workers.sandbox.twilio_network import API_VERSION, Network, Sent
from workers.sandbox.twilio_rules import SaysNo, checked

FORM = "application/x-www-form-urlencoded"


def api_app(network: Network, cdn_url: str, *, media_need_credentials: bool = True) -> Faults:
    """`api.twilio.com`: sends go through the fault orders first."""

    async def create_message(request: Request) -> Response:
        _authenticate(request, network)
        if request.headers.get("content-type", "").partition(";")[0] != FORM:
            raise SaysNo(21602, "Message body is required.")
        form = parse_qs((await request.body()).decode(errors="replace"))
        sent = network.take(checked(form, network.numbers, network.opted_out, network.service))
        return JSONResponse(_resource(network, sent), 201)

    async def list_messages(request: Request) -> Response:
        _authenticate(request, network)
        return JSONResponse(_page(network, request.query_params))

    async def media(request: Request) -> Response:
        if media_need_credentials:
            _authenticate(request, network)
        if request.path_params["media"] not in network.media:
            raise SaysNo(20404, f"The requested resource {request.url.path} was not found", 404)
        return RedirectResponse(f"{cdn_url}/{request.path_params['media']}", 307)

    async def phone(request: Request) -> Response:
        received = network.phones.customer(request.path_params["number"]).received
        return JSONResponse({"messages": [_shown(one) for one in received]})

    async def phone_sends(request: Request) -> Response:
        async with request.form() as form:
            files = [one for one in form.getlist("file") if isinstance(one, UploadFile)]
            media = [Fetched(one.content_type or "application/octet-stream", await one.read()) for one in files]
            sid, _ = network.send_mms(request.path_params["number"], str(form["to"]), str(form.get("text", "")), media)
        return JSONResponse({"sid": sid}, 202)

    async def order_fault(request: Request) -> Response:
        order = await request.json()
        faults.order(Fault(order["fault"]), int(order.get("times", 1)))
        return Response(status_code=204)

    prefix = f"/{API_VERSION}/Accounts/{{account}}"
    routes = [
        Route(f"{prefix}/Messages.json", create_message, methods=["POST"]),
        Route(f"{prefix}/Messages.json", list_messages, methods=["GET"]),
        Route(f"{prefix}/Messages/{{message}}/Media/{{media}}", media, methods=["GET"]),
        Route("/_phone/{number}", phone, methods=["GET"]),
        Route("/_phone/{number}/messages", phone_sends, methods=["POST"]),
        Route("/_faults", order_fault, methods=["POST"]),
    ]
    faults = Faults(
        Starlette(routes=routes, exception_handlers={SaysNo: _saying_no(network)}), f"/{API_VERSION}/", _words
    )
    return faults


def _saying_no(network: Network) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def say_no(request: Request, error: Exception) -> Response:  # noqa: ARG001 - Starlette's shape
        assert isinstance(error, SaysNo)
        network.rejections.append(error)
        headers = {"WWW-Authenticate": 'Basic realm="Twilio API"'} if error.status == 401 else None
        return JSONResponse(error.body(), error.status, headers)

    return say_no


def _words(status: int) -> dict[str, str | int]:
    """Of a failure that is not the caller's."""
    code, message = (20429, "Too Many Requests") if status == 429 else (20500, "Internal Server Error")
    return SaysNo(code, message, status).body()


def _authenticate(request: Request, network: Network) -> None:
    expected = base64.b64encode(f"{network.account_sid}:{network.auth_token}".encode()).decode()
    claimed = request.headers.get("authorization", "")
    if not hmac.compare_digest(claimed.encode(), f"Basic {expected}".encode()):
        raise SaysNo(20003, "Authenticate", 401)
    if request.path_params["account"] != network.account_sid:
        raise SaysNo(20404, f"The requested resource {request.url.path} was not found", 404)


def _page(network: Network, asked: Mapping[str, str]) -> dict[str, object]:
    """The newest first. Of the documented filters those that we use: To, From, and DateSent> by day."""
    found = [
        _resource(network, sent)
        for sent in reversed(network.sent)
        if asked.get("To", sent.asked.recipient) == sent.asked.recipient
        and asked.get("From", sent.asked.sender) == sent.asked.sender
        and f"{sent.made_at:%Y-%m-%d}" >= asked.get("DateSent>", "")
    ]
    size = int(asked.get("PageSize", "50"))
    return {"messages": found[:size], "page": 0, "page_size": size}


def _resource(network: Network, sent: Sent) -> dict[str, object]:
    """https://www.twilio.com/docs/messaging/api/message-resource, read 2026-11-22; `num_media` really is a string."""
    made_at = format_datetime(sent.made_at)
    uri = f"/{API_VERSION}/Accounts/{network.account_sid}/Messages/{sent.sid}"
    return {
        "account_sid": network.account_sid,
        "api_version": API_VERSION,
        "body": sent.asked.body,
        "date_created": made_at,
        "date_sent": None if sent.status in ("queued", "accepted") else made_at,
        "date_updated": made_at,
        "direction": "outbound-api",
        "error_code": sent.error_code,
        "error_message": None,
        "from": sent.asked.sender,
        "messaging_service_sid": sent.asked.service,
        "num_media": str(len(sent.asked.media_urls)),
        "num_segments": "1",
        "price": None,
        "price_unit": "USD",
        "sid": sent.sid,
        "status": sent.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": sent.asked.recipient,
        "uri": f"{uri}.json",
    }


def _shown(message: PhoneMessage) -> dict[str, object]:
    files = [
        {"path": str(one.path), "media_type": one.media_type, "size_bytes": one.size_bytes} for one in message.files
    ]
    return {"sid": message.sid, "from": message.sender, "text": message.text, "files": files}
