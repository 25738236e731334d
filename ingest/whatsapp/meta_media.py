"""
WhatsApp's media: announced by id, resolved to a URL and downloaded in one go.

https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media (read
2026-11-22): an id of a webhook lives for 7 days, a URL for 5 minutes, and both want our token. A URL that is dead
already is 404; the next attempt asks for a new one.
"""

import base64
import binascii
import re
from collections.abc import Generator
from datetime import timedelta
from urllib.parse import quote, urlsplit

import msgspec

from deliver.answers import LATER
from deliver.graph import GraphError, api, failure, meaning_of, reason_of
from deliver.whatsapp.meta_errors import ERRORS, WHO
from ingest.incoming import ChannelAccount, Get, Got, NotYet, Unparsable
from schemas.attachment import Source
from schemas.decoders import decoder
from schemas.reason import Reason, Refused

ID_LIVES = timedelta(days=7)
_HEX = re.compile(r"[0-9a-fA-F]{64}")
_GONE = Reason(
    code="media_gone", sentence="WhatsApp does not have the file any more. Ask the customer to send it again."
)


class _Media(msgspec.Struct):
    url: str
    sha256: str | None = None


def download(source: Source, account: ChannelAccount) -> Generator[Get, Got, Get]:
    if not source.reference:
        raise Unparsable("a WhatsApp file is known by its media id")
    token = account.credentials["access_token"]
    number = account.options.get("phone_number_id")
    query = f"?phone_number_id={quote(number, safe='')}" if number else ""
    got = yield Get(api(account, quote(source.reference, safe="")) + query, bearer=token)
    if got.status != 200:
        raise _refusal(got)
    try:
        media = decoder(_Media).decode(got.body)
    except msgspec.MsgspecError as error:
        raise NotYet(f"the media endpoint answered nonsense: {error}") from error
    return Get(media.url, bearer=token if _private(media.url, account) else None, sha256=digest(media.sha256))


def digest(claimed: str | None) -> str | None:
    """In hex. Meta's webhooks say base64, its media endpoint hex."""
    if claimed is None or _HEX.fullmatch(claimed):
        return claimed.lower() if claimed else None
    try:
        decoded = base64.b64decode(claimed, validate=True)
    except (binascii.Error, ValueError):
        return None
    return decoded.hex() if len(decoded) == 32 else None


def _refusal(got: Got) -> Exception:
    error = failure(got.body)
    if error is None or got.status == 404:
        return NotYet(f"status {got.status}")
    meaning = meaning_of(error, ERRORS)
    if meaning and meaning.state == LATER:
        return NotYet(f"error {error.code}")
    return Refused(_GONE if _is_unknown_id(error) else reason_of(error, ERRORS, WHO))


def _is_unknown_id(error: GraphError) -> bool:
    return (error.code, error.error_subcode) == (100, 33)


def _private(url: str, account: ChannelAccount) -> bool:
    """Whether the token may go there: over TLS to where Meta's API sends us, or to the API itself."""
    asked, home = urlsplit(url), urlsplit(account.api_url)
    return asked.scheme == "https" or (asked.scheme, asked.netloc) == (home.scheme, home.netloc)
