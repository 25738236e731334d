"""
What machines say about mails that we sent: delivery status notifications and read receipts.

RFC 3464 (multipart/report, message/delivery-status), RFC 3461 and RFC 8098; read 2026-11-22.
"""

from collections.abc import Sequence

from ingest.email import tokens
from ingest.email.charsets import header_text
from ingest.email.headers import Mail, first, values
from ingest.email.leaves import leaves, written
from ingest.email.outline import Verdict
from schemas.reason import Reason

_STATUSES = {"failed": "failed", "delayed": "queued", "delivered": "delivered", "relayed": "sent", "expanded": "sent"}
_MAX_RETURNED = 64_000
"""Of the returned mail only the beginning is searched for our Message-ID."""

SENTENCES = {
    "5.1.1": "The customer's mail address does not exist. Check it, or reach the customer another way.",
    "5.1.2": "The customer's mail domain does not exist. Check the address.",
    "5.1.10": "The customer's mail domain takes no mail.",
    "5.2.1": "The customer's mailbox is closed.",
    "5.2.2": "The customer's mailbox is full. Try again later, or reach the customer another way.",
    "5.2.3": "The mail is too large for the customer's mailbox. Send the files as links.",
    "5.3.4": "The mail is too large for the customer's mail server. Send the files as links.",
    "5.4.7": "The customer's mail server could not be reached for too long.",
    "5.7.1": "The customer's mail server refused the mail for its own reasons; see its text.",
}
"""RFC 3463 and the IANA registry of enhanced status codes, read 2026-11-22."""
TOO_LARGE = ("5.2.3", "5.3.4")


def verdicts(mail: Mail, envelope_to: Sequence[str]) -> list[Verdict]:
    """One for each part of a report that speaks of a mail; none when it is no report."""
    found = list(leaves(mail))
    notices = [leaf.part for leaf in found if leaf.media_type == "message/delivery-status"]
    receipts = [leaf.part for leaf in found if leaf.media_type == "message/disposition-notification"]
    if not notices and not receipts:
        return []
    returned = [
        written(leaf.part)[:_MAX_RETURNED].decode("latin-1")
        for leaf in found
        if leaf.media_type in ("message/rfc822", "text/rfc822-headers")
    ]
    known = tokens.found_in([*returned, *envelope_to, *values(mail, "to")], tokens.PART)
    return [
        *(verdict for notice in notices for verdict in _delivery(notice, known)),
        *(verdict for receipt in receipts for verdict in _disposition(receipt, known)),
    ]


def _delivery(notice: Mail, known: list[str]) -> list[Verdict]:
    """The blocks about recipients; we send each mail to one."""
    blocks = notice.get_payload()
    about = (
        [one for one in blocks if isinstance(one, type(notice)) and one["action"]] if isinstance(blocks, list) else []
    )
    return [
        Verdict(
            status=status,
            tokens=known,
            reason=_reason(block) if status == "failed" else None,
            too_large=status == "failed" and _code(block) in TOO_LARGE,
        )
        for block in about
        for status in [_STATUSES.get(first(block, "action").split(" ")[0].lower(), "sent")]
    ]


def _code(block: Mail) -> str:
    return first(block, "status").split(" ")[0]


def _reason(block: Mail) -> Reason:
    status = _code(block)
    diagnostic = header_text(first(block, "diagnostic-code").partition(";")[2]) or first(block, "diagnostic-code")
    code = "_".join(part for part in status.split(".") if part.isdecimal() and len(part) <= 3)
    sentence = SENTENCES.get(status, "The customer's mail server did not take the mail; see its text.")
    return Reason(
        code=f"mail_{code}" if code else "mail_bounced", sentence=sentence, provider_text=diagnostic[:1024] or None
    )


def _disposition(receipt: Mail, known: list[str]) -> list[Verdict]:
    blocks = receipt.get_payload()
    fields = [*(blocks if isinstance(blocks, list) else []), receipt]
    text = "\n".join(written(one).decode("latin-1") for one in fields if isinstance(one, type(receipt)))
    if "displayed" not in text.lower():
        return []
    return [Verdict(status="read", tokens=tokens.found_in([text], tokens.PART) or known)]
