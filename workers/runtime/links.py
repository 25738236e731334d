"""Signed, expiring media URLs: bound to account, object, file name and disposition, with a key id."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from itsdangerous import BadData, URLSafeSerializer
from itsdangerous.encoding import base64_decode, base64_encode

from workers.runtime.clock import Clock
from workers.runtime.file_names import plain_name, provider_name

_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,16}")
_MIN_SECRET_CHARS = 16
_MAX_TOKEN_CHARS = 4096


class Links(Protocol):
    def media_url(  # noqa: PLR0913 - all that the signature binds
        self,
        account: str,
        object_key: str,
        *,
        media_type: str,
        file_name: str,
        lives_seconds: int,
        disposition: str = "inline",
    ) -> str:
        """A URL of the gateway that answers HEAD, GET and ranges for this one object until it expires."""

    def callback_url(self, channel: str, provider: str, *, message: str, conversation: str, part: str) -> str:
        """Where a provider reports about a part; our token rides in the query."""


class LinkRefused(Exception):
    """Raised when a media token is not ours or no longer holds. `code` is `link_forged` or `link_expired`."""

    retryable = False

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class MediaKeysInvalid(Exception):
    """Raised when the signing keys are not `id:secret,id:secret`; the message never shows a secret."""

    code = "media_keys_invalid"
    retryable = False


@dataclass(frozen=True, slots=True)
class MediaGrant:
    """What a token allows: this object, under this name and type, until then. `disposition`: inline or attachment."""

    account: str
    object_key: str
    media_type: str
    file_name: str
    disposition: str
    expires_at: datetime


class SignedLinks:
    """
    Implements `Links`; the gateway opens what it signed.

    A token is `<key id>.<payload>.<signature>`. The first key signs and every key verifies, so that a new key goes in
    front and an old one goes away when its last links have expired.
    """

    def __init__(self, public_url: str, keys: str, clock: Clock) -> None:
        self._public = public_url.rstrip("/")
        self._clock = clock
        self._keys = _parse_keys(keys)
        self._signers = {key_id: self._signer("media", key_id) for key_id in self._keys}
        self._newest = next(iter(self._signers))

    def media_url(  # noqa: PLR0913 - all that the signature binds
        self,
        account: str,
        object_key: str,
        *,
        media_type: str,
        file_name: str,
        lives_seconds: int,
        disposition: str = "inline",
    ) -> str:
        """The last part of the path is for providers that look at it: 20 plain characters at most."""
        if not _may_be_served(account, object_key):
            raise ValueError("only objects under media/<account>/ are ever served")
        name = plain_name(file_name) or "file"
        expires = int(self._clock.now().timestamp()) + lives_seconds
        payload = [object_key, media_type, name, disposition[0], expires]
        token = f"{self._newest}.{self._signers[self._newest].dumps(payload)}"
        return f"{self._public}/media/{token}/{quote(provider_name(name, media_type))}"

    def callback_url(self, channel: str, provider: str, *, message: str, conversation: str, part: str) -> str:
        query = urlencode({"message": message, "conversation": conversation, "part": part})
        return f"{self._public}/webhooks/{quote(channel, safe='')}/{quote(provider, safe='')}/status?{query}"

    def sealed(self, purpose: str, payload: Any) -> str:
        """JSON that we recognize as ours, for this purpose only. It can be read by whoever has it."""
        return f"{self._newest}.{self._signer(purpose, self._newest).dumps(payload)}"

    def unsealed(self, purpose: str, token: str) -> Any:
        """What was sealed for this purpose. Raises LinkRefused."""
        return self._loaded(token, lambda key_id: self._signer(purpose, key_id))

    def _signer(self, purpose: str, key_id: str) -> URLSafeSerializer:
        return URLSafeSerializer(
            self._keys[key_id],
            salt=f"trombone.{purpose}.{key_id}",
            serializer_kwargs={"ensure_ascii": False},
            signer_kwargs={"key_derivation": "hmac", "digest_method": sha256},
        )

    def _loaded(self, token: str, signer: Callable[[str], URLSafeSerializer]) -> Any:
        key_id, _, signed = token.partition(".")
        if key_id not in self._keys or len(token) > _MAX_TOKEN_CHARS or not _one_spelling(signed):
            raise LinkRefused("link_forged")
        try:
            return signer(key_id).loads(signed)
        except BadData:
            raise LinkRefused("link_forged") from None

    def open(self, token: str, now: datetime | None = None) -> MediaGrant:
        """Raises LinkRefused. `now` is the clock's unless given."""
        object_key, media_type, file_name, disposition, expires = self._loaded(token, self._signers.__getitem__)
        grant = MediaGrant(
            account=object_key.split("/")[1],
            object_key=object_key,
            media_type=media_type,
            file_name=file_name,
            disposition="attachment" if disposition == "a" else "inline",
            expires_at=datetime.fromtimestamp(expires, UTC),
        )
        if grant.expires_at <= (now or self._clock.now()):
            raise LinkRefused("link_expired")
        return grant


def _one_spelling(signed: str) -> bool:
    """The last character of a signature has bits that decode to nothing: only the spelling that we wrote is ours."""
    signature = signed.rpartition(".")[2]
    try:
        return base64_encode(base64_decode(signature)).decode() == signature
    except BadData:
        return False


def _may_be_served(account: str, object_key: str) -> bool:
    """Quarantine, intake and plans never are."""
    parts = object_key.split("/")
    return len(parts) > 2 and parts[:2] == ["media", account] and not any(part in ("", ".", "..") for part in parts)


def _parse_keys(keys: str) -> Mapping[str, str]:
    """Raises MediaKeysInvalid."""
    parsed: dict[str, str] = {}
    for entry in filter(None, (entry.strip() for entry in keys.split(","))):
        key_id, colon, secret = entry.partition(":")
        if not colon or not _KEY_ID.fullmatch(key_id):
            raise MediaKeysInvalid(
                "TROMBONE_MEDIA_KEYS: a media key is id:secret, the id up to 16 letters, digits, - and _"
            )
        if len(secret) < _MIN_SECRET_CHARS:
            raise MediaKeysInvalid(
                f"TROMBONE_MEDIA_KEYS: the secret of media key {key_id} is shorter than {_MIN_SECRET_CHARS} characters"
            )
        if key_id in parsed:
            raise MediaKeysInvalid(f"TROMBONE_MEDIA_KEYS: media key {key_id} is there twice")
        parsed[key_id] = secret
    if not parsed:
        raise MediaKeysInvalid("TROMBONE_MEDIA_KEYS: no media key is given")
    return parsed
