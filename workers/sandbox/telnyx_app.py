"""The HTTP side of the sandbox Telnyx: the API, and the host that media lie on."""

import hmac
import json
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from workers.sandbox.faults import Faults
from workers.sandbox.telnyx_network import Network, Sent
from workers.sandbox.telnyx_rules import SaysNo, checked


def api_app(network: Network) -> Faults:
    """`api.telnyx.com`: sends go through the fault orders first."""

    async def create_message(request: Request) -> Response:
        claimed = request.headers.get("authorization", "")
        if not hmac.compare_digest(claimed.encode(), f"Bearer {network.api_key}".encode()):
            raise SaysNo(10009, "Authentication failed", "Could not understand the provided credentials.", 401)
        asked = checked(await _document(request), network.numbers, network.opted_out)
        return JSONResponse({"data": _resource(network.take(asked))})

    async def say_no(request: Request, error: Exception) -> Response:  # noqa: ARG001 - Starlette's shape
        assert isinstance(error, SaysNo)
        network.rejections.append(error)
        return JSONResponse(error.body(), error.status)

    routes = [Route("/v2/messages", create_message, methods=["POST"])]
    return Faults(Starlette(routes=routes, exception_handlers={SaysNo: say_no}), "/v2/messages", _words)


async def _document(request: Request) -> dict[str, Any]:
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise SaysNo(10014, "Unsupported Media Type", "application/json is expected", 415)
    try:
        document = json.loads(await request.body())
    except ValueError:
        raise SaysNo(10023, "Invalid JSON") from None
    if not isinstance(document, dict):
        raise SaysNo(10015, "Bad Request")
    return document


def _words(status: int) -> dict[str, Any]:
    """Of a failure that is not the caller's."""
    code, title = (10011, "Too many requests") if status == 429 else (10007, "Unexpected error")
    return SaysNo(code, title, status=status).body()


def _resource(sent: Sent) -> dict[str, object]:
    asked = sent.asked
    return {
        "record_type": "message",
        "direction": "outbound",
        "id": sent.id,
        "type": "MMS" if asked.media_urls else "SMS",
        "from": {"phone_number": asked.sender},
        "to": [{"phone_number": asked.recipient, "status": "queued"}],
        "text": asked.text,
        "media": [{"url": url} for url in asked.media_urls],
        "webhook_url": asked.webhook_url,
        "errors": [],
    }
