"""
How Meta proves that a webhook is its own, on every channel that is Meta's.

https://developers.facebook.com/documentation/business-messaging/instagram-messaging/webhooks (read 2026-11-22). The
signature covers the bytes on the wire, so nothing is ever hashed that was parsed and written anew.
"""

import hashlib
import hmac
from urllib.parse import parse_qs, urlsplit

from ingest.incoming import Answer, ChannelAccount, Request

SECRETS = ("app_secret", "app_secret_2")
"""Any of them may have signed: an app has its own secret, and Instagram gives it a second one."""
_MAX_CHALLENGE_CHARS = 1024


def verify(request: Request, account: ChannelAccount) -> bool:
    """A GET is a handshake with our own verify token; a POST has `X-Hub-Signature-256` over the raw body."""
    if request.method == "GET":
        token, claimed = account.credentials.get("verify_token", ""), _asked(request, "hub.verify_token")
        return (
            _asked(request, "hub.mode") == "subscribe"
            and challenge(request, account) is not None
            and _same(token, claimed)
        )
    secrets = [account.credentials.get(name, "") for name in SECRETS]
    claimed = request.headers.get("x-hub-signature-256", "")
    # No short cut: every secret is tried, each in constant time.
    return any([_same(signature(secret, request.body), claimed) for secret in secrets if secret])  # noqa: C419


def signature(secret: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def challenge(request: Request, account: ChannelAccount) -> Answer | None:  # noqa: ARG001 - the token was verified
    """The bare challenge of a subscription handshake."""
    asked = _asked(request, "hub.challenge") if request.method == "GET" else ""
    if not asked or len(asked) > _MAX_CHALLENGE_CHARS:
        return None
    return Answer(status=200, media_type="text/plain", body=asked.encode(errors="replace"))


def answer(request: Request) -> Answer:  # noqa: ARG001 - it is always the same
    return Answer(status=200, media_type="text/plain", body=b"EVENT_RECEIVED")


def _asked(request: Request, name: str) -> str:
    """A parameter of the URL, if it is there exactly once."""
    try:
        values = parse_qs(urlsplit(request.url).query, max_num_fields=20).get(name, [])
    except ValueError:
        return ""
    return values[0] if len(values) == 1 else ""


def _same(expected: str, claimed: str) -> bool:
    return bool(expected) and hmac.compare_digest(expected.encode(), claimed.encode(errors="replace"))
