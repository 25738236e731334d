"""Visitor sessions: who a webchat visitor is, proven by a token that we signed with the account's `visitor_key`."""

import base64
import binascii
from dataclasses import dataclass
from uuid import uuid4

from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer
from starlette.requests import Request

from ingest.incoming import ChannelAccount
from schemas import identity
from workers.gateway.keys import bearer, unauthorized
from workers.gateway.problems import Problem
from workers.runtime.settings import Settings

CHANNEL = "webchat"
LIVES_SECONDS = 30 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Visitor:
    connection: ChannelAccount
    contact: str

    @property
    def account(self) -> str:
        return self.connection.account

    @property
    def conversation(self) -> str:
        return identity.conversation_id(self.account, CHANNEL, self.connection.address, self.contact)


def new_visitor(settings: Settings, address: str) -> Visitor:
    """A stranger becomes a contact with a random id. Raises Problem 404."""
    found = _connections(settings, address)
    if len(found) != 1:
        raise Problem(404, "webchat_unknown", "There is no webchat at this address.")
    return Visitor(found[0], uuid4().hex)


def token_for(visitor: Visitor) -> str:
    """The address in the clear, so that we know whose key to check with, then the contact, signed."""
    address = base64.urlsafe_b64encode(visitor.connection.address.encode()).decode()
    return f"{address}.{_serializer(visitor.connection).dumps(visitor.contact)}"


def visitor_of(request: Request, settings: Settings) -> Visitor:
    """Raises Problem 401."""
    address, _, signed = bearer(request).partition(".")
    for connection in _connections(settings, _decoded(address)):
        try:
            return Visitor(connection, str(_serializer(connection).loads(signed, max_age=LIVES_SECONDS)))
        except SignatureExpired as error:
            raise unauthorized("session_expired", "This chat session has expired. Please start a new one.") from error
        except BadSignature:
            continue
    raise unauthorized("session_invalid", "This chat session is not known.")


def _connections(settings: Settings, address: str) -> list[ChannelAccount]:
    """Only where a key is set: an empty one would let anyone be anybody."""
    return [
        one for one in settings.connections(CHANNEL) if one.address == address and one.credentials.get("visitor_key")
    ]


def _serializer(connection: ChannelAccount) -> URLSafeTimedSerializer:
    salt = f"trombone.visitor/{connection.account}/{connection.address}"
    return URLSafeTimedSerializer(connection.credentials["visitor_key"], salt=salt)


def _decoded(address: str) -> str:
    try:
        return base64.urlsafe_b64decode(address).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""
