"""What the decoding child tells of a mail: all that `parse` needs, as one small JSON document."""

from datetime import datetime

from msgspec import Struct

from schemas.message_received import FileMissing
from schemas.reason import Reason


class Enclosed(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A file of the mail; its bytes are the unpacker's file of the same index. `small`: it may well be decoration."""

    file_name: str
    media_type: str
    role: str | None = None
    small: bool = False


class Verdict(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    What another mail server or program says about a mail of ours. `tokens` may name it; nothing is proven here.

    `too_large`: without its files it may arrive.
    """

    status: str
    tokens: list[str]
    reason: Reason | None = None
    too_large: bool = False


class Outline(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    `identity` is the same however often the mail comes, and by whichever way.

    `threads` may be tokens of the conversation it belongs to, the best first; `answers` those of the mail it answers.
    """

    identity: str
    contact: str | None = None
    contact_name: str | None = None
    subject: str | None = None
    text: str | None = None
    in_reply_to: str | None = None
    automatic: bool = False
    sent_at: datetime | None = None
    threads: list[str] = []
    answers: list[str] = []
    own: list[str] = []
    verdicts: list[Verdict] = []
    files: list[Enclosed] = []
    missing: list[FileMissing] = []
