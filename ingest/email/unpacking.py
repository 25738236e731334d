"""One raw mail in, its outline and its files out. Runs in a decoding child, over whatever strangers send."""

import re
from email import policy
from email.parser import BytesParser
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from msgspec import json

from ingest.email import headers, tokens
from ingest.email.charsets import clean
from ingest.email.enclosures import Contents, Enclosure, contents
from ingest.email.envelope import Envelope, address_of
from ingest.email.headers import Mail
from ingest.email.outline import Enclosed, Outline
from ingest.email.verdicts import verdicts
from ingest.incoming import Unpacked, UnpackedFile, UnpackParams
from schemas.message_received import FileMissing
from schemas.reason import Reason

MAX_TEXT_CHARS = 10_000
MAX_TEXT_BYTES = 24_000
"""An event ends at 64 KB, and the files need room beside the words."""
OUTLINE = "outline.json"
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
_MAX_ID_CHARS = 400


def unpack_mail(raw: BinaryIO, envelope: Envelope, params: UnpackParams, workdir: Path) -> Unpacked:
    # compat32 never raises on a header: the newer policies parse them, and hostile ones break that.
    mail = BytesParser(policy=policy.compat32).parse(raw)
    found = contents(mail)
    _keep_whole_text(found)
    offered, missing = _within(found, params)
    if envelope.left_out_bytes is not None:
        missing.append(FileMissing(reason=_left_out(envelope.left_out_bytes), file_name="message.eml"))
    outline = _outline(mail, envelope, params, found, offered, missing)
    (workdir / OUTLINE).write_bytes(json.encode(outline))
    return Unpacked(
        outline=OUTLINE,
        files=[_kept(one, workdir / f"file-{number}") for number, one in enumerate(offered)],
        tokens=_tokens_in(outline),
    )


def identity_of(raw: bytes) -> str:
    """The id that a mail gets, whoever brings it."""
    mail = BytesParser(policy=policy.compat32).parsebytes(raw)
    found = contents(mail)
    _keep_whole_text(found)
    return _identity(mail, found)


def _outline(  # noqa: PLR0913, PLR0917 - all that was found out
    mail: Mail,
    envelope: Envelope,
    params: UnpackParams,
    found: Contents,
    offered: list[Enclosure],
    missing: list[FileMissing],
) -> Outline:
    name, contact = _contact(mail, envelope, params.address)
    answered = [*headers.message_ids(mail, "in-reply-to"), *reversed(headers.message_ids(mail, "references"))]
    sent_to = headers.recipients(mail, envelope.recipients)
    own = tokens.found_in(headers.message_ids(mail, "message-id"), tokens.PART)
    return Outline(
        identity=_identity(mail, found),
        contact=contact,
        contact_name=name[:200] or None,
        subject=headers.first(mail, "subject")[:1000] or None,
        text=_cut(found.text) or None,
        in_reply_to=answered[0][:_MAX_ID_CHARS] if answered else None,
        automatic=headers.is_automatic(mail, envelope.sender) or bool(own),
        sent_at=headers.sent_at(mail),
        threads=tokens.found_in([*sent_to, *answered], tokens.CONVERSATION)[:20],
        answers=tokens.found_in(answered, tokens.PART)[:20],
        own=own[:5],
        verdicts=verdicts(mail, envelope.recipients)[:20],
        files=[
            Enclosed(file_name=one.name, media_type=_media_type(one), role=one.role, small=one.small) for one in offered
        ],
        missing=missing,
    )


def _tokens_in(outline: Outline) -> list[str]:
    told = (token for verdict in outline.verdicts for token in verdict.tokens)
    return list(dict.fromkeys([*outline.threads, *outline.answers, *outline.own, *told]))[:100]


def _contact(mail: Mail, envelope: Envelope, ours: str) -> tuple[str, str | None]:
    """Who wrote. A form on our own site writes as us, and names the customer in Reply-To."""
    written_by = headers.addresses(mail, "from") or headers.addresses(mail, "sender")
    answer_to = headers.addresses(mail, "reply-to")
    if answer_to and written_by and tokens.untagged(written_by[0][1]) == tokens.untagged(ours):
        written_by = answer_to
    carried = address_of(envelope.sender or "")
    candidates = [*written_by, *answer_to, *([("", carried)] if carried else [])]
    return candidates[0] if candidates else ("", None)


def _identity(mail: Mail, found: Contents) -> str:
    """
    The Message-ID, and what the mail says: careless programs give one id to many mails.

    Nothing that carriers change goes in (trace headers, encodings, line ends).
    """
    digest = sha256()
    for name in ("from", "date", "subject"):
        digest.update(headers.first(mail, name).encode() + b"\n")
    digest.update(" ".join(found.text.split()).encode())
    for one in found.files:
        digest.update(sha256(one.content).digest())
    ids = headers.message_ids(mail, "message-id")
    named = ids[0] if ids and len(ids[0]) <= _MAX_ID_CHARS and ids[0].isascii() and ids[0].isprintable() else ""
    return f"{named}#{digest.hexdigest()[:16]}"


def _keep_whole_text(found: Contents) -> None:
    """Of a long text the beginning is shown; the whole is a file. HTML is kept where nothing else holds the words."""
    whole = Enclosure("message.txt", "text/plain", found.text.encode(), "body")
    if _cut(found.text) != clean(found.text).strip():
        found.files.append(whole)
    if found.page is not None:
        found.files.append(Enclosure("message.html", "text/html", found.page.encode(), "body"))


def _cut(text: str) -> str:
    short = clean(text).strip()[:MAX_TEXT_CHARS]
    return short.encode()[:MAX_TEXT_BYTES].decode(errors="ignore")


def _within(found: Contents, params: UnpackParams) -> tuple[list[Enclosure], list[FileMissing]]:
    """What is too large or too many shows as missing."""
    offered: list[Enclosure] = []
    missing = list(found.missing)
    for one in found.files:
        if len(one.content) > params.max_file_bytes:
            missing.append(_missing(one, _too_large(len(one.content), params.max_file_bytes)))
        elif len(offered) >= params.max_files:
            missing.append(_missing(one, _too_many(len(found.files), params.max_files)))
        else:
            offered.append(one)
    return offered, missing[: params.max_files]


def _missing(one: Enclosure, reason: Reason) -> FileMissing:
    return FileMissing(reason=reason, file_name=one.name, declared_media_type=_media_type(one), role=one.role)


def _too_large(actual: int, limit: int) -> Reason:
    return Reason(
        code="too_many_bytes",
        sentence=f"The file is larger than {limit / 1_000_000:g} MB, the most that is accepted. Ask for a smaller one.",
        actual=actual,
        limit=limit,
    )


def _left_out(actual: int) -> Reason:
    return Reason(
        code="mail_too_large",
        sentence="The mail is too large to be brought from its mailbox. Look at it there, or ask for a smaller one.",
        actual=actual,
    )


def _too_many(actual: int, limit: int) -> Reason:
    return Reason(
        code="too_many_files",
        sentence=f"The mail has more than {limit} files. Ask for the others in another mail.",
        actual=actual,
        limit=limit,
    )


def _media_type(one: Enclosure) -> str:
    said = one.media_type.lower()
    return said if _MEDIA_TYPE.fullmatch(said) else "application/octet-stream"


def _kept(one: Enclosure, path: Path) -> UnpackedFile:
    path.write_bytes(one.content)
    return UnpackedFile(
        name=path.name,
        media_type=_media_type(one),
        size_bytes=len(one.content),
        sha256=sha256(one.content).hexdigest(),
    )
