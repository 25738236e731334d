"""
A part as a mail: words twice (plain and HTML), pictures among them, files beside them, each streamed from its place.

The same part gives the same mail, but for the date that the client stamps on it. RFC 5322, RFC 2045-2049, RFC 2387.
"""

import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from html import escape

from deliver.linking import sentence, words
from deliver.outgoing import OutgoingFile, OutgoingPart
from ingest.email import tokens
from ingest.email.envelope import address_of
from ingest.incoming import ChannelAccount

SHOWN = {"image/jpeg", "image/png", "image/gif"}
"""Pictures that every mail program shows among the words."""
_LINE_BYTES = 57
"""Of a file in one line of 76 Base64 characters."""
_MESSAGE_ID = re.compile(r"<[^<>\s]{3,800}>")
_NOT_IN_HEADERS = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")


class NoAddress(Exception):
    """Raised when the contact is not a mail address."""

    code = "recipient_invalid"
    retryable = False


@dataclass(frozen=True, slots=True)
class Composed:
    """`pieces` can be walked many times; `size_bytes` is what they come to. `sender` is the return path."""

    part: OutgoingPart
    head: bytes
    sections: Sequence["bytes | OutgoingFile"]
    sender: str

    @property
    def size_bytes(self) -> int:
        return len(self.head) + sum(
            len(one) if isinstance(one, bytes) else encoded_bytes(one.size_bytes) for one in self.sections
        )

    def pieces(self) -> Iterator[bytes]:
        yield self.head
        for one in self.sections:
            if isinstance(one, bytes):
                yield one
            else:
                with one.read() as chunks:
                    yield from base64_lines(chunks)


def compose(part: OutgoingPart, account: ChannelAccount) -> Composed:
    """Raises NoAddress."""
    if not part.contact or address_of(part.contact) != part.contact.lower():
        raise NoAddress(part.contact)
    key = account.credentials["thread_key"]
    token = tokens.sign(tokens.PART, part.id, key)
    shown = [file for file in part.files if file.media_type in SHOWN]
    beside = [file for file in part.files if file.media_type not in SHOWN]
    return Composed(
        part=part,
        head=_head(part, account, token),
        sections=_mixed(part, shown, beside, token),
        sender=tokens.tagged(part.address, token),
    )


def _head(part: OutgoingPart, account: ChannelAccount, token: str) -> bytes:
    """The headers of the whole; the email package encodes them and lets no line break through."""
    key = account.credentials["thread_key"]
    thread = tokens.sign(tokens.CONVERSATION, part.conversation, key)
    domain = part.address.rpartition("@")[2]
    mail = EmailMessage(policy=SMTP.clone(utf8=not part.contact.isascii()))
    mail["From"] = Address(in_header(account.options.get("from_name", "")), addr_spec=part.address)
    mail["To"] = Address(addr_spec=part.contact)
    mail["Reply-To"] = Address(
        in_header(account.options.get("from_name", "")), addr_spec=tokens.tagged(part.address, thread)
    )
    mail["Subject"] = in_header(part.subject or account.options.get("subject", "")) or f"Message from {part.address}"
    mail["Message-ID"] = f"<{token}.{thread}@{domain}>"
    answered = _MESSAGE_ID.search(part.in_reply_to or "")
    if answered:
        mail["In-Reply-To"] = mail["References"] = answered[0]
    mail["MIME-Version"] = "1.0"
    return mail.as_bytes().removesuffix(b"\r\n") + _multipart("mixed", _boundary(token, "mixed"))


def _mixed(
    part: OutgoingPart, shown: Sequence[OutgoingFile], beside: Sequence[OutgoingFile], token: str
) -> list[bytes | OutgoingFile]:
    outer, inner = _boundary(token, "mixed"), _boundary(token, "related")
    result: list[bytes | OutgoingFile] = [
        _opening(outer),
        _multipart('related; type="multipart/alternative"', inner),
        _opening(inner),
        _alternative(part, shown, token),
    ]
    for number, file in enumerate(shown):
        result += [_opening(inner), _file_head(file, cid=_cid(number, token)), file]
    result.append(_closing(inner))
    for file in beside:
        result += [_opening(outer), _file_head(file), file]
    return [*result, _closing(outer)]


def _alternative(part: OutgoingPart, shown: Sequence[OutgoingFile], token: str) -> bytes:
    """One text for programs that show no HTML, one for those that do; quoted-printable holds every line short."""
    both = EmailMessage(policy=SMTP)
    both.set_content(words(part) or _listed(part.files), cte="quoted-printable")
    both.add_alternative(_page(part, shown, token), subtype="html", cte="quoted-printable")
    both.set_boundary(_boundary(token, "words"))
    del both["MIME-Version"]
    return both.as_bytes()


def _listed(files: Sequence[OutgoingFile]) -> str:
    return "\n".join(file.alt_text or file.file_name for file in files)


def _page(part: OutgoingPart, shown: Sequence[OutgoingFile], token: str) -> str:
    paragraphs = [f"<p>{escape(one).replace(chr(10), '<br>')}</p>" for one in (part.text or "").split("\n\n") if one]
    images = [_image(_cid(number, token), file.alt_text or file.file_name) for number, file in enumerate(shown)]
    links = [
        f'<p><a href="{escape(link.url)}">{escape(sentence(link).removesuffix(f": {link.url}"))}</a></p>'
        for link in part.links
    ]
    return "<!DOCTYPE html><html><body>" + "\n".join([*paragraphs, *images, *links]) + "</body></html>"


def _image(cid: str, alt: str) -> str:
    return f'<p><img src="cid:{cid}" alt="{escape(alt)}" style="max-width:100%"></p>'


def _file_head(file: OutgoingFile, cid: str | None = None) -> bytes:
    head = EmailMessage(policy=SMTP)
    # RFC 2046 lets nobody encode a mail in a mail as Base64, unless it is called something else.
    is_container = file.media_type.startswith(("message/", "multipart/"))
    head["Content-Type"] = "application/octet-stream" if is_container else file.media_type
    head["Content-Transfer-Encoding"] = "base64"
    head["Content-Disposition"] = "inline" if cid else "attachment"
    head.set_param("filename", in_header(file.file_name) or "file", header="Content-Disposition")
    if cid:
        head["Content-ID"] = f"<{cid}>"
    return head.as_bytes()


def base64_lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """76 characters a line, CRLF, whatever the chunks' sizes."""
    rest = b""
    for chunk in chunks:
        rest += chunk
        whole = len(rest) - len(rest) % _LINE_BYTES
        if whole:
            yield _lines(rest[:whole])
            rest = rest[whole:]
    if rest:
        yield _lines(rest)


def encoded_bytes(size_bytes: int) -> int:
    """What `base64_lines` makes of so many bytes."""
    lines, rest = divmod(size_bytes, _LINE_BYTES)
    return lines * 78 + (-(-rest // 3) * 4 + 2 if rest else 0)


def _lines(data: bytes) -> bytes:
    return b"".join(b64encode(data[at : at + _LINE_BYTES]) + b"\r\n" for at in range(0, len(data), _LINE_BYTES))


def in_header(text: str) -> str:
    """One line, whatever somebody put into it."""
    return " ".join(_NOT_IN_HEADERS.sub(" ", text).split())


def _boundary(token: str, name: str) -> str:
    return f"=_{token}.{name}"


def _cid(number: int, token: str) -> str:
    return f"{number}.{token}@trombone"


def _multipart(kind: str, boundary: str) -> bytes:
    return f'Content-Type: multipart/{kind};\r\n boundary="{boundary}"\r\n\r\n'.encode()


def _opening(boundary: str) -> bytes:
    return f"\r\n--{boundary}\r\n".encode()


def _closing(boundary: str) -> bytes:
    return f"\r\n--{boundary}--\r\n".encode()
