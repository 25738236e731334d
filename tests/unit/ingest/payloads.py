"""Raw provider payloads: one file per situation in `tests/payloads/<channel>/`, named for it."""

from datetime import UTC, datetime
from pathlib import Path

from schemas.payload_received import PayloadReceived

FOLDER = Path(__file__).parents[2] / "payloads"
RECEIVED_AT = datetime(2026, 11, 22, 12, tzinfo=UTC)


def read(channel: str, name: str) -> bytes:
    return (FOLDER / channel / name).read_bytes()


def payload(channel: str, provider: str, url: str, content_type: str) -> PayloadReceived:
    """What the gateway would have written down, but for the body."""
    return PayloadReceived(
        channel=channel,
        provider=provider,
        account="acme",
        received_at=RECEIVED_AT,
        url=url,
        headers={"content-type": content_type},
    )
