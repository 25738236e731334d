"""
Who calls: `Authorization: Bearer tb_<id>_<secret>`, an API key, or `ts_…`, the session of a page that came from a key.

A key has scopes, and reaches its own account alone.
"""

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from secrets import token_urlsafe

from starlette.requests import Request

from workers.gateway.problems import Problem
from workers.gateway.services import GatewayServices, services_of
from workers.runtime.accounts import ApiKey
from workers.runtime.links import LinkRefused, SignedLinks
from workers.runtime.settings import Settings

SESSION = "ts_"


@dataclass(frozen=True, slots=True)
class Caller:
    account: str
    key_id: str
    scopes: frozenset[str]
    agent: str | None = None
    """Who writes, where a session says so."""
    since: datetime | None = None
    """When the session was opened; None for a key."""


def new_key(key_id: str) -> tuple[str, str]:
    """A key to hand out once, and the digest that belongs into `accounts.yaml`."""
    key = f"tb_{key_id}_{token_urlsafe(32)}"
    return key, digest_of(key)


def digest_of(key: str) -> str:
    """Of the whole key as it is sent. A plain hash is enough for 256 random bits."""
    return sha256(key.encode()).hexdigest()


def authorize(request: Request, settings: Settings, *scopes: str) -> Caller:
    """Raises Problem: 401 for no key or a wrong one, 403 for a key that has none of the scopes."""
    caller = caller_of(request, bearer(request), settings)
    if caller.scopes.isdisjoint(scopes):
        wanted = " or ".join(map(repr, scopes))
        raise Problem(403, "scope_missing", f"This API key does not have the scope {wanted}.")
    return caller


def bearer(request: Request) -> str:
    """The token of the Authorization header. Raises Problem 401."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise unauthorized("key_missing", "Please send the header 'Authorization: Bearer …'.")
    return token.strip()


def unauthorized(code: str, sentence: str) -> Problem:
    return Problem(401, code, sentence, headers={"WWW-Authenticate": "Bearer"})


def caller_of(request: Request, token: str, settings: Settings) -> Caller:
    """Whoever may use this key or session. Raises Problem 401."""
    if token.startswith(SESSION):
        return _session_caller(services_of(request), token.removeprefix(SESSION))
    digest = digest_of(token)
    for account, known in _known(settings):
        if token.startswith(f"tb_{known.id}_") and hmac.compare_digest(known.sha256, digest):
            return Caller(account, known.id, frozenset(known.scopes))
    raise unauthorized("key_invalid", "This API key is not known.")


def key_caller(settings: Settings, account: str, key_id: str) -> Caller | None:
    """Whoever has this key; None when it is not there (any more)."""
    found = (Caller(name, key.id, frozenset(key.scopes)) for name, key in _known(settings))
    return next((one for one in found if (one.account, one.key_id) == (account, key_id)), None)


def session_token(links: SignedLinks, caller: Caller, expires_at: datetime) -> str:
    """Holds nothing secret: the signature is what counts. `since` of the caller is set."""
    assert caller.since
    since, expires = int(caller.since.timestamp()), int(expires_at.timestamp())
    payload = [caller.account, caller.key_id, sorted(caller.scopes), caller.agent, since, expires]
    return SESSION + links.sealed("session", payload)


def _session_caller(services: GatewayServices, sealed: str) -> Caller:
    try:
        account, key_id, scopes, agent, since, expires = services.links.unsealed("session", sealed)
    except LinkRefused as error:
        raise unauthorized("session_invalid", "This session is not known. Please sign in again.") from error
    key = key_caller(services.settings, account, key_id)
    if key is None or expires <= services.clock.now().timestamp():
        raise unauthorized("session_expired", "This session has ended. Please sign in again.")
    return Caller(account, key_id, key.scopes.intersection(scopes), agent, datetime.fromtimestamp(since, UTC))


def _known(settings: Settings) -> Iterator[tuple[str, ApiKey]]:
    for account, entry in settings.accounts.items():
        for known in entry.api_keys:
            yield account, known
