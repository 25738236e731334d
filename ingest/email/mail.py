"""An opened mail becomes a message of the thread it proves to belong to, or a report about one that we sent."""

from collections.abc import Generator

import msgspec

from ingest.email import tokens
from ingest.email.envelope import FROM, address_of
from ingest.email.outline import Outline, Verdict
from ingest.incoming import ChannelAccount, Get, Got, InboundMessage, Opened, Parsed, Report, Unparsable
from schemas.attachment import Source
from schemas.decoders import decoder
from schemas.message_received import FileAnnounced, FileMissing
from schemas.payload_received import PayloadReceived

CREDENTIAL = "thread_key"
"""Signs what we put into addresses and Message-IDs."""


def proves(token: str, account: ChannelAccount) -> bool:
    return tokens.proves(token, account.credentials.get(CREDENTIAL, ""))


def parse(payload: PayloadReceived, body: bytes) -> Parsed:
    """`body` is an `Opened`. Raises Unparsable."""
    try:
        opened = decoder(Opened).decode(body)
        outline = decoder(Outline | None).decode(opened.outline)  # type: ignore[arg-type] # mypy: a union is no type
    except msgspec.MsgspecError as error:
        raise Unparsable(str(error)) from error
    address = payload.address
    if address is None:
        raise Unparsable("nobody said which mailbox this is for")
    if outline is None:
        return Parsed(messages=[_broken(payload, address, opened)])
    reports = [report for verdict in outline.verdicts for report in _reports(verdict, opened)]
    return Parsed(reports=reports) if reports else Parsed(messages=[_message(address, outline, opened)])


def _message(address: str, outline: Outline, opened: Opened) -> InboundMessage:
    if not outline.contact:
        raise Unparsable("a mail that nobody wrote")
    threads = [token for token in outline.threads if token in opened.proven]
    answers = [token for token in outline.answers if token in opened.proven]
    return InboundMessage(
        external_id=outline.identity,
        address=address,
        contact=outline.contact,
        contact_name=outline.contact_name,
        text=outline.text,
        subject=outline.subject,
        in_reply_to=tokens.name_in(answers[0]) if answers else outline.in_reply_to,
        conversation=tokens.name_in(threads[0]) if threads else None,
        automatic=outline.automatic,
        sent_at=outline.sent_at,
        files=[_file(outline, opened, index) for index in range(min(len(outline.files), len(opened.uploads)))],
        missing=outline.missing,
    )


def _file(outline: Outline, opened: Opened, index: int) -> FileAnnounced:
    one = outline.files[index]
    return FileAnnounced(
        source=Source(object_key=opened.uploads[index]),
        file_name=one.file_name,
        declared_media_type=one.media_type,
        role="logo" if one.small and index in opened.known else one.role,
    )


def _reports(verdict: Verdict, opened: Opened) -> list[Report]:
    """About the mail that its token proves to be ours; what others sent in our name is none of our reports."""
    ours = next((token for token in verdict.tokens if token in opened.proven), None)
    if ours is None:
        return []
    part = tokens.name_in(ours)
    return [
        Report(
            external_id=part,
            part=part,
            status=verdict.status,
            reason=verdict.reason,
            falls_back=verdict.too_large,
        )
    ]


def _broken(payload: PayloadReceived, address: str, opened: Opened) -> InboundMessage:
    """A mail that broke its reader shows as a file that nobody can have, from whoever its envelope names."""
    contact = address_of(payload.headers.get(FROM, ""))
    if not contact or opened.broken is None:
        raise Unparsable("a mail that cannot be read, from nobody knows whom")
    return InboundMessage(
        external_id=f"broken#{payload.body_key or payload.received_at.isoformat()}",
        address=address,
        contact=contact,
        missing=[FileMissing(reason=opened.broken, file_name="message.eml", declared_media_type="message/rfc822")],
    )


def download(source: Source, account: ChannelAccount) -> Generator[Get, Got, Get]:  # noqa: ARG001
    """Never needed: what was in a mail lies in our own store already."""
    yield from ()
    raise Unparsable("a mail's files are in the mail; there is nothing to download")
