"""
How Twilio calls our webhooks: a signed form, one more try when nobody answers, and an alert when we misbehave.

https://www.twilio.com/docs/usage/webhooks/webhooks-security and
https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides, read 2026-11-22.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import urllib3

CONNECT_SECONDS = 5.0
READ_SECONDS = 15.0
TRIES = 2


@dataclass(frozen=True)
class Alert:
    """What stands in Twilio's debugger: 11200 for no usable answer, 12300 for an answer of the wrong type."""

    code: int
    url: str
    why: str


def signature(auth_token: str, url: str, parameters: Mapping[str, str]) -> str:
    """HMAC-SHA1 over the URL and the sorted parameters, names and values run together."""
    signed = url + "".join(name + parameters[name] for name in sorted(parameters))
    return base64.b64encode(hmac.new(auth_token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


def call(
    http: urllib3.PoolManager, auth_token: str, url: str, parameters: Mapping[str, str], idempotency_token: str
) -> Alert | None:
    """Post a webhook; the alert that Twilio would raise about our answer. A repetition bears the same token."""
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        "User-Agent": "TwilioProxy/1.1",
        "X-Twilio-Signature": signature(auth_token, url, parameters),
        "I-Twilio-Idempotency-Token": idempotency_token,
    }
    body, why = urlencode(parameters), ""
    for _ in range(TRIES):
        try:
            answer = http.request("POST", url, body=body, headers=headers, redirect=False, retries=False)
        except urllib3.exceptions.HTTPError as error:
            why = str(error)
            continue
        return _judge(url, answer)
    return Alert(11200, url, why)


def _judge(url: str, answer: urllib3.BaseHTTPResponse) -> Alert | None:
    if not 200 <= answer.status < 300:
        return Alert(11200, url, f"HTTP {answer.status}")
    media_type = answer.headers.get("Content-Type", "").partition(";")[0]
    if answer.data and media_type not in ("text/xml", "application/xml", "text/html", "text/plain"):
        return Alert(12300, url, f"Content-Type {media_type!r}")
    return None
