"""What each provider takes and gives: `config/channels.yaml`, every number with its source and the day it was read."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from deliver.outgoing import KindLimits, Limits

T = TypeVar("T")


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Limit(Section, Generic[T]):
    """A number or list that a provider imposes: with the page that says so and the day it was read."""

    value: T
    source: Annotated[str, Field(min_length=1)]
    read: date
    note: str | None = None


class KindSection(Section):
    media_types: Limit[list[str]]
    max_bytes: Limit[int]
    max_files: Limit[int] | None = None
    """Absent: as many as the message."""
    captioned: Limit[bool] | None = None
    """Whether words can ride along. Absent: yes."""
    preferred_types: Limit[list[str]] | None = None
    """Which of the types a file becomes that has to be converted, best first. Absent: whatever does best."""
    plain_h264: Limit[bool] | None = None
    """Whether only H.264 of the simplest kind (Baseline or Main, no B-frames) plays on the other side. Absent: no."""

    def for_plan(self, max_files: int) -> KindLimits:
        return KindLimits(
            media_types=frozenset(self.media_types.value),
            max_bytes=self.max_bytes.value,
            max_files=self.max_files.value if self.max_files else max_files,
            captioned=self.captioned.value if self.captioned else True,
            preferred_types=tuple(self.preferred_types.value) if self.preferred_types else (),
            plain_h264=self.plain_h264.value if self.plain_h264 else False,
        )


class OutboundLimits(Section):
    """`kinds` may hold image, video, audio and file; a kind that is missing cannot leave as a file."""

    kinds: dict[Annotated[str, Field(pattern="^(image|video|audio|file)$")], KindSection]
    max_message_bytes: Limit[int]
    max_files_per_message: Limit[int]
    max_text: Limit[int]
    max_caption: Limit[int] | None = None
    """Absent: as much as a text."""
    text_unit: Limit[Annotated[str, Field(pattern="^(chars|bytes)$")]] | None = None
    links: Limit[bool] | None = None
    """Whether what cannot leave as a file may leave as a link. Absent: no."""
    begins: Limit[bool] | None = None
    """Whether we may write to people who have not written first. Absent: the provider says so when it refuses."""
    media_prefixes: Limit[list[str]] | None = None
    """Beginnings of the contacts that can receive files at all. Absent: all."""
    overhead: Limit[float] | None = None
    """How many times its size a file weighs on the wire. Absent: once."""
    fetches_media_within_seconds: Limit[int]
    """How long a provider may wait before it fetches a file from us: so long do our URLs live."""
    links_live_seconds: Limit[int] | None = None
    """How long a link that a customer gets instead of a file can be opened. Absent: as long as a provider may wait."""
    messages_per_second: Limit[float] | None = None
    """How many messages one of our addresses may send. Absent: as fast as we can."""
    account_messages_per_second: Limit[float] | None = None
    """How many all addresses of an account may send together. Absent: as fast as we can."""
    pair_seconds: Limit[float] | None = None
    """How long after a message the next one may leave to the same contact. Absent: at once."""
    pair_burst: Limit[int] | None = None
    """How many messages to one contact may leave at once after a pause. Absent: one."""
    receipts: Limit[list[Annotated[str, Field(pattern="^(sent|delivered|read)$")]]]
    """What the provider tells of a message that goes well, each stronger than the one before."""
    receipt_within_seconds: Limit[int] | None = None
    """How long after a send it is told that it was delivered. Absent: that is not promised, so nobody waits for it."""

    def for_plan(self) -> Limits:
        most = self.max_files_per_message.value
        return Limits(
            kinds={name: kind.for_plan(most) for name, kind in self.kinds.items()},
            max_message_bytes=self.max_message_bytes.value,
            max_files_per_message=most,
            max_text=self.max_text.value,
            max_caption=self.max_caption.value if self.max_caption else self.max_text.value,
            text_unit=self.text_unit.value if self.text_unit else "chars",
            links=self.links.value if self.links else False,
            media_prefixes=tuple(self.media_prefixes.value) if self.media_prefixes else (),
            overhead=self.overhead.value if self.overhead else 1.0,
        )


class InboundLimits(Section):
    max_file_bytes: Limit[int]
    max_files_per_message: Limit[int]
    max_payload_bytes: Limit[int] | None = None
    """The largest webhook body that is taken. Absent: 1 MiB."""


class ProviderLimits(Section):
    """
    `variants`: by a connection's option and its value (`number_type: {toll_free: …}`), what is otherwise outbound.

    In the file a variant says only what differs; here each one is whole.
    """

    inbound: InboundLimits
    outbound: OutboundLimits
    variants: dict[str, dict[str, OutboundLimits]] = Field(default={})

    @model_validator(mode="before")
    @classmethod
    def _whole_variants(cls, given: Any) -> Any:
        """What is malformed stays as it is, for the fields to say so."""
        variants = given.get("variants") if isinstance(given, Mapping) else None
        if not isinstance(variants, Mapping) or not all(isinstance(values, Mapping) for values in variants.values()):
            return given
        whole = {
            option: {value: overlaid(given.get("outbound"), changes) for value, changes in values.items()}
            for option, values in variants.items()
        }
        return {**given, "variants": whole}

    def of(self, options: Mapping[str, str]) -> "ProviderLimits":
        """As they are for a connection with these options. Several that vary: the last one in the file counts."""
        chosen = [values[options[name]] for name, values in self.variants.items() if options.get(name) in values]
        return self.model_copy(update={"outbound": chosen[-1]}) if chosen else self


def overlaid(base: Any, changes: Any) -> Any:
    """`changes` laid over `base`, key by key; a limit (what has a `value`) is replaced whole."""
    if not isinstance(base, Mapping) or not isinstance(changes, Mapping) or "value" in changes:
        return changes
    return {**base, **{name: overlaid(base.get(name), change) for name, change in changes.items()}}


def limits_in(section: Section) -> Iterator[tuple[str, Limit[Any]]]:
    """Every limit below with its name; `kind name` of a kind of file, `option value name` of a variant."""
    for name in type(section).model_fields:
        yield from _limits_of(name, getattr(section, name))


def _limits_of(name: str, found: object) -> Iterator[tuple[str, Limit[Any]]]:
    if isinstance(found, Limit):
        yield name, found
    elif isinstance(found, Section):
        yield from limits_in(found)
    elif isinstance(found, dict):
        for key, inner in found.items():
            yield from ((f"{key} {below}", limit) for below, limit in _limits_of("", inner))
