"""`accounts.yaml`: the tenants, each with its channels, credentials and API keys."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, SecretStr, model_validator

from workers.runtime.provider_limits import Section


class Credential(Section):
    """A value, the name of the environment variable that holds it, or the path of a file that does: exactly one."""

    value: SecretStr | None = None
    env: str | None = None
    file: Path | None = None
    """Read once, at start; white space around what it holds is dropped."""

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if len(self.model_fields_set & {"value", "env", "file"}) != 1:
            raise ValueError("give one of value, env and file")
        return self


class ChannelConnection(Section):
    provider: str
    address: str
    api_url: str = ""
    credentials: dict[str, Credential] = Field(default={})
    options: dict[str, str] = Field(default={})
    """The channel's own switches; what they mean stands in its modules."""


class ApiKey(Section):
    """`sha256` is the hex digest of the key; the key itself is never stored."""

    id: str
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    scopes: list[Annotated[str, Field(pattern=r"^(upload|reply|read|operate)$")]]


class Webhook(Section):
    """An endpoint of the helpdesk that wants to be told. Both secrets sign while one replaces the other."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
    url: Annotated[str, Field(pattern=r"^https?://")]
    secret: Credential
    previous_secret: Credential | None = None
    events: Annotated[list[Annotated[str, Field(pattern=r"^message\.changed$")]], Field(min_length=1)]

    @property
    def secrets(self) -> dict[str, Credential]:
        """By field; the one that signs first comes first."""
        return {"secret": self.secret} | ({"previous_secret": self.previous_secret} if self.previous_secret else {})


class Account(Section):
    name: str
    reply_expires_after_seconds: int = 86_400
    channels: dict[str, list[ChannelConnection]]
    api_keys: list[ApiKey] = Field(default=[])
    webhooks: list[Webhook] = Field(default=[])
