"""
The decoding jobs of mail: `ingest.email.jobs:unpack` for a raw mail, and one for each way to post one.

Each takes its parameters, the source and a work directory, and answers with a struct or raises Refused.
"""

import re
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import msgspec

from ingest.email import forms
from ingest.email.envelope import FROM, LEFT_OUT, TO, Envelope
from ingest.email.unpacking import unpack_mail
from ingest.incoming import Unpacked, UnpackParams
from schemas.decoders import decoder
from schemas.reason import Reason, Refused

NO_MAIL = Reason(
    code="mail_missing",
    sentence="The mail provider did not hand over the raw mail. An administrator has to switch that on there.",
)


class _Envelope(msgspec.Struct):
    """SendGrid's `envelope` field."""

    to: list[str] = []
    from_: str = msgspec.field(default="", name="from")


def unpack(params: UnpackParams, source: Path, workdir: Path) -> Unpacked:
    recipients = [one.strip() for one in params.headers.get(TO, "").split(",") if one.strip()]
    left_out = params.headers.get(LEFT_OUT, "")
    envelope = Envelope(params.headers.get(FROM), recipients, int(left_out) if left_out.isdecimal() else None)
    with source.open("rb") as raw:
        return unpack_mail(raw, envelope, params, workdir)


def unpack_sendgrid(params: UnpackParams, source: Path, workdir: Path) -> Unpacked:
    form = _form(params, source)
    envelope = _Envelope()
    with suppress(msgspec.MsgspecError):  # the mail itself says enough
        envelope = decoder(_Envelope).decode(form.get("envelope", b"{}"))
    return _posted(form.get("email", b""), Envelope(envelope.from_ or None, envelope.to), params, workdir)


def unpack_mailgun(params: UnpackParams, source: Path, workdir: Path) -> Unpacked:
    form = _form(params, source)
    sender, recipient = (form.get(name, b"").decode("utf-8", "replace") for name in ("sender", "recipient"))
    return _posted(form.get("body-mime", b""), Envelope(sender or None, recipient.split(",")), params, workdir)


def unpack_postmark(params: UnpackParams, source: Path, workdir: Path) -> Unpacked:
    try:
        document = forms.postmarked(source.read_bytes())
    except forms.FormBroken:
        raise Refused(NO_MAIL) from None
    raw = document.raw_email.encode("utf-8", "surrogateescape")
    return _posted(raw, Envelope(None, [document.original_recipient]), params, workdir)


def _form(params: UnpackParams, source: Path) -> dict[str, bytes]:
    try:
        return forms.fields(params.headers.get("content-type", ""), source.read_bytes())
    except forms.FormBroken:
        raise Refused(NO_MAIL) from None


def _posted(raw: bytes, envelope: Envelope, params: UnpackParams, workdir: Path) -> Unpacked:
    if not re.search(rb"\S", raw[:1000]):
        raise Refused(NO_MAIL)
    return unpack_mail(BytesIO(raw), envelope, params, workdir)
