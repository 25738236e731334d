"""Values of our structs, built from their own types and limits."""

import re
from datetime import UTC, datetime
from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import inspect

from schemas.attachment import Source
from schemas.document import Document
from schemas.event import AnyEvent, Event, EventData
from tests.contracts.from_schema import TEXT

Values = st.SearchStrategy[Any]

SCALARS = st.booleans() | st.integers(-(2**53), 2**53) | st.text(TEXT, max_size=9)
EXTRA = st.dictionaries(st.sampled_from(["extra", "blur", "dominant_color"]), SCALARS | st.lists(SCALARS), max_size=2)


def of_type(kind: inspect.Type) -> Values:
    return BY_KIND[type(kind)](kind)


def _strings(kind: inspect.StrType) -> Values:
    if kind.pattern is not None:
        limit = kind.max_length or 300
        return st.from_regex(re.compile(kind.pattern), fullmatch=True).filter(lambda text: len(text) <= limit)
    return st.text(TEXT, min_size=kind.min_length or 0, max_size=40)


def _times(_: inspect.DateTimeType) -> Values:
    return st.datetimes(datetime(1970, 1, 2), datetime(2199, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def _structs(kind: inspect.StructType) -> Values:
    fields = {field.name: EXTRA if field.name == "extra" else of_type(field.type) for field in kind.fields}
    if kind.cls is not Source:
        return st.builds(kind.cls, **fields)
    moments = fields.pop("expires_at")
    return st.one_of(st.builds(Source, expires_at=moments, **{name: given}) for name, given in _present(kind).items())


def _present(kind: inspect.StructType) -> dict[str, Values]:
    """The three alternatives of a source, of which exactly one is there."""
    names = ("url", "object_key", "reference")
    return {field.name: of_type(_without_none(field.type)) for field in kind.fields if field.name in names}


def _without_none(kind: inspect.Type) -> inspect.Type:
    assert isinstance(kind, inspect.UnionType)
    return next(one for one in kind.types if not isinstance(one, inspect.NoneType))


BY_KIND: dict[type, Any] = {
    inspect.StrType: _strings,
    inspect.IntType: lambda kind: st.integers(kind.ge, kind.le),
    inspect.FloatType: lambda kind: st.floats(kind.ge, kind.le),
    inspect.BoolType: lambda _: st.booleans(),
    inspect.NoneType: lambda _: st.none(),
    inspect.DateTimeType: _times,
    inspect.ListType: lambda kind: st.lists(of_type(kind.item_type), max_size=2),
    inspect.DictType: lambda kind: st.dictionaries(of_type(kind.key_type), of_type(kind.value_type), max_size=2),
    inspect.UnionType: lambda kind: st.one_of(of_type(one) for one in kind.types),
    inspect.StructType: _structs,
}


def events(data: type[EventData]) -> st.SearchStrategy[AnyEvent]:
    """Whole events around data of this class."""
    envelope = {field.name: field.type for field in msgspec.inspect.type_info(Document).fields}  # type: ignore[attr-defined]
    return st.builds(
        _event,
        of_type(msgspec.inspect.type_info(data)),
        id=of_type(envelope["id"]),
        source=of_type(envelope["source"]),
        time=of_type(envelope["time"]),
        subject=of_type(_without_none(envelope["subject"])),
        correlation_id=of_type(_without_none(envelope["correlationid"])),
        causation_id=of_type(envelope["causationid"]),
        traceparent=of_type(envelope["traceparent"]),
    )


def _event(data: EventData, **envelope: Any) -> AnyEvent:
    return Event(data=data, account=data.account, **envelope)
