"""
Sessions of pages: `POST /v1/sessions` turns an API key, a one-time code or a running session into a short-lived token.

The token says which key it came from. It can do what was asked for and what that key can still do, whichever is less:
taking the key away ends its sessions too.
"""

from datetime import datetime, timedelta
from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from schemas.values import Line
from workers.gateway.answers import answer
from workers.gateway.bodies import read_json
from workers.gateway.keys import Caller, bearer, caller_of, key_caller, session_token, unauthorized
from workers.gateway.problems import Problem
from workers.gateway.services import GatewayServices, services_of

LIVES_SECONDS = 3600
LONGEST_SECONDS = 12 * 3600
"""After a working day a page signs in again, however often it has renewed its session."""

PAGE_SCOPES: list[str] = ["upload", "reply", "read"]
"""Operating is not done from a page."""

Scope = Annotated[str, Meta(pattern="^(upload|reply|read)$")]


class SessionAsked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`agent` is who writes: replies of the session bear that name. `scopes` may be fewer than the key's."""

    code: str | None = None
    scopes: list[Scope] | None = None
    agent: Line | None = None
    lives_seconds: Annotated[int, Meta(ge=60, le=LONGEST_SECONDS)] = LIVES_SECONDS


class SessionShown(Struct, frozen=True, kw_only=True):
    token: str
    expires_at: datetime
    account: str
    account_name: str
    scopes: list[str]
    agent: str | None


async def start(request: Request) -> Response:
    """`POST /v1/sessions`."""
    services = services_of(request)
    asked = await read_json(request, SessionAsked)
    now = services.clock.now()
    caller = _proven(request, services, asked, now)
    wanted = PAGE_SCOPES if asked.scopes is None else asked.scopes
    granted = [scope for scope in PAGE_SCOPES if scope in caller.scopes and scope in wanted]
    if not granted:
        raise Problem(403, "scope_missing", "This API key has none of the scopes of a page.")
    since = caller.since or now
    expires_at = min(now + timedelta(seconds=asked.lives_seconds), since + timedelta(seconds=LONGEST_SECONDS))
    agent = caller.agent or asked.agent
    session = Caller(caller.account, caller.key_id, frozenset(granted), agent, since)
    shown = SessionShown(
        token=session_token(services.links, session, expires_at),
        expires_at=expires_at.replace(microsecond=0),
        account=caller.account,
        account_name=services.settings.accounts[caller.account].name,
        scopes=granted,
        agent=agent,
    )
    return answer(shown, 201)


def _proven(request: Request, services: GatewayServices, asked: SessionAsked, now: datetime) -> Caller:
    if asked.code is None:
        return caller_of(request, bearer(request), services.settings)
    account, key_id = services.codes.redeem(asked.code, now) or ("", "")
    caller = key_caller(services.settings, account, key_id)
    if caller is None:
        raise unauthorized("code_invalid", "This code is not valid any more: each opens one session.")
    return caller
