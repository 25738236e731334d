"""Webchat visitors: sessions, uploads, messages and receipts, each for the visitor's own conversation alone."""

from typing import Annotated, Literal

import msgspec
from anyio import to_thread
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from ingest.webchat import VisitorDocument, VisitorFile, VisitorMessage, VisitorReceipt, external_id
from schemas import identity
from schemas.lineage import begin
from schemas.payload_received import PayloadReceived
from schemas.values import Id, Label, Text
from workers.gateway import uploads
from workers.gateway.answers import answer
from workers.gateway.bodies import read_json
from workers.gateway.problems import Problem
from workers.gateway.services import GatewayServices, services_of
from workers.gateway.sessions import CHANNEL, LIVES_SECONDS, Visitor, new_visitor, token_for, visitor_of
from workers.gateway.shapes import MessageTaken, Nothing, VisitorSession
from workers.gateway.threshold import SOURCE, admit, publishing
from workers.gateway.webhooks import public_url
from workers.runtime.file_names import plain_name
from workers.runtime.threshold import Admitted


class PostedFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    upload: Id
    file_name: Label | None = None
    alt_text: Label | None = None


class PostedMessage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`client_message_id` is the browser's own: posting it again is the same message."""

    client_message_id: Annotated[str, Meta(pattern=r"^[!-~]{1,128}\Z")]
    text: Text | None = None
    files: Annotated[list[PostedFile], Meta(max_length=50)] = []


class PostedReceipt(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    message: Id
    part: Id
    status: Literal["delivered", "read"]


async def start(request: Request) -> Response:
    """`POST /webchat/{address}/sessions`: a new visitor; one who brings a session gets it renewed."""
    services = services_of(request)
    visitor = _returning(request, services) or new_visitor(services.settings, request.path_params["address"])
    session = VisitorSession(
        token=token_for(visitor),
        expires_in_seconds=LIVES_SECONDS,
        conversation=visitor.conversation,
        contact=visitor.contact,
    )
    return answer(session, 201)


def _returning(request: Request, services: GatewayServices) -> Visitor | None:
    if "authorization" not in request.headers:
        return None
    visitor = visitor_of(request, services.settings)
    if visitor.connection.address != request.path_params["address"]:
        raise Problem(403, "session_elsewhere", "This chat session belongs to another webchat.")
    return visitor


async def upload(request: Request) -> Response:
    """`POST /webchat/uploads`."""
    services = services_of(request)
    visitor = visitor_of(request, services.settings)
    return await uploads.take(request, services, visitor.account, visitor.contact)


async def post_message(request: Request) -> Response:
    """`POST /webchat/messages`."""
    services = services_of(request)
    visitor = visitor_of(request, services.settings)
    posted = await read_json(request, PostedMessage)
    if not (posted.text or "").strip() and not posted.files:
        raise Problem(422, "message_empty", "The message has neither text nor files.")
    max_files = services.settings.limits(CHANNEL, visitor.connection.provider).inbound.max_files_per_message.value
    if len(posted.files) > max_files:
        raise Problem(422, "too_many_files", f"At most {max_files} files go into one message.", limit=max_files)
    document = VisitorMessage(
        address=visitor.connection.address,
        contact=visitor.contact,
        client_message_id=posted.client_message_id,
        text=posted.text,
        files=await to_thread.run_sync(_files, services, visitor, posted),
    )
    name = external_id(visitor.contact, posted.client_message_id)
    admitted = await _admitted(request, services, visitor, document, name)
    taken = MessageTaken(
        message=identity.inbound_message_id(visitor.account, CHANNEL, name), conversation=visitor.conversation
    )
    return answer(taken, 202, publishing(services, admitted))


async def post_receipt(request: Request) -> Response:
    """`POST /webchat/receipts`: the page showed a message of ours."""
    services = services_of(request)
    visitor = visitor_of(request, services.settings)
    posted = await read_json(request, PostedReceipt)
    document = VisitorReceipt(
        address=visitor.connection.address,
        contact=visitor.contact,
        conversation=visitor.conversation,
        message=posted.message,
        part=posted.part,
        status=posted.status,
    )
    name = f"receipt:{visitor.contact}:{posted.message}:{posted.part}:{posted.status}"
    admitted = await _admitted(request, services, visitor, document, name)
    return answer(Nothing(), 202, publishing(services, admitted))


def _files(services: GatewayServices, visitor: Visitor, posted: PostedMessage) -> list[VisitorFile]:
    """Only uploads of this very visitor: an id that leaked opens nobody else's file."""
    return [_file(services, visitor, file) for file in posted.files]


def _file(services: GatewayServices, visitor: Visitor, file: PostedFile) -> VisitorFile:
    found = uploads.find(services, visitor.account, file.upload, visitor.contact)
    return VisitorFile(
        upload=file.upload,
        file_name=plain_name(file.file_name or found.metadata.get("file_name", "")),
        media_type=found.media_type,
        alt_text=file.alt_text,
    )


async def _admitted(
    request: Request, services: GatewayServices, visitor: Visitor, document: VisitorDocument, name: str
) -> Admitted:
    now = services.clock.now()
    payload = PayloadReceived(
        channel=CHANNEL,
        provider=visitor.connection.provider,
        account=visitor.account,
        address=visitor.connection.address,
        received_at=now,
        url=public_url(request, services.settings),
        headers={},
        body=msgspec.json.encode(document).decode(),
    )
    event = begin(payload, id=identity.root_id(visitor.account, f"{SOURCE}/{CHANNEL}", name), source=SOURCE, now=now)
    return await admit(services, event)
