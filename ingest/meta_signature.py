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
RECEIVED = Answer(status=200, media_type="text/plain", body=b"EVENT_RECEIVED")
_MAX_CHALLENGE_CHARS = 1024


def proven(request: Request, account: ChannelAccount) -> bool:
    """A GET is a handshake with our own verify token; a POST has `X-Hub-Signature-256` over the raw body."""
    if request.method == "GET":
        token, claimed = account.credentials.get("verify_token", ""), _asked(request, "hub.verify_token")
        return _asked(request, "hub.mode") == "subscribe" and challenged(request) is not None and _same(token, claimed)
    secrets = [account.credentials.get(name, "") for name in SECRETS]
    claimed = request.headers.get("x-hub-signature-256", "")
    # No short cut: every secret is tried, each in constant time.
    return any([_same(signature(secret, request.body), claimed) for secret in secrets if secret])  # noqa: C419


def signature(secret: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def challenged(request: Request) -> Answer | None:
    """The bare challenge of a subscription handshake."""
    challenge = _asked(request, "hub.challenge") if request.method == "GET" else ""
    if not challenge or len(challenge) > _MAX_CHALLENGE_CHARS:
        return None
    return Answer(status=200, media_type="text/plain", body=challenge.encode(errors="replace"))


def _asked(request: Request, name: str) -> str:
    """A parameter of the URL, if it is there exactly once."""
    try:
        values = parse_qs(urlsplit(request.url).query, max_num_fields=20).get(name, [])
    except ValueError:
        return ""
    return values[0] if len(values) == 1 else ""


def _same(expected: str, claimed: str) -> bool:
    return bool(expected) and hmac.compare_digest(expected.encode(), claimed.encode(errors="replace"))
