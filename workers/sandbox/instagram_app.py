"""The HTTP side of the sandbox Instagram: the Send API, and the host behind the URLs of what customers send."""

from anyio import to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from workers.sandbox.faults import Faults
from workers.sandbox.instagram_network import Account
from workers.sandbox.instagram_rules import checked
from workers.sandbox.meta_faults import MediaFault
from workers.sandbox.meta_hosts import handed_out
from workers.sandbox.meta_rules import GraphNo, authenticate, saying_no, words

FAULTS = (MediaFault.EXPIRED_URL, MediaFault.PRIVATE_REDIRECT, MediaFault.SLOW_BODY)


def instagram_app(account: Account) -> Faults:
    """`graph.instagram.com` (or `graph.facebook.com`) and its CDN in one; posts go through the fault orders first."""

    async def send(request: Request) -> Response:
        authenticate(request, account.access_token)
        try:
            document = await request.json()
        except ValueError:
            raise GraphNo(100, "The body is not JSON") from None
        asked = checked(document)
        mid = await to_thread.run_sync(account.take, asked)
        return JSONResponse({"recipient_id": asked.contact, "message_id": mid})

    async def content(request: Request) -> Response:
        """To whoever has the address; a token would be one that leaked."""
        if "authorization" in request.headers:
            return Response("a token leaked to the CDN", 400, media_type="text/plain")
        found = account.find(request.query_params.get("asset_id", ""))
        fault = account.faults.meets(*FAULTS)
        return handed_out(found, fault) if found else Response(status_code=404)

    routes = [
        Route(f"/{{version}}/{account.node}/messages", send, methods=["POST"]),
        Route("/ig_messaging_cdn/", content, methods=["GET"]),
    ]
    app = Starlette(routes=routes, exception_handlers={GraphNo: saying_no(account.rejections)})
    return Faults(app, "/", words)
