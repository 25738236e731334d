"""Mails from `tests/payloads/email/`, opened as a decoding child opens them."""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from ingest.email import jobs, tokens
from ingest.email.outline import Outline
from ingest.incoming import Opened, Parsed, UnpackParams
from schemas.payload_received import PayloadReceived
from tests.unit.ingest.payloads import FOLDER, RECEIVED_AT

OURS = "support@acme.example"
KEY = "thread-key-of-acme"
CONVERSATION = "1d7a1c4b-48b6-550e-ba76-611263067a1b"
PART = "94ccec4c-996f-5da4-b700-86797df2f418"
MAILS = FOLDER / "email"


@dataclass
class Unpacked:
    outline: Outline
    contents: list[bytes]
    tokens: list[str]
    raw_outline: bytes

    @property
    def files(self) -> list[tuple[str, str | None]]:
        return [(file.file_name, file.role) for file in self.outline.files]


def named(name: str) -> bytes:
    """A sample; where it returns one of our mails, that mail's Message-ID is put in."""
    ours = f"<{tokens.sign('p', PART, KEY)}@acme.example>"
    return (MAILS / f"{name}.eml").read_bytes().replace(b"@MESSAGE-ID@", ours.encode())


def unpack(raw: bytes, folder: Path, *, job=jobs.unpack, headers=None, max_files=50, max_file_bytes=10**8) -> Unpacked:
    source, inside = folder / "source", folder / "inside"
    source.write_bytes(raw)
    inside.mkdir(exist_ok=True)
    given = {"x-envelope-from": "kim@customer.example"} if headers is None else headers
    params = UnpackParams(headers=given, address=OURS, max_files=max_files, max_file_bytes=max_file_bytes)
    unpacked = job(params, source, inside)
    outline = (inside / unpacked.outline).read_bytes()
    contents = [(inside / file.name).read_bytes() for file in unpacked.files]
    assert [len(content) for content in contents] == [file.size_bytes for file in unpacked.files]
    return Unpacked(msgspec.json.decode(outline, type=Outline), contents, unpacked.tokens, outline)


def payload(headers=None, address=OURS) -> PayloadReceived:
    return PayloadReceived(
        channel="email",
        provider="smtp",
        account="acme",
        address=address,
        received_at=RECEIVED_AT,
        url="https://door.example/mailroom/smtp",
        headers=headers or {},
        body_key="intake/acme/event-1",
    )


def parsed(unpacked: Unpacked, module, *, key=KEY, known=()) -> Parsed:
    """As the worker hands it over: with what the connection's key proves."""
    opened = Opened(
        outline=msgspec.Raw(unpacked.raw_outline),
        uploads=[f"quarantine/acme/uploads/e-{number}" for number in range(len(unpacked.contents))],
        proven=[token for token in unpacked.tokens if tokens.proves(token, key)],
        known=list(known),
    )
    return module.parse(payload(), msgspec.json.encode(opened))
