"""
Understand what came in: a provider's payload, an upstream system's event, an agent's reply.

consumes  payload_received, message_received, reply_requested
emits     message_received, message_withdrawn, delivery_reported, attachments_announced, media_rejected
"""

from collections.abc import Sequence

from ingest.helpdesk import announced_message, announced_reply, unannounced_reply
from ingest.incoming import InboundMessage, Report, Unparsable, Withdrawal
from ingest.modules import ingest_module
from schemas import identity
from schemas.attachments_announced import AttachmentsAnnounced
from schemas.delivery_reported import DeliveryReported
from schemas.event import AnyEvent, Event, EventData
from schemas.media_rejected import MediaRejected
from schemas.message_received import MessageReceived
from schemas.message_withdrawn import MessageWithdrawn
from schemas.payload_received import PayloadReceived
from schemas.reason import Reason, Refused
from schemas.reply_requested import ReplyRequested
from workers.runtime.outcome import Poison
from workers.runtime.ports import Ports
from workers.runtime.worker import Worker
from workers.unpacking import is_container, opened


def understand(event: Event[PayloadReceived], ports: Ports) -> Sequence[EventData]:
    payload = event.data
    try:
        parsed = ingest_module(payload.channel, payload.provider).parse(payload, readable(event, ports))
    except Unparsable as error:
        raise Poison(error.code, str(error)) from error
    return [
        *(received(message, payload) for message in parsed.messages),
        *(withdrawn(one, payload) for one in parsed.withdrawals),
        *(reported(report, payload) for report in parsed.reports),
    ]


def readable(event: Event[PayloadReceived], ports: Ports) -> bytes:
    """The body as the channel's module can read it: one that is a container is opened first, in a decoding child."""
    module = ingest_module(event.data.channel, event.data.provider)
    return opened(event, module, ports) if is_container(module) else body_of(event.data, ports)


def body_of(payload: PayloadReceived, ports: Ports) -> bytes:
    if payload.body_key is None:
        return (payload.body or "").encode()
    with ports.store.read(payload.body_key) as chunks:
        return b"".join(chunks)


def received(message: InboundMessage, payload: PayloadReceived) -> MessageReceived:
    return MessageReceived(
        channel=payload.channel,
        provider=payload.provider,
        account=payload.account,
        address=message.address,
        contact=message.contact,
        contact_name=message.contact_name,
        external_id=message.external_id,
        text=message.text,
        subject=message.subject,
        in_reply_to=message.in_reply_to,
        consent=message.consent,
        automatic=message.automatic,
        sent_at=message.sent_at,
        conversation=message.conversation
        or identity.conversation_id(payload.account, payload.channel, message.address, message.contact),
        message=identity.inbound_message_id(payload.account, payload.channel, message.external_id),
        files=list(message.files),
        missing=list(message.missing),
    )


def withdrawn(one: Withdrawal, payload: PayloadReceived) -> MessageWithdrawn:
    return MessageWithdrawn(
        channel=payload.channel,
        provider=payload.provider,
        account=payload.account,
        address=one.address,
        contact=one.contact,
        external_id=one.external_id,
        conversation=identity.conversation_id(payload.account, payload.channel, one.address, one.contact),
        message=identity.inbound_message_id(payload.account, payload.channel, one.external_id),
        occurred_at=one.occurred_at or payload.received_at,
    )


def reported(report: Report, payload: PayloadReceived) -> DeliveryReported:
    return DeliveryReported(
        channel=payload.channel,
        provider=payload.provider,
        account=payload.account,
        external_id=report.external_id,
        status=report.status,
        conversation=report.conversation,
        message=report.message,
        part=report.part,
        reason=report.reason,
        falls_back=report.falls_back,
        occurred_at=report.occurred_at or payload.received_at,
    )


def announce_message(event: Event[MessageReceived], ports: Ports) -> Sequence[EventData]:
    """One event per attachment: a broken or slow file never holds up its neighbours."""
    return announced_message(event, provider_of(event.data, ports))


def provider_of(message: MessageReceived, ports: Ports) -> str:
    """The connection's, else what an upstream system with a connection of its own says. Raises Refused."""
    connection = ports.settings.connection(message.account, message.channel, message.address)
    if connection:
        return connection.provider
    if message.provider in ports.settings.channels.get(message.channel, {}):
        return message.provider or ""
    sentence = f"Nobody knows which provider of {message.channel} this message came through."
    raise Refused(Reason(code="provider_unknown", sentence=sentence))


def announce_reply(event: Event[ReplyRequested], ports: Ports) -> Sequence[EventData]:
    """The whole reply in one event: it stays together until it leaves."""
    reply = event.data
    connection = ports.settings.connection(reply.account, reply.channel, reply.address)
    if connection is None:
        raise Refused(
            Reason(
                code="channel_not_connected",
                sentence=f"This account has no {reply.channel} connection with that address.",
            )
        )
    return announced_reply(event, connection, ports.settings.accounts[reply.account].reply_expires_after_seconds)


def refuse(event: AnyEvent, reason: Reason, guilty: str | None) -> Sequence[EventData]:  # noqa: ARG001
    """Only a reply can be refused here; what a customer or provider sent ends as a dead letter if it must."""
    if isinstance(event.data, ReplyRequested):
        return unannounced_reply(event, reason)
    raise Poison(reason.code, reason.sentence)


worker = Worker(
    name="ingestor",
    queues="ingest.<channel>",
    handlers={
        PayloadReceived: understand,
        MessageReceived: announce_message,
        ReplyRequested: announce_reply,
    },
    emits=(MessageReceived, MessageWithdrawn, DeliveryReported, AttachmentsAnnounced, MediaRejected),
    ending=refuse,
    upstream=(MessageReceived, ReplyRequested),
)
