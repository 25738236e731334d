"""The HTTP door. What each route speaks is written down in `README.md` beside this file."""

from threading import Event as Flag

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Mount, Route

from workers.gateway import (
    channels,
    events,
    health,
    media,
    metrics,
    openapi,
    page_sessions,
    pages,
    preflights,
    problems,
    replies,
    resolutions,
    resuming,
    threads,
    uploads,
    visitor_threads,
    visitors,
    webhooks,
)
from workers.gateway.services import GatewayServices
from workers.runtime.database import DatabaseUnavailable
from workers.runtime.decoding import DecoderUnavailable
from workers.runtime.objects import StoreUnavailable

ANY_SHOP = Middleware(
    CORSMiddleware,
    allow_origins=["*"],
    allow_methods=["GET", "POST", "PUT"],
    allow_headers=["Authorization", "Content-Type", "Last-Event-ID", "X-File-Name"],
)
"""A visitor's page lives on the shop's own site. No cookie is ever read: without its token a page reaches nothing."""

WEBCHAT = [
    Route("/uploads", visitors.upload, methods=["POST"]),
    Route("/uploads/{upload}", resuming.visitor_put, methods=["PUT"]),
    Route("/uploads/{upload}", resuming.visitor_get, methods=["GET"]),
    Route("/messages", visitors.post_message, methods=["POST"]),
    Route("/messages", visitor_threads.messages, methods=["GET"]),
    Route("/events", events.visitor_events, methods=["GET"]),
    Route("/receipts", visitors.post_receipt, methods=["POST"]),
    Route("/widget.js", pages.widget, methods=["GET"]),
    Route("/{address}/chat", pages.chat, methods=["GET"]),
    Route("/{address}/sessions", visitors.start, methods=["POST"]),
]

ROUTES = [
    Route("/", pages.agent, methods=["GET"]),
    Route("/docs", pages.docs, methods=["GET"]),
    Route("/openapi.json", openapi.openapi, methods=["GET"]),
    Route("/asyncapi.yaml", pages.asyncapi, methods=["GET"]),
    Route("/page/{name}", pages.part, methods=["GET"]),
    Route("/webhooks/{channel}/{provider}", webhooks.receive, methods=["GET", "POST"]),
    Route("/webhooks/{channel}/{provider}/status", webhooks.receive, methods=["GET", "POST"]),
    Route("/v1/sessions", page_sessions.start, methods=["POST"]),
    Route("/v1/channels", channels.channels, methods=["GET"]),
    Route("/v1/events", events.account_events, methods=["GET"]),
    Route("/v1/uploads", uploads.upload, methods=["POST"]),
    Route("/v1/uploads/{upload}", resuming.put, methods=["PUT"]),
    Route("/v1/uploads/{upload}", resuming.get, methods=["GET"]),
    Route("/v1/replies", replies.reply, methods=["POST"]),
    Route("/v1/preflight", preflights.preflight, methods=["POST"]),
    Route("/v1/conversations", threads.conversations, methods=["GET"]),
    Route("/v1/conversations/{conversation}", threads.conversation, methods=["GET"]),
    Route("/v1/messages/{message}", threads.message, methods=["GET"]),
    Route("/v1/messages/{message}/parts/{part}/resolution", resolutions.resolve, methods=["POST"]),
    Mount("/webchat", routes=WEBCHAT, middleware=[ANY_SHOP]),
    Route("/media/{token}/{file_name}", media.media, methods=["GET"]),
    Route("/healthz", health.alive, methods=["GET"]),
    Route("/readyz", health.ready, methods=["GET"]),
    Route("/metrics", metrics.metrics, methods=["GET"]),
]


def create_app(services: GatewayServices) -> Starlette:
    away = (StoreUnavailable, DatabaseUnavailable, DecoderUnavailable)
    unavailable = dict.fromkeys(away, problems.answer_unavailable)
    app = Starlette(routes=ROUTES, exception_handlers={**problems.HANDLERS, **unavailable})
    # A slash too many is another address, not a redirect that would drop a signed body.
    app.router.redirect_slashes = False
    app.state.services = services
    app.state.stopping = Flag()
    return app
