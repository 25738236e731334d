"""
Telnyx's webhook signature: Ed25519 over the time, a bar and the raw body.

https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks, read 2026-11-27.
"""

import base64
import binascii
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

TOLERANCE_SECONDS = 300


def signature_matches(public_key: str, claimed: str, timestamp: str, body: bytes) -> bool:
    """`public_key` and `claimed` are Base64, `timestamp` is in Unix seconds."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key, validate=True))
        key.verify(base64.b64decode(claimed, validate=True), timestamp.encode() + b"|" + body)
    except (binascii.Error, ValueError, InvalidSignature):
        return False
    return True


def is_fresh(timestamp: str, now: datetime) -> bool:
    """Whether it was signed within the last five minutes, give or take the clocks: an older one may be a replay."""
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) < 12):
        return False
    return abs(now.timestamp() - int(timestamp)) <= TOLERANCE_SECONDS
