"""Providers call here: the sender is proven, the payload written down as it came, and answered as they expect."""

from hashlib import sha256
from io import BytesIO

import msgspec
from anyio import to_thread
from starlette import requests
from starlette.background import BackgroundTasks
from starlette.responses import Response

from ingest.incoming import ChannelAccount, Ingest, Request
from ingest.modules import UnknownChannel, ingest_module
from schemas import identity, object_keys
from schemas.lineage import begin
from schemas.payload_received import PayloadReceived
from workers.gateway.bodies import read_body
from workers.gateway.problems import Problem
from workers.gateway.services import GatewayServices, services_of
from workers.gateway.threshold import SOURCE, admit, publishing
from workers.runtime.settings import Settings

MAX_BODY_BYTES = 1024 * 1024
"""Where `max_payload_bytes` of the provider's limits does not say otherwise."""
MAX_INLINE_BYTES = 40 * 1024
"""Of a body as JSON text; what is larger goes to the store, since an event ends at 64 KB."""
MAX_URL_CHARS = 4096


async def receive(request: requests.Request) -> Response:
    """`/webhooks/{channel}/{provider}` and `…/status`."""
    services = services_of(request)
    channel, provider = request.path_params["channel"], request.path_params["provider"]
    module = _module(services.settings, channel, provider)
    call = Request(
        method=request.method,
        url=public_url(request, services.settings),
        headers=dict(request.headers),
        body=await read_body(request, _max_bytes(services.settings, channel, provider)),
        received_at=services.clock.now(),
    )
    accounts = _proven(module, call, services.settings.connections(channel, provider))
    if challenge := module.challenge(call, accounts[0]):
        return Response(challenge.body, challenge.status, media_type=challenge.media_type)
    tasks = BackgroundTasks()
    for account in accounts:
        payload = await _written(services, call, account, module)
        event = begin(payload, id=_event_id(call, account), source=SOURCE, now=payload.received_at)
        if task := publishing(services, await admit(services, event)):
            tasks.tasks.append(task)
    answer = module.answer(call)
    return Response(answer.body, answer.status, media_type=answer.media_type, background=tasks)


def public_url(request: requests.Request, settings: Settings) -> str:
    """What the provider called and signed: our public address and the raw path and query, whatever the Host says."""
    path = bytes(request.scope["raw_path"]).decode("latin-1")
    query = bytes(request.scope["query_string"]).decode("latin-1")
    url = str(settings.endpoints.public_url).rstrip("/") + path + (f"?{query}" if query else "")
    if len(url) > MAX_URL_CHARS or not (url.isascii() and url.isprintable()):
        raise Problem(414, "url_not_allowed", "This address is too long, or not an address.")
    return url


def _module(settings: Settings, channel: str, provider: str) -> Ingest:
    if provider not in settings.channels.get(channel, {}):
        raise _unknown()
    try:
        return ingest_module(channel, provider)
    except UnknownChannel as error:
        raise _unknown() from error


def _max_bytes(settings: Settings, channel: str, provider: str) -> int:
    limit = settings.limits(channel, provider).inbound.max_payload_bytes
    return limit.value if limit else MAX_BODY_BYTES


def _unknown() -> Problem:
    return Problem(404, "webhook_unknown", "No channel is connected at this address.")


def _proven(module: Ingest, call: Request, connections: list[ChannelAccount]) -> list[ChannelAccount]:
    """Everybody whom the sender is proven to: one payload may hold messages of several accounts."""
    candidates = module.candidates(call, connections)
    if not candidates:
        raise Problem(404, "account_unknown", "This payload is for no account that is connected here.")
    proven = [candidate for candidate in candidates if module.verify(call, candidate)]
    if not proven:
        raise Problem(403, "signature_invalid", "The signature does not match this request.")
    return proven


def _event_id(call: Request, account: ChannelAccount) -> str:
    """The same call again is the same event."""
    digest = sha256(call.url.encode() + b"\n" + call.body).hexdigest()
    source = f"{SOURCE}/{account.channel}/{account.provider}/{account.address}"
    return identity.root_id(account.account, source, digest)


async def _written(
    services: GatewayServices, call: Request, account: ChannelAccount, module: Ingest
) -> PayloadReceived:
    body = _inline(call.body)
    key = None if body is not None else object_keys.payload(account.account, _event_id(call, account))
    if key is not None:
        await to_thread.run_sync(_store, services, key, call.body)
    return PayloadReceived(
        channel=account.channel,
        provider=account.provider,
        account=account.account,
        address=account.address,
        received_at=services.clock.now(),
        url=call.url,
        headers={name: call.headers[name] for name in module.SIGNED_HEADERS if name in call.headers},
        body=body,
        body_key=key,
    )


def _inline(body: bytes) -> str | None:
    """The body as text, if it is text and small enough to ride in an event (a database cannot keep NUL)."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return text if "\0" not in text and len(msgspec.json.encode(text)) <= MAX_INLINE_BYTES else None


def _store(services: GatewayServices, key: str, body: bytes) -> None:
    services.store.put(key, BytesIO(body), size_bytes=len(body), media_type="application/octet-stream")
