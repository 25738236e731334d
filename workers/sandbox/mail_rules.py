"""What a strict mail server holds against a mail: RFC 5322 sections 2 and 3.6, RFC 5321 section 4.5.3.1, RFC 2045."""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import compat32

MAX_LINE_BYTES = 998
_ONCE = ("from", "to", "subject", "date", "message-id", "reply-to", "in-reply-to", "references", "mime-version")
_NEEDED = ("from", "to", "date", "message-id", "mime-version", "subject")


def problems(raw: bytes) -> Iterator[str]:
    """Each thing that is wrong with a mail, in words."""
    head, _, _ = raw.partition(b"\r\n\r\n")
    if re.search(rb"(?<!\r)\n|\r(?!\n)", raw):
        yield "a line end that is not CRLF"
    if any(len(line) > MAX_LINE_BYTES for line in raw.split(b"\r\n")):
        yield f"a line of more than {MAX_LINE_BYTES} bytes"
    if not head.isascii():
        yield "raw 8-bit characters in the headers"
    mail = message_from_bytes(raw, policy=compat32)
    names = [name.lower() for name in mail]
    yield from (f"the header {name} is missing" for name in _NEEDED if name not in names)
    yield from (f"the header {name} stands there twice" for name in _ONCE if names.count(name) > 1)
    if not re.fullmatch(r"<[^<>@\s]+@[^<>@\s]+>", str(mail["Message-ID"] or "")):
        yield "the Message-ID is none"
    for part in mail.walk():
        yield from (f"a part is broken: {type(defect).__name__}" for defect in part.defects)
