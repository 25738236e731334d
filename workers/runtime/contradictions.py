"""What no single field of the settings can see: that they do not go together, or that something is missing."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import SecretStr

from workers.runtime.accounts import ChannelConnection, Credential
from workers.runtime.subscribers import problems_of
from workers.runtime.wrong_settings import named

if TYPE_CHECKING:  # settings themselves are checked here
    from workers.runtime.settings import Settings

SCHEMES = {
    "broker_url": ("memory:", "amqp://", "amqps://"),
    "store_url": ("file:", "s3://"),
    "database_url": ("sqlite:///", "postgresql://", "postgresql+psycopg://"),
}


def contradictions(settings: "Settings") -> list[str]:
    """A line for each."""
    problems = [
        f"{named('queues', 'workers', name, 'ladder')}: {delay:g} is not one of the tiers"
        for name, tuning in settings.queues.workers.items()
        for delay in tuning.ladder
        if delay not in settings.queues.tiers
    ]
    taken: dict[tuple[str, str, str], str] = {}
    for where, channel, connection in _places(settings):
        problems += _problems_of(connection, channel, where, settings)
        owner = taken.setdefault((channel, connection.provider, connection.address), where)
        if owner != where:
            problems.append(f"{where}.address: {connection.address} is taken by {owner}")
    missing = list(_missing(settings))
    problems += missing or problems_of(settings.subscribers())
    for name, beginnings in SCHEMES.items():
        if not getattr(settings.endpoints, name).get_secret_value().startswith(beginnings):
            problems.append(f"{named('endpoints', name)}: begins with one of {', '.join(beginnings)}")
    if settings.endpoints.production and settings.endpoints.fetch_allow:
        problems.append(f"{named('endpoints', 'fetch_allow')}: private addresses are not fetched in production")
    if not settings.endpoints.in_one_process and not settings.endpoints.media_keys.get_secret_value():
        problems.append(f"{named('endpoints', 'media_keys')}: must be set, since several processes share them")
    return problems


def _problems_of(connection: ChannelConnection, channel: str, where: str, settings: "Settings") -> Iterator[str]:
    limits = settings.channels.get(channel, {}).get(connection.provider)
    if limits is None:
        yield f"{where}: no provider {connection.provider!r} of {channel!r} in channels.yaml"
    for name, values in limits.variants.items() if limits else ():
        if connection.options.get(name, next(iter(values))) not in values:
            yield f"{where}.options.{name}: one of {', '.join(values)}"


def _missing(settings: "Settings") -> Iterator[str]:
    for where, credential in credentials_of(settings):
        if credential.env and credential.env not in settings.secrets:
            yield f"{where}: environment variable {credential.env} is not set"
        if credential.file and not settings.secrets.get(str(credential.file), SecretStr("")).get_secret_value():
            yield f"{where}: {credential.file} cannot be read, or is empty"


def credentials_of(settings: "Settings") -> Iterator[tuple[str, Credential]]:
    """(where it stands, credential) of every connection and webhook."""
    for where, _, connection in _places(settings):
        for name, credential in connection.credentials.items():
            yield f"{where}.credentials.{name}", credential
    for account, entry in settings.accounts.items():
        for webhook in entry.webhooks:
            for name, credential in webhook.secrets.items():
                yield named("accounts", account, "webhooks", webhook.id, name), credential


def _places(settings: "Settings") -> Iterator[tuple[str, str, ChannelConnection]]:
    """(where it stands, channel, connection) of every connection."""
    for account, entry in settings.accounts.items():
        for channel, connections in entry.channels.items():
            for number, connection in enumerate(connections):
                yield named("accounts", account, "channels", channel, number), channel, connection
