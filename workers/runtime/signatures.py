"""
Signatures of the notices that leave (standardwebhooks.com, specification 1.0.0, read 2026-11-27).

A secret is `whsec_` and 24 to 64 random bytes in Base64; what is signed is `<id>.<timestamp>.<body>` by HMAC-SHA256.
"""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from secrets import token_bytes

MIN_BYTES, MAX_BYTES = 24, 64
_PREFIX = "whsec_"


class SecretInvalid(ValueError):
    """Raised when a secret is not one; the message does not repeat it."""

    code = "secret_invalid"
    retryable = False


def new_secret() -> str:
    return _PREFIX + b64encode(token_bytes(32)).decode()


def key_of(secret: str) -> bytes:
    """Raises SecretInvalid."""
    try:
        key = b64decode(secret.removeprefix(_PREFIX), validate=True)
    except ValueError:
        raise SecretInvalid("not Base64 behind whsec_") from None
    if not secret.startswith(_PREFIX) or not MIN_BYTES <= len(key) <= MAX_BYTES:
        raise SecretInvalid(f"whsec_ and {MIN_BYTES} to {MAX_BYTES} bytes in Base64 are wanted")
    return key


def signed_headers(secrets: Sequence[str], name: str, timestamp: int, body: bytes) -> Mapping[str, str]:
    """One signature for each secret, so that a receiver may change from one to the next at its leisure."""
    content = f"{name}.{timestamp}.".encode() + body
    signatures = [b64encode(hmac.digest(key_of(one), content, "sha256")).decode() for one in secrets]
    return {
        "webhook-id": name,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{one}" for one in signatures),
    }
