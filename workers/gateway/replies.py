"""An agent presses Send: `POST /v1/replies`."""

import re
from datetime import datetime
from typing import Annotated
from uuid import uuid4

import anyio
import msgspec
from anyio import to_thread
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from ingest.incoming import ChannelAccount
from schemas import identity, object_keys
from schemas.attachment import Source
from schemas.lineage import begin
from schemas.message_received import FileAnnounced
from schemas.reply_requested import ReplyRequested
from schemas.values import Id, Label, Line, Name, Text, Time, Url
from workers.beginning import NEVER_WROTE, customer_begins
from workers.gateway import uploads
from workers.gateway.answers import answer
from workers.gateway.bodies import read_json
from workers.gateway.keys import authorize
from workers.gateway.problems import Problem, refusal
from workers.gateway.services import GatewayServices, services_of
from workers.gateway.shapes import ReplyTaken, Warned
from workers.gateway.threshold import SOURCE, admit, publishing
from workers.runtime.file_names import plain_name
from workers.runtime.views import MessageView

MAX_FILES = 50
UNRECORDED_SECONDS = 3.0
"""How long the record may be behind what a customer has just written."""
LOOK_SECONDS = 0.1
_KEY = re.compile(r"[!-~]{1,255}")

NO_WORDS = Warned(
    code="no_words",
    sentence="The customer will see the files without a word. A short caption says what they are about.",
)


class ReplyFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    upload: Id | None = None
    url: Url | None = None
    file_name: Label | None = None
    alt_text: Label | None = None


class ReplyAsked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    channel: Name
    contact: Line
    address: Line | None = None
    text: Text | None = None
    subject: Label | None = None
    in_reply_to: Id | None = None
    """A customer's message in the same account, for channels that thread by it (email)."""
    files: Annotated[list[ReplyFile], Meta(max_length=MAX_FILES)] = []
    expires_at: Time | None = None
    send_what_fits: bool = False
    ticket: Line | None = None
    agent: Line | None = None


async def reply(request: Request) -> Response:
    """The same Idempotency-Key with the same content gets the same answer; with other content, 409."""
    services = services_of(request)
    caller = authorize(request, services.settings, "reply")
    key = _idempotency_key(request)
    asked = await read_json(request, ReplyAsked)
    connection = connected(services, caller.account, asked.channel, asked.address)
    await _check_begun(services, connection, asked.contact)
    now = services.clock.now()
    asked = msgspec.structs.replace(asked, agent=caller.agent or asked.agent)
    wanted = await to_thread.run_sync(_requested, services, connection, asked, now)
    event = begin(wanted, id=identity.root_id(caller.account, SOURCE, key), source=SOURCE, now=now)
    admitted = await admit(services, event)
    taken = ReplyTaken(
        message=event.correlation_id,
        conversation=identity.conversation_id(caller.account, asked.channel, connection.address, asked.contact),
        warnings=[NO_WORDS] if asked.files and not (asked.text or "").strip() else [],
    )
    return answer(taken, 202, publishing(services, admitted))


async def _check_begun(services: GatewayServices, connection: ChannelAccount, contact: str) -> None:
    """Whoever wrote a moment ago may not be on the record yet. Raises Problem 422."""
    if not customer_begins(services.settings.limits_of(connection).outbound):
        return
    conversation = identity.conversation_id(connection.account, connection.channel, connection.address, contact)
    deadline = services.clock.monotonic() + UNRECORDED_SECONDS
    while not await to_thread.run_sync(services.record.has_written, connection.account, conversation):
        if services.clock.monotonic() > deadline:
            raise refusal(422, NEVER_WROTE)
        await anyio.sleep(LOOK_SECONDS)


def _idempotency_key(request: Request) -> str:
    key = request.headers.get("idempotency-key")
    if key is None:
        return uuid4().hex
    if not _KEY.fullmatch(key):
        raise Problem(422, "idempotency_key_wrong", "An Idempotency-Key is 1 to 255 visible ASCII characters.")
    return key


def connected(services: GatewayServices, account: str, channel: str, address: str | None) -> ChannelAccount:
    """Raises Problem 422."""
    connection = services.settings.connection(account, channel, address)
    if connection is None:
        raise Problem(
            422, "channel_not_connected", f"This account has no {channel} connection, or not with that address."
        )
    return connection


def _requested(
    services: GatewayServices, connection: ChannelAccount, asked: ReplyAsked, now: datetime
) -> ReplyRequested:
    if not (asked.text or "").strip() and not asked.files:
        raise Problem(422, "reply_empty", "The reply has neither text nor files.")
    if asked.expires_at and asked.expires_at <= now:
        raise Problem(422, "reply_expired", "The reply expires in the past.")
    answered = _answered(services, connection.account, asked)
    return ReplyRequested(
        channel=asked.channel,
        provider=connection.provider,
        account=connection.account,
        address=connection.address,
        contact=asked.contact,
        text=asked.text,
        subject=asked.subject or _subject(answered),
        in_reply_to=answered.external_id if answered else None,
        files=[_announced(services, connection.account, file) for file in asked.files],
        expires_at=asked.expires_at,
        send_what_fits=asked.send_what_fits,
        agent=asked.agent,
        ticket=asked.ticket,
    )


def _answered(services: GatewayServices, account: str, asked: ReplyAsked) -> MessageView | None:
    if asked.in_reply_to is None:
        return None
    found = services.record.message(account, asked.in_reply_to)
    if found is None or found.direction != "inbound":
        raise Problem(404, "message_unknown", "There is no customer's message with the id in `in_reply_to`.")
    return found


def _subject(answered: MessageView | None) -> str | None:
    if answered is None or not answered.subject:
        return None
    subject = answered.subject[:1000]
    return subject if subject.lower().startswith("re:") else f"Re: {subject}"


def _announced(services: GatewayServices, account: str, file: ReplyFile) -> FileAnnounced:
    if (file.upload is None) == (file.url is None):
        raise Problem(422, "wrong_field", "A file needs exactly one of `upload` and `url`.")
    if file.upload is None:
        return FileAnnounced(
            source=Source(url=file.url), file_name=plain_name(file.file_name or ""), alt_text=file.alt_text
        )
    found = uploads.find(services, account, file.upload)
    return FileAnnounced(
        source=Source(object_key=object_keys.upload(account, file.upload)),
        file_name=plain_name(file.file_name or found.metadata.get("file_name", "")),
        declared_media_type=found.media_type,
        alt_text=file.alt_text,
    )
