"""
Webchat: our own protocol.

A visitor's browser speaks to the gateway, which proves who the visitor is and writes down what was said as one of the
documents below; that document is the payload.
"""

from collections.abc import Generator, Sequence

import msgspec

from ingest.incoming import Answer, ChannelAccount, Get, Got, InboundMessage, Parsed, Report, Request, Unparsable
from schemas.attachment import Source
from schemas.message_received import FileAnnounced
from schemas.object_keys import upload
from schemas.payload_received import PayloadReceived

CREDENTIALS: Sequence[str] = ("visitor_key",)
SIGNED_HEADERS: Sequence[str] = ()


class VisitorFile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`upload` is an id that the gateway gave to this visitor."""

    upload: str
    file_name: str | None = None
    media_type: str | None = None
    alt_text: str | None = None


class VisitorMessage(msgspec.Struct, frozen=True, kw_only=True, tag="message", tag_field="kind", omit_defaults=True):
    """`contact` is the visitor, proven. `client_message_id` was chosen by the browser, so that it can try again."""

    address: str
    contact: str
    client_message_id: str
    text: str | None = None
    files: list[VisitorFile] = []


class VisitorReceipt(msgspec.Struct, frozen=True, kw_only=True, tag="receipt", tag_field="kind", omit_defaults=True):
    """The browser showed our message: `status` is `delivered` or `read`; the conversation is the visitor's own."""

    address: str
    contact: str
    conversation: str
    message: str
    part: str
    status: str


VisitorDocument = VisitorMessage | VisitorReceipt

_decoder: msgspec.json.Decoder[VisitorDocument] = msgspec.json.Decoder(VisitorDocument)


def external_id(contact: str, client_message_id: str) -> str:
    """A browser chooses ids for itself alone: another visitor's equal id is another message."""
    return f"{contact}:{client_message_id}"


def candidates(request: Request, accounts: Sequence[ChannelAccount]) -> Sequence[ChannelAccount]:  # noqa: ARG001
    """None: visitors come through their own door, never as a webhook."""
    return []


def verify(request: Request, account: ChannelAccount) -> bool:  # noqa: ARG001 - there is nothing to verify
    return False


def challenge(request: Request, account: ChannelAccount) -> Answer | None:  # noqa: ARG001 - webchat has none
    return None


def answer(request: Request) -> Answer:  # noqa: ARG001 - it is always the same
    return Answer(status=202, media_type="application/json", body=b"{}")


def parse(payload: PayloadReceived, body: bytes) -> Parsed:
    try:
        document = _decoder.decode(body)
    except msgspec.MsgspecError as error:
        raise Unparsable(str(error)) from error
    if isinstance(document, VisitorReceipt):
        return Parsed(reports=[_report(document)])
    return Parsed(messages=[_message(document, payload.account)])


def download(source: Source, account: ChannelAccount) -> Generator[Get, Got, Get]:  # noqa: ARG001
    """Never needed: a visitor's files lie in our own store already."""
    yield from ()
    raise Unparsable("webchat files are uploads; there is nothing to download")


def _message(document: VisitorMessage, account: str) -> InboundMessage:
    return InboundMessage(
        external_id=external_id(document.contact, document.client_message_id),
        address=document.address,
        contact=document.contact,
        text=document.text or None,
        files=[
            FileAnnounced(
                source=Source(object_key=upload(account, file.upload)),
                file_name=file.file_name,
                declared_media_type=file.media_type,
                alt_text=file.alt_text,
            )
            for file in document.files
        ],
    )


def _report(document: VisitorReceipt) -> Report:
    return Report(
        external_id=document.part,
        status=document.status,
        conversation=document.conversation,
        message=document.message,
        part=document.part,
    )
