"""
Settings: YAML for structure, environment for endpoints and secrets.

An unknown key is an error, all errors are reported at once, and secrets never print.
"""

import os
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, HttpUrl, SecretStr, ValidationError

from ingest.incoming import ChannelAccount
from schemas.message import MessageEvent
from workers.runtime.accounts import Account, ChannelConnection, Credential
from workers.runtime.contradictions import contradictions, credentials_of
from workers.runtime.media_policy import MediaPolicy
from workers.runtime.provider_limits import ProviderLimits, Section
from workers.runtime.subscribers import Subscriber
from workers.runtime.wrong_settings import FILES, PREFIX, told, unset_variables, without

SECRET_PREFIX = "TROMBONE_SECRET_"  # noqa: S105 - the name of variables, not a secret


class SettingsInvalid(Exception):
    """Raised when settings do not make sense; the message lists everything that is wrong."""

    code = "settings_invalid"
    retryable = False


class QueueTuning(Section):
    """`ladder` are the delays between attempts, in seconds; when it is used up the worker's ending speaks."""

    prefetch: int = Field(ge=1)
    threads: int = Field(ge=1)
    ladder: list[float]
    deadline_seconds: int = Field(ge=1)
    """When an attachment that waits for this stage counts as overdue."""


class Queues(Section):
    tiers: list[float]
    """The delay queues that exist; every ladder uses only these."""
    delivery_limit: int
    """How often the broker redelivers a message that keeps killing its worker before it is a dead letter."""
    emits: dict[str, int] = Field(default={})
    """Which version of an event is written, where it is not the newest: consumers are upgraded before producers."""
    workers: dict[str, QueueTuning]


class Endpoints(Section):
    """From the environment (`TROMBONE_BROKER_URL` …)."""

    broker_url: SecretStr = SecretStr("memory://")
    """`amqp://user:password@host:port/vhost`, or `memory://`."""
    store_url: SecretStr = SecretStr("file:trombone-data/objects")
    """`s3://key:secret@host:port/bucket?region=…&tls=0`, or `file:<folder>`."""
    database_url: SecretStr = SecretStr("sqlite:///trombone-data/trombone.db")
    public_url: HttpUrl = HttpUrl("http://127.0.0.1:8080/")
    """Where providers and browsers reach the gateway."""
    media_keys: SecretStr = SecretStr("")
    """
    Keys that sign media URLs, `id:secret`, comma-separated; the first signs, all verify. A system in one process makes
    its own when there is none.
    """
    clamd_url: Annotated[str, Field(pattern=r"^(|tcp://(\[[0-9a-fA-F:]+\]|[^/:\[\]]+):[0-9]{1,5}|unix:/.+)$")] = ""
    """`tcp://host:port` or `unix:/path` of a virus scanner; without it files are not scanned."""
    fetch_allow: list[str] = Field(default=[])
    """`host:port` that may be fetched although the address is private (sandboxes, self-hosters)."""
    production: bool = False
    """Refuses settings that are only good for a demo."""
    log_level: Annotated[str, Field(pattern="^(?i:debug|info|warning|error|critical)$")] = "info"
    lease_seconds: float = Field(default=90.0, gt=0)
    """How long a claimed send may take before its outcome is in doubt."""
    turn_seconds: float = Field(default=120.0, gt=0)
    """How long a reply that is not ready holds up the ones after it in its conversation."""
    sweep_seconds: float = Field(default=15.0, gt=0)
    """How often the auditor looks, and how old unpublished intake must be to be swept."""

    @property
    def in_one_process(self) -> bool:
        """Whether the broker is memory, which nobody else can reach and which forgets with its process."""
        return self.broker_url.get_secret_value().startswith("memory:")


class Settings(Section):
    endpoints: Endpoints
    channels: dict[str, dict[str, ProviderLimits]]
    queues: Queues
    media: MediaPolicy
    accounts: dict[str, Account]
    secrets: dict[str, SecretStr] = Field(default={}, repr=False)

    def limits(self, channel: str, provider: str) -> ProviderLimits:
        return self.channels[channel][provider]

    def limits_of(self, connection: ChannelAccount) -> ProviderLimits:
        """The provider's limits as they are for this connection: its options may choose a variant."""
        return self.limits(connection.channel, connection.provider).of(connection.options)

    def receipts(self) -> dict[tuple[str, str], int]:
        """In how many seconds each (channel, provider) tells that something was delivered, of those that do."""
        return {
            (channel, provider): limits.outbound.receipt_within_seconds.value
            for channel, providers in self.channels.items()
            for provider, limits in providers.items()
            if limits.outbound.receipt_within_seconds
        }

    def limits_for(self, message: MessageEvent) -> ProviderLimits:
        """Of the connection that it leaves through; of the provider where that is gone, which delivery will tell."""
        connection = self.connection(message.account, message.channel, message.address)
        return self.limits_of(connection) if connection else self.limits(message.channel, message.provider)

    def connections(self, channel: str | None = None, provider: str | None = None) -> list[ChannelAccount]:
        """Every account's connections, with credentials resolved."""
        return [
            self._connect(account, name, connection)
            for account, entry in self.accounts.items()
            for name, connections in entry.channels.items()
            for connection in connections
            if channel in (None, name) and provider in (None, connection.provider)
        ]

    def connection(self, account: str, channel: str, address: str | None = None) -> ChannelAccount | None:
        """One account's connection to a channel: the one with this address, or the only one."""
        found = [
            one
            for one in self.connections(channel)
            if one.account == account and (address is None or one.address == address)
        ]
        return found[0] if len(found) == 1 else None

    def subscribers(self) -> list[Subscriber]:
        """Every account's webhooks."""
        return [
            Subscriber(account, one.id, one.url, tuple(map(self._secret, one.secrets.values())))
            for account, entry in self.accounts.items()
            for one in entry.webhooks
        ]

    def _connect(self, account: str, channel: str, connection: ChannelConnection) -> ChannelAccount:
        return ChannelAccount(
            account=account,
            channel=channel,
            provider=connection.provider,
            address=connection.address,
            api_url=connection.api_url,
            credentials={name: self._secret(credential) for name, credential in connection.credentials.items()},
            options=connection.options,
        )

    def _secret(self, credential: Credential) -> str:
        found = self.secrets[credential.env or str(credential.file)] if credential.value is None else credential.value
        return found.get_secret_value()


def load(environ: Mapping[str, str] | None = None, config: Path | None = None, **overrides: Any) -> Settings:
    """
    Read `TROMBONE_*` and the YAML files; `TROMBONE_CONFIG` or `config` names a folder whose files replace ours.

    Raises SettingsInvalid with every error at once.
    """
    environ = os.environ if environ is None else environ
    folder = config or (Path(environ[f"{PREFIX}CONFIG"]) if f"{PREFIX}CONFIG" in environ else None)
    variables = {name: value for name, value in environ.items() if name.startswith(PREFIX) and value}
    secrets = {name: value for name, value in variables.items() if name.startswith(SECRET_PREFIX)}
    endpoints: dict[str, Any] = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in variables.items()
        if name not in secrets and name != f"{PREFIX}CONFIG"
    }
    if isinstance(endpoints.get("fetch_allow"), str):
        endpoints["fetch_allow"] = [entry.strip() for entry in endpoints["fetch_allow"].split(",") if entry.strip()]
    if folder and not folder.is_dir():
        raise SettingsInvalid(f"{folder}: there is no such folder")
    read = _read(folder)
    given = {"endpoints": endpoints | overrides.pop("endpoints", {}), **read, "secrets": secrets} | overrides
    settings, problems = _validated(given)
    settings = settings.model_copy(update={"secrets": settings.secrets | _files_of_secrets(settings)})
    problems += contradictions(settings)
    if problems:
        raise SettingsInvalid("\n".join(problems))
    return settings


def _validated(given: Mapping[str, Any]) -> tuple[Settings, list[str]]:
    """Settings, without what was wrong, and every line about that: one mistake hides no other."""
    left, problems = given, list[str]()
    while True:
        try:
            settings = Settings.model_validate(left)
        except ValidationError as error:
            problems += told(error.errors())
            rest = without(left, error.errors(), _read(None))
            if rest == left:
                raise SettingsInvalid("\n".join(problems)) from None
            left = rest
        else:
            break
    if isinstance(lost := given["accounts"], Mapping):
        lost = {name: account for name, account in lost.items() if name not in settings.accounts}
    return settings, [*problems, *unset_variables(lost, given["secrets"], ("accounts",))]


def _files_of_secrets(settings: Settings) -> dict[str, SecretStr]:
    """What each file holds that a credential names; one that cannot be read is missing, and told as a problem."""
    found: dict[str, SecretStr] = {}
    for path in (one.file for _, one in credentials_of(settings) if one.file):
        try:
            found[str(path)] = SecretStr(path.read_text().strip())
        except (OSError, UnicodeDecodeError):
            continue
    return found


def _read(folder: Path | None) -> dict[str, Any]:
    """Every file, by the section that it fills. Raises SettingsInvalid with all that cannot be read."""
    found: dict[str, Any] = {}
    problems: list[str] = []
    for section, name in FILES.items():
        try:
            found[section] = yaml.safe_load(_text(name, folder)) or {}
        except yaml.MarkedYAMLError as error:  # its own text quotes the line, which may hold a secret
            line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
            problems.append(f"{name}{line}: {error.problem}")
        except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
            problems.append(f"{name}: not readable as YAML ({type(error).__name__})")
    if problems:
        raise SettingsInvalid("\n".join(problems))
    return found


def _text(name: str, folder: Path | None) -> str:
    """The folder's file, else ours; accounts are always somebody's own."""
    path = (folder / name) if folder else None
    if path and path.exists():
        return path.read_text()
    return "" if name == FILES["accounts"] else (files("config") / name).read_text()
