"""
Twilio's request signature.

https://www.twilio.com/docs/usage/webhooks/webhooks-security and the vectors of twilio-python's request_validator,
read 2026-11-22.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs, urlsplit

FORM = "application/x-www-form-urlencoded"
_MAX_FIELDS = 1000
_AUTHORITY = re.compile(r"^(https?)://([^/?#]*?)(:\d+)?(?=[/?#]|$)")
_DEFAULT_PORTS = {"https": ":443", "http": ":80"}


def signature_matches(token: str, url: str, content_type: str, body: bytes, claimed: str) -> bool:
    """
    Whether `claimed` is the signature of this request.

    A body that is not a form is covered only through `bodySHA256` in the signed URL; without it nothing vouches
    for the body (Twilio's SDK lets that pass, we do not).
    """
    params: Mapping[str, Sequence[str]] = {}
    if is_form(content_type):
        try:
            params = form(body)
        except ValueError:
            return False
    elif body and not _hash_in_url(url, body):
        return False
    expected = [sign(token, variant, params) for variant in port_variants(url)]
    # No short cut: every variant is compared, each in constant time.
    return any([hmac.compare_digest(one, claimed.encode(errors="replace")) for one in expected])  # noqa: C419


def is_form(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == FORM


def form(body: bytes) -> dict[str, list[str]]:
    """Raises ValueError for an absurd number of fields."""
    text = body.decode(errors="replace")
    return parse_qs(text, keep_blank_values=True, max_num_fields=_MAX_FIELDS)


def sign(token: str, url: str, params: Mapping[str, Sequence[str]]) -> bytes:
    """HMAC-SHA1 over the URL, then every name and value, by name; of a repeated name each distinct value once."""
    signed = url + "".join(name + value for name in sorted(params) for value in sorted(set(params[name])))
    digest = hmac.new(token.encode(), signed.encode(errors="replace"), hashlib.sha1).digest()
    return base64.b64encode(digest)


def port_variants(url: str) -> tuple[str, str]:
    """The URL without a port, and with one: Twilio itself signs now this, now that."""
    match = _AUTHORITY.match(url)
    if match is None:
        return url, url
    scheme, host, port = match.groups()
    rest = url[match.end() :]
    return f"{scheme}://{host}{rest}", f"{scheme}://{host}{port or _DEFAULT_PORTS[scheme]}{rest}"


def _hash_in_url(url: str, body: bytes) -> bool:
    hashes = parse_qs(urlsplit(url).query, max_num_fields=_MAX_FIELDS).get("bodySHA256", [])
    actual = hashlib.sha256(body).hexdigest()
    return len(hashes) == 1 and hmac.compare_digest(hashes[0].lower().encode(), actual.encode())
