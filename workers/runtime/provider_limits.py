"""What each provider takes and gives: `config/channels.yaml`, every number with its source and the day it was read."""

from datetime import date
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from deliver.outgoing import Limits

T = TypeVar("T")


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Limit(Section, Generic[T]):
    """A number or list that a provider imposes: with the page that says so and the day it was read."""

    value: T
    source: str
    read: date
    note: str | None = None


class OutboundLimits(Section):
    max_message_bytes: Limit[int]
    max_file_bytes: Limit[int]
    max_files_per_message: Limit[int]
    max_text_chars: Limit[int]
    media_types: Limit[list[str]]
    fetches_media_within_seconds: Limit[int]
    """How long a provider may wait before it fetches a file from us: so long do our URLs live."""

    def for_plan(self) -> Limits:
        return Limits(
            max_message_bytes=self.max_message_bytes.value,
            max_file_bytes=self.max_file_bytes.value,
            max_files_per_message=self.max_files_per_message.value,
            max_text_chars=self.max_text_chars.value,
            media_types=frozenset(self.media_types.value),
        )


class InboundLimits(Section):
    max_file_bytes: Limit[int]
    max_files_per_message: Limit[int]


class ProviderLimits(Section):
    inbound: InboundLimits
    outbound: OutboundLimits
