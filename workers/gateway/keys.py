"""API keys: `Authorization: Bearer tb_<id>_<secret>`. A key has scopes, and reaches its own account alone."""

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_urlsafe

from starlette.requests import Request

from workers.gateway.problems import Problem
from workers.runtime.settings import ApiKey, Settings


@dataclass(frozen=True, slots=True)
class Caller:
    account: str
    key_id: str
    scopes: frozenset[str]


def new_key(key_id: str) -> tuple[str, str]:
    """A key to hand out once, and the digest that belongs into `accounts.yaml`."""
    key = f"tb_{key_id}_{token_urlsafe(32)}"
    return key, digest_of(key)


def digest_of(key: str) -> str:
    """Of the whole key as it is sent. A plain hash is enough for 256 random bits."""
    return sha256(key.encode()).hexdigest()


def authorize(request: Request, settings: Settings, scope: str) -> Caller:
    """Raises Problem: 401 for no key or a wrong one, 403 for a key without this scope."""
    caller = _caller(bearer(request), settings)
    if scope not in caller.scopes:
        raise Problem(403, "scope_missing", f"This API key does not have the scope {scope!r}.")
    return caller


def bearer(request: Request) -> str:
    """The token of the Authorization header. Raises Problem 401."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise unauthorized("key_missing", "Please send the header 'Authorization: Bearer …'.")
    return token.strip()


def unauthorized(code: str, sentence: str) -> Problem:
    return Problem(401, code, sentence, headers={"WWW-Authenticate": "Bearer"})


def _caller(key: str, settings: Settings) -> Caller:
    digest = digest_of(key)
    for account, known in _known(settings):
        if key.startswith(f"tb_{known.id}_") and hmac.compare_digest(known.sha256, digest):
            return Caller(account, known.id, frozenset(known.scopes))
    raise unauthorized("key_invalid", "This API key is not known.")


def _known(settings: Settings) -> Iterator[tuple[str, ApiKey]]:
    for account, entry in settings.accounts.items():
        for known in entry.api_keys:
            yield account, known
