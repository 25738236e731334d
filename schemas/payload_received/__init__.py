"""A provider called one of our doors: the payload as it came, its sender proven, not yet understood."""

from typing import ClassVar

from schemas.event import EventData
from schemas.values import Account, Body, Inbound, Line, Name, ObjectKey, Time, Url


class PayloadReceived(EventData, frozen=True, kw_only=True):
    """`body` is the raw body as text; one that is large or not UTF-8 lies in the store under `body_key` instead."""

    event_type: ClassVar[str] = "payload_received"
    version: ClassVar[int] = 1

    direction: Inbound = "inbound"
    channel: Name
    provider: Name
    account: Account
    address: Line | None = None
    """Our own address that the payload is for: one payload may hold messages of several accounts."""
    received_at: Time
    url: Url
    """The public URL that the provider called, query included."""
    headers: dict[str, str]
    """Lower-case names; only what the channel needs, never a credential."""
    body: Body | None = None
    body_key: ObjectKey | None = None
