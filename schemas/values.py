"""
What a field may hold, as types: the same limits stand in the JSON Schemas, and a contract test compares them.

Lists are open where they grow (`Name`: a channel, a provider, a reason's code), so that a new one is no new version.
NUL is refused in every string, by `schemas.document` at one stroke: no database keeps it.
"""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

# Patterns end with \Z, which is what $ means in a JSON Schema; Python's $ would let a trailing newline pass.

LARGEST_INTEGER = 2**53 - 1
"""What a JSON number carries exactly in every language (RFC 8259 section 6)."""

Account = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}\Z")]
"""A tenant's name: one word of a routing key and one segment of an object key."""
Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,62}\Z")]
Direction = Annotated[str, Meta(pattern=r"^(inbound|outbound)\Z")]
Inbound = Annotated[str, Meta(pattern=r"^(inbound)\Z")]
Outbound = Annotated[str, Meta(pattern=r"^(outbound)\Z")]
Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,128}\Z")]
"""An id of our own; one segment of an object key."""
Line = Annotated[str, Meta(min_length=1, max_length=512)]
"""Somebody else's name for something."""
Label = Annotated[str, Meta(max_length=1024)]
Text = Annotated[str, Meta(max_length=10_000)]
Body = Annotated[str, Meta(max_length=60_000)]
Url = Annotated[str, Meta(pattern=r"^https?://[!-~]+\Z", max_length=4096)]
MediaType = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\Z")]
ObjectKey = Annotated[str, Meta(pattern=r"^[a-z]+(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+\Z", max_length=1024)]
"""No segment is empty or begins with a dot."""
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
Placeholder = Annotated[str, Meta(pattern=r"^[A-Za-z0-9+/]+={0,2}\Z", max_length=128)]
Time = Annotated[datetime, Meta(tz=True)]
Size = Annotated[int, Meta(ge=0, le=LARGEST_INTEGER)]
Index = Annotated[int, Meta(ge=0, le=999)]
Count = Annotated[int, Meta(ge=1, le=1000)]
Pixels = Annotated[int, Meta(ge=1, le=LARGEST_INTEGER)]
Share = Annotated[float, Meta(ge=0, le=1)]
Amount = Annotated[float, Meta(ge=0, le=LARGEST_INTEGER)]
